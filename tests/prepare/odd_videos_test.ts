import assert from "node:assert/strict";
import { join } from "node:path";
import { type Clip, loadClip } from "../../lib/dataset/dataset.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { correlation } from "../../lib/evaluation/metrics/mouth_motion.ts";
import { ffmpeg, inFolder } from "../media/made_video.ts";
import { makeFaceVideo, opening } from "./face_video.ts";

/** Silence up to second `event`, then a click. */
const click = (event: number, seconds = 2) => [
  ...["-f", "lavfi", "-i"],
  `aevalsrc='if(between(t,${event},${event}+0.02),0.8*sin(2*PI*1000*t),0)':s=44100:d=${seconds}`,
];

/** Second of the clip at which its sound is first loud. */
const loudFrom = ({ audio }: Clip) => audio.findIndex((sample) => Math.abs(sample) > 5000) / 16000;

/** How well the measured mouth follows the drawn one, which is `late` frames late. */
function follows({ mouth, frames }: Clip, late = 0): number {
  const gaps = Array.from({ length: frames }, (_, t) => mouth[2 * t]);
  return correlation(gaps, gaps.map((_, t) => t < late ? opening(0) : opening(t - late)));
}

Deno.test("films with late sound, priming, any frame rate or a turn keep mouth and sound in time", () =>
  inFolder(async (root) => {
    const videos = join(root, "p"), out = join(root, "out"), at = (name: string) => join(videos, name);
    await Deno.mkdir(videos);
    const video = await makeFaceVideo(join(root, "film.mp4"), { audio: false });
    const both = ["-map", "0:v", "-map", "1:a"], copied = ["-c:v", "copy", "-c:a", "aac"];
    // The click is heard at 1.0 s; AAC lays 1024 samples and more of priming before the sound.
    await ffmpeg("-i", video, ...click(1), ...both, ...copied, "-b:a", "64k", at("priming.mp4"));
    await ffmpeg("-i", video, ...click(1), ...both, ...copied, at("primed.mkv"));
    // The sound itself clicks at 0.6 s and starts 0.4 s late, by an edit list.
    await ffmpeg("-i", video, "-itsoffset", "0.4", ...click(0.6, 1.6), ...both, ...copied, at("late.mp4"));
    // The image starts 0.4 s late: its first frame stands until then.
    await ffmpeg(
      "-itsoffset",
      "0.4",
      "-i",
      video,
      ...click(1, 2.4),
      ...both,
      ...copied,
      at("late picture.mp4"),
    );
    // Frames of 40, 80 and 120 ms.
    const uneven = "select='lt(n,20)+gte(n,20)*lt(n,34)*not(mod(n,2))+gte(n,34)*not(mod(n,3))'";
    await ffmpeg(
      ...["-i", video, ...click(1), ...both, "-vf", uneven, "-fps_mode", "vfr", "-c:v", "libx264"],
      ...["-crf", "15", at("uneven.mp4")],
    );
    // Lying on its side, and marked to be shown upright; sound and image as in the others.
    await ffmpeg("-i", video, "-vf", "transpose=2", "-crf", "15", join(root, "lying.mp4"));
    const turned = ["-display_rotation", "-90", "-i", join(root, "lying.mp4")];
    await ffmpeg(...turned, ...click(1), ...both, ...copied, at("turned.mp4"));
    await makeFaceVideo(at("one frame.mp4"), { seconds: 0.04 });

    const { clips, rejects } = await prepare(videos, out, { every: 1, split: "1,0,0", workers: 1 });
    assert.deepEqual(rejects.map(({ id, reason }) => [id, reason]), [["p/one_frame", "too-short"]]);
    assert.deepEqual(clips.map(({ id }) => id.slice(2)), [
      "late_picture",
      "late",
      "primed",
      "priming",
      "turned",
      "uneven",
    ]);
    const loaded = new Map<string, Clip>();
    for (const row of clips) loaded.set(row.id.slice(2), await loadClip(out, row));
    for (const [name, clip] of loaded) {
      assert.ok(Math.abs(loudFrom(clip) - 1) < 0.03, `${name}: click at ${loudFrom(clip)} s`);
      const frames = name === "late_picture" ? 60 : 50;
      assert.ok(Math.abs(clip.frames - frames) <= 1, `${name}: ${clip.frames} frames`);
      const r = follows(clip, name === "late_picture" ? 10 : 0);
      assert.ok(r > (name === "uneven" ? 0.75 : 0.9), `${name}: mouth r = ${r}`);
    }
    // Upright, the face is the same one in the same place.
    const [upright, turn] = [loaded.get("priming")!, loaded.get("turned")!];
    let difference = 0;
    for (let i = 0; i < 27648; i++) difference += Math.abs(upright.faces[i] - turn.faces[i]) / 27648;
    assert.ok(difference < 6, `pixels differ by ${difference}`);
  }));
