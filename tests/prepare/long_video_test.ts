import assert from "node:assert/strict";
import { join } from "node:path";
import { clipConfig } from "../../lib/dataset/clip_file.ts";
import { prepareClip } from "../../lib/prepare/prepare_clip.ts";
import { loadFaceDetector } from "../../lib/media/face_detector.ts";
import { probe } from "../../lib/media/probe.ts";
import { ffmpeg, inFolder } from "../media/made_video.ts";
import { makeFaceVideo } from "./face_video.ts";

const HOURS = 2;
/** Looking for faces takes the time of a long video, not the memory, so it is looked for once a part. */
const EVERY = 3000;

/** Two hours, tiny: a face talks for 12 s, then there is a grey wall. */
async function makeLongVideo(folder: string): Promise<string> {
  const at = (name: string) => join(folder, name);
  const encode = [
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-g", "250", "-pix_fmt", "yuv420p"],
    ...["-c:a", "flac", "-sample_fmt", "s16"],
  ];
  const wall = ["-f", "lavfi", "-i", "color=gray:s=32x32:r=25:d=60"];
  const hum = ["-f", "lavfi", "-i", "sine=f=200:r=16000:d=60"];
  await makeFaceVideo(at("face.mp4"), { seconds: 12 });
  await ffmpeg("-i", at("face.mp4"), "-vf", "scale=32:32", ...encode, at("face.mkv"));
  await ffmpeg(...wall, ...hum, ...encode, at("wall.mkv"));
  const parts = ["face", ...Array.from({ length: HOURS * 60 }, () => "wall")];
  await Deno.writeTextFile(at("list.txt"), parts.map((part) => `file '${part}.mkv'\n`).join(""));
  await ffmpeg("-f", "concat", "-safe", "0", "-i", at("list.txt"), "-c", "copy", at("long.mkv"));
  return at("long.mkv");
}

Deno.test("a film of two hours becomes clips of at most two minutes, and is never held in memory", () =>
  inFolder(async (folder) => {
    const source = await makeLongVideo(folder);
    const { duration } = await probe(source);
    assert.ok(duration > HOURS * 3600, `${duration} s`);
    await loadFaceDetector();
    const before = Deno.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss - before), 100);
    const config = clipConfig({ every: EVERY, cuts: "split" });
    const { rows, rejects } = await prepareClip({
      ...{ id: "p/long", stem: "p/long", kind: "film", source, out: folder, config },
      stamp: { config, bytes: 1 },
    });
    clearInterval(watch);
    assert.deepEqual(rows.map(({ id, frames }) => [id, frames]), [["p/long_1", 300]]);
    assert.equal(rejects.length, HOURS * 60 / 2);
    for (const { reason } of rejects) assert.equal(reason, "no-face");
    // The crops of 180,000 frames alone would be 5 GB. What is held of all of the video is its sound, twice: 2 x 230 MB.
    assert.ok(most < 700e6, `${most / 1e6} MB more`);
  }));
