import assert from "node:assert/strict";
import { join } from "node:path";
import { loadClip } from "../../lib/dataset/dataset.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { correlation } from "../../lib/evaluation/metrics/mouth_motion.ts";
import { cropFace } from "../../lib/media/face_crop.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { wavBytes } from "../media/wav.ts";
import { tf } from "../../lib/native/tf.ts";
import { inFolder } from "../media/made_video.ts";
import { opening, talkingFrames } from "./face_video.ts";
import { ENCODED_CLIP } from "../real_clips.ts";

/** The drawn face in its image of 224 x 224, as a detector frames it. */
const BOX = [50, 76, 164, 196];

/** A second of humming for every 25 frames. */
const hum = (frames: number) => Float32Array.from({ length: frames * 640 }, (_, i) => 0.2 * Math.sin(i / 17));

async function writeImage(path: string, pixels: Uint8Array, [height, width]: [number, number]) {
  const tensor = tf.tensor3d(pixels, [height, width, 3], "int32");
  await Deno.writeFile(path, await tf.node.encodeJpeg(tensor, "rgb", 95));
  tensor.dispose();
}

/** A clip as Wav2Lip's preprocess.py leaves it: crops of the drawn face, all of one odd size, numbered by frame. */
async function makeCrops(
  folder: string,
  { frames = 40, without = [], audio = frames }: { frames?: number; without?: number[]; audio?: number } = {},
) {
  await Deno.mkdir(folder, { recursive: true });
  const talking = talkingFrames();
  for (let t = 0; t < frames; t++) {
    if (without.includes(t)) continue;
    const crop = cropFace(talking[t % talking.length], 224, 224, BOX, 110);
    await writeImage(join(folder, `${t}.jpg`), crop, [110, 110]);
  }
  await Deno.writeFile(join(folder, "audio.wav"), wavBytes(hum(audio)));
}

