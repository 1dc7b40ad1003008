import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../../lib/base/errors.ts";
import { exists } from "../../lib/base/files.ts";
import { FACE_SIZE } from "../../lib/base/shapes.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { readManifest, readRejects } from "../../lib/dataset/manifest.ts";
import { tf } from "../../lib/native/tf.ts";
import { openSafetensors } from "../../lib/weights/safetensors.ts";
import { cutFile, ffmpeg, inFolder } from "../media/made_video.ts";
import { makeFaceVideo, opening } from "./face_video.ts";
import { encodePublished, PUBLISHED_CLIP } from "../real_clips.ts";
import { kill, until } from "../waiting.ts";
import { correlation } from "../../lib/evaluation/metrics/mouth_motion.ts";

/** A prepared clip as arrays. */
async function readClip(path: string) {
  const file = await openSafetensors(path);
  const shapes = Object.fromEntries(
    Object.entries(file.header.tensors).map(([name, { shape }]) => [name, shape]),
  );
  const jpegs = await file.read("frames");
  const offsets = Array.from(new BigInt64Array((await file.read("frame_offsets")).slice().buffer), Number);
  const frames = offsets.slice(1).map((end, t) => jpegs.subarray(offsets[t], end));
  const [mel, boxes, mouth] = await Promise.all(["mel", "boxes", "mouth"].map((name) => file.readF32(name)));
  const audio = new Int16Array((await file.read("sound")).slice().buffer);
  file.close();
  return { metadata: file.header.metadata, shapes, frames, mel, boxes, mouth, sound: audio };
}

/** Brightness of the middle of one image, where the lips part. */
function pixels(jpeg: Uint8Array): Uint8Array {
  const image = tf.node.decodeJpeg(jpeg, 3);
  assert.deepEqual(image.shape, [FACE_SIZE, FACE_SIZE, 3]);
  const values = image.dataSync() as unknown as Uint8Array;
  image.dispose();
  return values;
}

/** Every way in which a video can be bad, or odd and yet good, under the name of what is to become of it. */
async function makeOddVideos(folder: string): Promise<void> {
  const at = (name: string) => join(folder, name);
  const video = await makeFaceVideo(at("good.mp4"));
  await Deno.copyFile(video, at(`it's a "good" one; $HOME.mp4`));
  await makeFaceVideo(at("ntsc.mp4"), { rate: "30000/1001" });
  await makeFaceVideo(at("slow.mp4"), { rate: "22" });
  await makeFaceVideo(at("trimmed.mp4"), { soundSeconds: 1.2 });
  await makeFaceVideo(at("late face.mp4"), {
    seconds: 3,
    filter: "drawbox=t=fill:c=gray:enable='lt(t,0.39)'",
  });
  await cutFile(video, { share: 0.6, as: at("truncated.mp4") });
  await Deno.writeTextFile(at("not-a-video.mp4"), "this is no video\n".repeat(1000));
  await Deno.writeTextFile(at("not-a-video too.avi"), "");
  await Deno.symlink(at("gone"), at("not-readable.mp4"));
  await makeFaceVideo(at("no-sound.mp4"), { audio: false });
  await makeFaceVideo(at("silent.mp4"), { level: 0.0001 });
  await makeFaceVideo(at("no-face.mp4"), { filter: "drawbox=t=fill:c=gray" });
  await makeFaceVideo(at("face-lost.mp4"), { seconds: 4, filter: "drawbox=t=fill:c=gray:enable='gte(t,2)'" });
  await makeFaceVideo(at("too-short.mp4"), { seconds: 0.4 });
  await makeFaceVideo(at("sound-short.mp4"), { soundSeconds: 0.4 });
  await ffmpeg(
    ...["-i", video, "-filter_complex", "[0:v][0:v]hstack", "-map", "0:a", "-c:a", "copy"],
    at("several-faces.mp4"),
  );
}

