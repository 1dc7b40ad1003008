import assert from "node:assert/strict";
import { join } from "node:path";
import { type Clip, loadClip, openDataset } from "../../lib/dataset/dataset.ts";
import { faceAt, generatorInput, lowerFaces, melWindow } from "../../lib/dataset/windows.ts";
import { sampleGeneratorBatch, sampleSyncBatch } from "../../lib/dataset/batches.ts";
import { KitError } from "../../lib/base/errors.ts";
import { FACE_BYTES } from "../../lib/base/shapes.ts";
import { random } from "../../lib/base/random.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { tf } from "../../lib/native/tf.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";
import { ENCODED_CLIP } from "../real_clips.ts";

const LOWER = 48 * 96 * 15, MEL = 80 * 16;

/** A clip whose numbers say where they stand: column c, band b -> 100 c + b; frame f -> bytes f. */
function countedClip(frames: number, columns: number): Clip {
  return {
    row: { id: "a/b" } as Clip["row"],
    frames,
    faces: Uint8Array.from({ length: frames * FACE_BYTES }, (_, k) => Math.floor(k / FACE_BYTES)),
    mel: Float32Array.from({ length: columns * 80 }, (_, k) => 100 * Math.floor(k / 80) + k % 80),
    columns,
    audio: new Int16Array(0),
    mouth: new Float32Array(2 * frames),
    voiced: new Array(frames - 4).fill(true),
  };
}

Deno.test("a mel window is [80, 16], and silence beyond the sound", () => {
  const clip = countedClip(10, 20), out = new Float32Array(MEL);
  melWindow(clip, 3, out);
  assert.deepEqual([out[0], out[1], out[16], out[MEL - 1]], [300, 400, 301, 1879]);
  melWindow(clip, -2, out);
  assert.deepEqual(Array.from(out.subarray(0, 4)), [-4, -4, 0, 100]);
  melWindow(clip, 18, out);
  assert.deepEqual(Array.from(out.subarray(0, 4)), [1800, 1900, -4, -4]);
});

Deno.test("lower halves lie frame by frame along the channels, in 0..1", () => {
  const clip = countedClip(8, 40), out = new Float32Array(LOWER);
  lowerFaces(clip, 2, out);
  const expected = [2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6].map((v) => Math.fround(v / 255));
  assert.deepEqual(Array.from(out.subarray(0, 15)), expected);
  // A row's place in the image: the first lower row is row 48.
  const marked = { faces: new Uint8Array(5 * FACE_BYTES) };
  marked.faces[48 * 96 * 3 + 1] = 255;
  lowerFaces(marked, 0, out);
  assert.deepEqual([out[0], out[1], out[2]], [0, 1, 0], "green of the first pixel of the first frame");
  assert.equal(out.reduce((a, b) => a + b, 0), 1);
});

Deno.test("the generator sees the pose without its lower half, then the reference", () => {
  const out = new Float32Array(2 * FACE_BYTES);
  generatorInput(new Uint8Array(FACE_BYTES).fill(255), new Uint8Array(FACE_BYTES).fill(51), out);
  const fifth = Math.fround(0.2);
  assert.deepEqual(Array.from(out.subarray(0, 6)), [1, 1, 1, fifth, fifth, fifth]);
  assert.deepEqual(Array.from(out.subarray(48 * 96 * 6, 48 * 96 * 6 + 6)), [0, 0, 0, fifth, fifth, fifth]);
});