Deno.test("Wav2Lip's folders become clips without a look for faces, or rows that say why not", () =>
  inFolder(async (root) => {
    const at = (name: string) => join(root, "videos", name);
    await makeCrops(at("p1/00001"));
    await makeCrops(at("p1/00002"), { frames: 44, without: [0, 1, 2, 15, 43] });
    await makeCrops(at("p2/long sound"), { frames: 25, audio: 50 });
    await makeCrops(at("p2/too-short"), { frames: 10 });
    await makeCrops(at("p2/sound-short"), { frames: 50, audio: 36 });
    await makeCrops(at("p2/damaged"), { frames: 20 });
    await Deno.truncate(at("p2/damaged/7.jpg"), 900);
    await Deno.writeTextFile(at("p2/damaged/8.jpg"), "no picture");
    await makeCrops(at("p2/not-a-video"), { frames: 20 });
    await Deno.writeTextFile(at("p2/not-a-video/audio.wav"), "no sound\n".repeat(100));
    await makeCrops(at("p2/no-sound"), { frames: 20 });
    await Deno.remove(at("p2/no-sound/audio.wav"));
    await Deno.mkdir(at("p2/no-face"));
    await Deno.writeFile(at("p2/no-face/audio.wav"), wavBytes(hum(20)));

    const out = join(root, "out");
    let line = "";
    const { clips, rejects } = await prepare(join(root, "videos"), out, {
      ...{ every: 2, split: "1,0,0", workers: 1 },
      say: (text) => line = text,
    });
    assert.match(line, /^Wav2Lip's prepared folder .*: 7 clips of 2 speakers; .*; left out: 2 others/);
    const reasons = rejects.map(({ id, reason }) => [id.split("/")[1], reason]);
    for (const [name, reason] of reasons) assert.equal(name, reason);
    assert.equal(reasons.length, 6);

    const [whole, gappy, long] = clips;
    assert.deepEqual(clips.map(({ id, frames }) => [id, frames]), [
      ["p1/00001", 40],
      ["p1/00002", 27],
      ["p2/long_sound", 25],
    ]);
    assert.deepEqual([whole.note, whole.detection_rate, whole.box_size_mean], ["", 1, 110]);
    assert.match(gappy.note, /^crops of frames 16 to 42 of 43: /);
    assert.equal(gappy.detection_rate, 39 / 43);
    assert.match(long.note, /^the sound goes on 1\.00 s after the last crop$/);

    const clip = await loadClip(out, whole);
    assert.equal(clip.audio.length, 40 * 640);
    // The image is the crop, resized; the mouth's opening is measured in it.
    const expected = cropFace(talkingFrames()[3], 224, 224, BOX, 96);
    const shown = clip.faces.subarray(3 * expected.length, 4 * expected.length);
    const difference = expected.reduce((sum, x, i) => sum + Math.abs(x - shown[i]), 0) / expected.length;
    assert.ok(difference < 4, `pixels differ by ${difference}`);
    const gaps = Array.from({ length: 40 }, (_, t) => clip.mouth[2 * t]);
    assert.ok(correlation(gaps, gaps.map((_, t) => opening(t))) > 0.9);
    // After a gap the sound is that of the frames kept.
    const later = await loadClip(out, gappy);
    const [first] = (await decodeAudio(at("p1/00002/audio.wav"))).subarray(16 * 640);
    assert.equal(later.audio[0] / 32768, first);

    // Again: nothing is made anew, and everything is known.
    const before = (await Deno.stat(join(out, whole.path))).mtime!.getTime();
    const again = await prepare(join(root, "videos"), out, { every: 2, split: "1,0,0", workers: 1 });
    assert.deepEqual([again.clips, again.rejects], [clips, rejects]);
    assert.equal((await Deno.stat(join(out, whole.path))).mtime!.getTime(), before);
  }));

Deno.test("a real clip cut by somebody else has the mouth and sound of the film itself", () =>
  inFolder(async (root) => {
    const video = ENCODED_CLIP, videos = join(root, "films");
    await Deno.mkdir(videos);
    await Deno.symlink(video, join(videos, "clip.mp4"));
    const of = await prepare(videos, join(root, "of film"), { every: 2, workers: 1 });
    const { row, ...own } = await loadClip(join(root, "of film"), of.clips[0]);
    const [x0, y0, x1, y1] = [-0.5, -0.5, 0.5, 0.55].map((side, i) =>
      Math.round((i % 2 ? row.box_y_mean : row.box_x_mean) + side * row.box_size_mean)
    );
    const folder = join(root, "crops/s1/clip");
    await Deno.mkdir(folder, { recursive: true });
    let t = 0;
    for await (const frame of decodeFrames(video)) {
      const pixels = new Uint8Array((x1 - x0) * (y1 - y0) * 3);
      for (let y = y0; y < y1; y++) {
        const from = (y * 360 + x0) * 3;
        pixels.set(frame.subarray(from, from + (x1 - x0) * 3), (y - y0) * (x1 - x0) * 3);
      }
      await writeImage(join(folder, `${t++}.jpg`), pixels, [y1 - y0, x1 - x0]);
    }
    await Deno.writeFile(join(folder, "audio.wav"), wavBytes(await decodeAudio(video)));
    const { clips } = await prepare(join(root, "crops"), join(root, "of crops"), { every: 2, workers: 1 });
    const cut = await loadClip(join(root, "of crops"), clips[0]);
    assert.ok(Math.abs(cut.frames - own.frames) <= 1, `${cut.frames} and ${own.frames} frames`);
    for (const [what, k] of [["gap", 0], ["width", 1]] as const) {
      const course = (mouth: Float32Array) => mouth.filter((_, i) => i % 2 === k);
      const r = correlation(course(cut.mouth), course(own.mouth));
      assert.ok(r > (what === "gap" ? 0.9 : 0.7), `${what}: r = ${r}`);
    }
    assert.deepEqual(cut.audio.subarray(0, 16000), own.audio.subarray(0, 16000));
  }));