Deno.test("each odd video becomes a clip or a row that says why not", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "my videos"), out = join(folder, "out", "prepared");
    await Deno.mkdir(videos);
    await makeOddVideos(videos);
    const options = { every: 2, split: "1,0,0", cuts: "ignore" as const, workers: 2 };
    const { clips, rejects } = await prepare(videos, out, options);

    const reasons = Object.fromEntries(rejects.map(({ id, reason }) => [id.split("/")[1], reason]));
    assert.deepEqual(Object.keys(reasons).length, 11);
    for (const [name, reason] of Object.entries(reasons)) {
      assert.equal(reason, name.replace("_too", ""), name);
    }
    for (const { id, detail } of rejects) assert.ok(detail.length > 10, `${id}: ${detail}`);
    assert.deepEqual(await readRejects(out), rejects);

    const frames = Object.fromEntries(clips.map((clip) => [clip.id, clip.frames]));
    // AAC pads the sound, so no frame is lost at the end.
    assert.deepEqual(frames, {
      "my_videos/good": 50,
      "my_videos/it_s_a_good_one_HOME": 50,
      "my_videos/late_face": 65,
      "my_videos/ntsc": 50,
      "my_videos/slow": 50,
      "my_videos/trimmed": 30,
    });
    assert.deepEqual(await readManifest(out), clips);
    const row = (name: string) => clips.find(({ id }) => id === `my_videos/${name}`)!;
    assert.match(row("trimmed").note, /^sound ends 0\.\d\d s before the picture/);
    assert.match(row("late_face").note, /face seen in frames 10 to 74 of 75/);
    assert.ok(Math.abs(row("ntsc").fps_in - 29.97) < 0.01 && row("slow").fps_in === 22);
    for (const clip of clips) {
      assert.equal(clip.split, "train");
      assert.ok(clip.detection_rate >= 0.8 && clip.score_mean > 0.3 && clip.box_jitter < 0.01, clip.id);
      const { shapes, ...clipData } = await readClip(join(out, clip.path));
      assert.deepEqual(shapes.frame_offsets, [clip.frames + 1]);
      assert.deepEqual(shapes.sound, [clip.frames * 640]);
      assert.deepEqual(shapes.mel, [1 + Math.floor((clip.frames * 640) / 200), 80]);
      assert.deepEqual([shapes.boxes, shapes.mouth], [[clip.frames, 4], [clip.frames, 2]]);
      assert.equal(clipData.metadata.id, clip.id);
      assert.equal(pixels(clipData.frames.at(-1)!).length, FACE_SIZE * FACE_SIZE * 3);
    }

    // The drawn mouth's opening is measured, in time.
    const { mouth } = await readClip(join(out, row("good").path));
    const gaps = Array.from({ length: 50 }, (_, t) => mouth[2 * t]);
    const drawn = gaps.map((_, t) => opening(t));
    assert.ok(correlation(gaps, drawn) > 0.9, `${correlation(gaps, drawn)}`);
  }));

Deno.test("a second run keeps what is whole and mends the rest", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "anna"), out = join(folder, "out");
    await Deno.mkdir(videos);
    for (const name of ["a", "b", "c"]) await makeFaceVideo(join(videos, `${name}.mp4`), { seconds: 1 });
    await Deno.writeTextFile(join(videos, "bad.mp4"), "no video");
    const options = { every: 5, workers: 1 };
    const first = await prepare(videos, out, options);
    assert.equal(first.clips.length, 3);
    const made = async (name: string) =>
      (await Deno.stat(join(out, `clips/anna/${name}.safetensors`))).mtime!.getTime();
    const times = await Promise.all(["a", "b", "c"].map(made));

    // One clip cut short as by a full disk, one gone, one left over from a killed run.
    const b = join(out, "clips/anna/b.safetensors");
    await Deno.truncate(b, 5000);
    await Deno.remove(join(out, "clips/anna/c.safetensors"));
    await Deno.writeTextFile(join(out, "clips/anna/c.safetensors.part"), "half");
    await Deno.remove(join(out, "manifest.parquet"));
    const second = await prepare(videos, out, options);
    assert.deepEqual(second, first);
    assert.equal(await made("a"), times[0], "a whole clip is kept");
    assert.ok(await made("b") > times[1] && await made("c") > times[2]);
    assert.ok(!(await exists(join(out, "clips/anna/c.safetensors.part"))));

    // The bad video is remembered until it changes.
    const remembered = join(out, "settled/anna/bad.json");
    const before = (await Deno.stat(remembered)).mtime!.getTime();
    await prepare(videos, out, options);
    assert.equal((await Deno.stat(remembered)).mtime!.getTime(), before);
    await prepare(videos, out, { ...options, retryRejects: true });
    assert.ok((await Deno.stat(remembered)).mtime!.getTime() > before);
    await Deno.copyFile(join(videos, "a.mp4"), join(videos, "bad.mp4"));
    const mended = await prepare(videos, out, options);
    assert.deepEqual([mended.clips.length, mended.rejects.length, await exists(remembered)], [4, 0, false]);

    // Other options make other clips.
    await prepare(videos, out, { ...options, every: 4 });
    assert.ok(await made("a") > times[0]);
  }));