Deno.test("a split's clips come back as they were prepared, and no tensor stays", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, FEW_CLIPS);
    const before = tf.memory().numTensors;
    const dataset = await openDataset(folder, "train");
    assert.deepEqual(dataset.rows.map(({ id }) => id), ["made/clip0", "made/clip1"]);
    assert.equal((await openDataset(folder, "all")).rows.length, 4);
    const clip = await dataset.clip(0);
    assert.deepEqual([clip.frames, clip.columns, clip.audio.length, clip.mouth.length], [40, 129, 25600, 80]);
    assert.equal(clip.faces.length, 40 * FACE_BYTES);
    // 40 frames hold 36 windows, of which the last one's mel would end at column 112 + 16 of 129.
    assert.equal(clip.voiced.length, 36);
    assert.ok(clip.voiced.every((voiced) => voiced));
    const [red, green, blue] = faceAt(clip, 3).subarray((48 * 96 + 48) * 3);
    assert.ok(red > 60 && green > 60 && blue > 60 && red < 250, "JPEG keeps the face's colour");
    assert.equal(await dataset.clip(0), clip, "kept");
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("clips that do not fit the memory allowed are dropped, the oldest first", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, [1, 2, 3].map((seed) => ({ split: "train", frames: 20, seed })));
    const dataset = await openDataset(folder, "train", { cacheMegabytes: 1.3 });
    const [first, second] = [await dataset.clip(0), await dataset.clip(1)];
    assert.equal(await dataset.clip(0), first, "two of them fit");
    await dataset.clip(2);
    assert.equal(await dataset.clip(0), first, "used after the second one");
    assert.notEqual(await dataset.clip(1), second, "dropped for the third one");
  }));

Deno.test("pairs: in sync and off sync in turns, both from one clip, the same for the same seed", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, FEW_CLIPS);
    const dataset = await openDataset(folder, "train");
    const options = { size: 8, minShift: 5, voicedOnly: true };
    const batch = await sampleSyncBatch(dataset, random(3), options);
    assert.deepEqual(Array.from(batch.labels), [1, 0, 1, 0, 1, 0, 1, 0]);
    assert.deepEqual([batch.mel.length, batch.faces.length], [8 * MEL, 8 * LOWER]);
    assert.deepEqual(await sampleSyncBatch(dataset, random(3), options), batch);
    assert.notDeepEqual(await sampleSyncBatch(dataset, random(4), options), batch);
    // In each four pairs both windows are seen twice and heard twice, once in sync and once off.
    const part = (all: Float32Array, k: number, length: number) => all.subarray(k * length, (k + 1) * length);
    for (const first of [0, 4]) {
      const [faces, mels] = [[batch.faces, LOWER], [batch.mel, MEL]].map(([all, length]) =>
        [0, 1, 2, 3].map((k) => part(all as Float32Array, first + k, length as number))
      );
      assert.deepEqual([faces[0], faces[2]], [faces[1], faces[3]]);
      assert.deepEqual([mels[0], mels[2]], [mels[3], mels[1]]);
      assert.notDeepEqual(faces[0], faces[2]);
    }
    // Where the lips and the sound of each pair were taken from.
    const clips = [await dataset.clip(0), await dataset.clip(1)];
    const lips = new Float32Array(LOWER), audio = new Float32Array(MEL);
    for (let k = 0; k < 8; k++) {
      const shifts = clips.flatMap((clip) => {
        const starts = clip.voiced.map((_, start) => start);
        const same = (a: Float32Array, all: Float32Array) => a.every((v, n) => v === all[k * a.length + n]);
        const seen = starts.find((f) => (lowerFaces(clip, f, lips), same(lips, batch.faces)));
        const heard = starts.find((
          f,
        ) => (melWindow(clip, Math.floor(80 * f / 25), audio), same(audio, batch.mel)));
        return seen === undefined || heard === undefined ? [] : [heard - seen];
      });
      assert.equal(shifts.length, 1, "lips and sound are of the same clip");
      assert.ok(batch.labels[k] === 1 ? shifts[0] === 0 : Math.abs(shifts[0]) >= 5, `${k}: ${shifts}`);
    }
  }));