Deno.test("a killed run goes on where it was", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "ben");
    await Deno.mkdir(videos);
    for (const name of ["a", "b", "c", "d"]) await makeFaceVideo(join(videos, `${name}.mp4`), { seconds: 1 });
    const module = new URL("../../lib/prepare/prepare.ts", import.meta.url).href;
    const script = join(folder, "run.ts");
    await Deno.writeTextFile(
      script,
      `import { prepare } from "${module}"; await prepare("${videos}", Deno.args[0], { workers: 1 });`,
    );
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const clipA = (out: string) => join(out, "clips/ben/a.safetensors");
    /** Kills a run after its first clip. */
    const killIn = async (out: string) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--config", config, script, out],
        stdout: "null",
        stderr: "null",
      }).spawn();
      await until(() => exists(clipA(out)), child);
      kill(child);
      await child.status;
    };
    // On a busy machine one may come to its end before it is killed.
    let out = join(folder, "out 0");
    await killIn(out);
    for (let k = 1; await exists(join(out, "manifest.parquet")); k++) {
      assert.ok(k < 20, "none is killed before its end");
      out = join(folder, `out ${k}`);
      await killIn(out);
    }
    const a = clipA(out);
    const made = (await Deno.stat(a)).mtime!.getTime();
    await assert.rejects(readManifest(out), (e) => e instanceof KitError && /not finished/.test(e.message));
    const { clips } = await prepare(videos, out, { workers: 1 });
    assert.deepEqual(clips.map(({ id }) => id), ["ben/a", "ben/b", "ben/c", "ben/d"]);
    assert.equal((await Deno.stat(a)).mtime!.getTime(), made);
  }));

Deno.test("what cannot be done is refused before any work", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "v");
    await Deno.mkdir(videos);
    await Deno.writeTextFile(join(videos, "a.mp4"), "no video");
    await Deno.writeTextFile(join(folder, "file"), "");
    const refused = (promise: Promise<unknown>, pattern: RegExp) =>
      assert.rejects(promise, (e) => e instanceof KitError && pattern.test(e.message));
    await refused(prepare(videos, join(folder, "file", "out")), /Cannot write .*file/);
    await refused(prepare(join(folder, "nowhere"), join(folder, "out")), /There is no folder/);
    await refused(prepare(videos, join(folder, "out"), { every: 0 }), /every 0/);
    await refused(prepare(videos, join(folder, "out"), { workers: 0.5 }), /workers/);
    await refused(prepare(videos, join(folder, "out"), { split: "90,10" }), /split/);
    assert.ok(!(await exists(join(folder, "out"))));
    await Deno.mkdir(join(folder, "old"));
    await Deno.writeTextFile(join(folder, "old", "prepared.json"), JSON.stringify({ version: 99 }));
    await refused(prepare(videos, join(folder, "old")), /layout version 99/);
    await refused(prepare(videos, join(folder, "new"), { cuts: "paste" as never }), /cuts paste/);
    await refused(prepare(videos, join(folder, "new"), { shard: "5/4" }), /"5\/4" is not a part/);
    await refused(
      prepare(videos, join(folder, "new"), { filters: ["minBeauty=1"] }),
      /no filter "minBeauty"/,
    );
  }));

Deno.test("a disk that cannot be written ends the run, not a clip", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "v"), out = join(folder, "out");
    await Deno.mkdir(videos);
    await Deno.mkdir(out);
    await makeFaceVideo(join(videos, "a.mp4"), { seconds: 1 });
    await Deno.writeTextFile(join(out, "clips"), "a file in the way");
    await assert.rejects(
      prepare(videos, out, { workers: 1 }),
      (e) => e instanceof KitError && /Cannot write .*clips/.test(e.message),
    );
    assert.ok(!(await exists(join(out, "settled"))), "the clip is not to blame");
  }));

Deno.test("a real clip as published and its re-encoded copy give the same crops, mel and mouth", () =>
  inFolder(async (folder) => {
    for (const kind of ["published", "copied"]) await Deno.mkdir(join(folder, kind));
    await Deno.symlink(PUBLISHED_CLIP, join(folder, "published/clip.mpg"));
    await encodePublished(join(folder, "copied/clip.mp4"));
    const out = join(folder, "out");
    const { clips, rejects } = await prepare(folder, out, { every: 3, workers: 2 });
    assert.deepEqual([clips.length, rejects.length], [2, 0]);
    for (const clip of clips) assert.equal(clip.detection_rate, 1);
    const [a, b] = await Promise.all(clips.map(({ path }) => readClip(join(out, path))));
    const count = Math.min(a.frames.length, b.frames.length);
    assert.ok(count >= 73);
    const gaps = (clip: typeof a) => Array.from({ length: count }, (_, t) => clip.mouth[2 * t]);
    assert.ok(correlation(gaps(a), gaps(b)) > 0.9, `mouth ${correlation(gaps(a), gaps(b))}`);
    const columns = Math.min(a.mel.length, b.mel.length) - 80 * 20;
    const melOf = (clip: typeof a) => Array.from(clip.mel.subarray(0, columns));
    assert.ok(correlation(melOf(a), melOf(b)) > 0.97, `mel ${correlation(melOf(a), melOf(b))}`);
    const [left, right] = [pixels(a.frames[40]), pixels(b.frames[40])];
    const difference = left.reduce((sum, x, i) => sum + Math.abs(x - right[i]), 0) / left.length;
    assert.ok(difference < 6, `pixels differ by ${difference}`);
  }));