Deno.test("frames for the generator, single and in windows", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, FEW_CLIPS);
    const dataset = await openDataset(folder, "train");
    const options = { frames: 3, windows: 0, poseShift: 0, voicedOnly: true, minShift: 5 };
    const single = await sampleGeneratorBatch(dataset, random(1), options);
    assert.deepEqual([single.size, single.windows, single.syncMel.length], [3, 0, 0]);
    assert.equal(single.target.length, 3 * FACE_BYTES);
    const upper = (batch: typeof single, k: number, c: number) =>
      Array.from({ length: 48 * 96 }, (_, p) => batch.faces[(k * 96 * 96 + p) * 6 + c]);
    const target = (batch: typeof single, k: number, c: number) =>
      Array.from({ length: 48 * 96 }, (_, p) => batch.target[(k * 96 * 96 + p) * 3 + c]);
    assert.deepEqual(upper(single, 1, 2), target(single, 1, 2), "the pose is the frame to be redrawn");
    const windows = await sampleGeneratorBatch(dataset, random(1), { ...options, windows: 2 });
    assert.deepEqual([windows.size, windows.windows, windows.syncMel.length], [10, 2, 2 * MEL]);
    assert.deepEqual(upper(windows, 0, 3), upper(windows, 4, 3), "one reference for a window");
    // Frame 2 of a window hears 200 ms centred on itself: the sync window of frames 0 to 4.
    const heard = windows.mel.subarray(2 * MEL, 3 * MEL);
    assert.deepEqual(heard, windows.syncMel.subarray(0, MEL));
    const shifted = await sampleGeneratorBatch(dataset, random(1), { ...options, frames: 6, poseShift: 1 });
    assert.ok([0, 1, 2, 3, 4, 5].some((k) => upper(shifted, k, 0).join() !== target(shifted, k, 0).join()));
  }));

Deno.test("folders that cannot be trained on are named, with what to do", () =>
  inFolder(async (folder) => {
    const rejects = (work: Promise<unknown>, message: RegExp) =>
      assert.rejects(work, (error) => error instanceof KitError && message.test(error.message));
    await rejects(openDataset(join(folder, "none"), "train"), /none is not a prepared folder/);
    const silent = await makePrepared(join(folder, "silent"), [{ split: "train", silent: true }]);
    await rejects(openDataset(silent, "val"), /silent has no clip in its val split.*--split/);
    const dataset = await openDataset(silent, "train");
    const options = { size: 2, minShift: 5, voicedOnly: true };
    await rejects(
      sampleSyncBatch(dataset, random(1), options),
      /no clip with two windows of speech 5 frames apart/,
    );
    await sampleSyncBatch(dataset, random(1), { ...options, voicedOnly: false });
    const short = await makePrepared(join(folder, "short"), [{ split: "train", frames: 6 }]);
    await rejects(sampleSyncBatch(await openDataset(short, "train"), random(1), options), /longer clips/);
    const path = join(silent, dataset.rows[0].path);
    await Deno.truncate(path, 5000);
    await rejects(loadClip(silent, dataset.rows[0]), /clip0\.safetensors/);
  }));

Deno.test("a real clip, prepared and drawn from", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "videos"), out = join(folder, "prepared");
    await Deno.mkdir(videos);
    await Deno.copyFile(ENCODED_CLIP, join(videos, "clip.mp4"));
    await prepare(videos, out, { split: "100,0,0", every: 25, workers: 1 });
    const dataset = await openDataset(out, "train");
    const clip = await dataset.clip(0);
    assert.ok(clip.frames >= 70 && clip.frames <= 75, `${clip.frames} frames`);
    const share = clip.voiced.filter((voiced) => voiced).length / clip.voiced.length;
    assert.ok(share > 0.4 && share < 1, `${share} of the windows hold speech`);
    const batch = await sampleSyncBatch(dataset, random(1), { size: 4, minShift: 5, voicedOnly: true });
    const mean = batch.faces.reduce((a, b) => a + b, 0) / batch.faces.length;
    assert.ok(mean > 0.1 && mean < 0.9, `faces of mean ${mean}`);
  }));
