import assert from "node:assert/strict";
import { join } from "node:path";
import { unchanged } from "../../lib/dataset/augment.ts";
import { type Clip, type Dataset, loadClip, openDataset } from "../../lib/dataset/dataset.ts";
import { faceAt, generatorInput, lowerFaces, melWindow } from "../../lib/dataset/windows.ts";
import { sampleGeneratorBatch, sampleSyncBatch, type SyncBatch } from "../../lib/dataset/batches.ts";
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

/** Where the lips and the sound of window k of a batch were taken from: the clip, and the frames at which they begin. */
async function originOf(dataset: Dataset, batch: SyncBatch, k: number) {
  const lips = new Float32Array(LOWER), audio = new Float32Array(MEL);
  const same = (a: Float32Array, all: Float32Array) => a.every((v, n) => v === all[k * a.length + n]);
  for (let clip = 0; clip < dataset.rows.length; clip++) {
    const made = await dataset.clip(clip), starts = made.voiced.map((_, start) => start);
    const seen = starts.find((f) => (lowerFaces(made, f, lips), same(lips, batch.faces)));
    const heard = starts.find((
      f,
    ) => (melWindow(made, Math.floor(80 * f / 25), audio), same(audio, batch.mel)));
    if (seen !== undefined && heard !== undefined) return { clip, seen, heard };
  }
  throw new Error(`window ${k} is of no clip, or its sound of another one`);
}

Deno.test("within clips: windows with their own sound, apart from each other, and all pairs between them", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, FEW_CLIPS);
    const dataset = await openDataset(folder, "train");
    const options = { clips: 3, windows: 4, minShift: 5, voicedOnly: true };
    const batch = await sampleSyncBatch(dataset, random(3), options);
    assert.deepEqual([batch.size, batch.windows], [12, 4]);
    assert.deepEqual([batch.mel.length, batch.faces.length], [12 * MEL, 12 * LOWER]);
    assert.deepEqual(await sampleSyncBatch(dataset, random(3), options), batch);
    assert.notDeepEqual(await sampleSyncBatch(dataset, random(4), options), batch);
    assert.equal(batch.labels.length, 3 * 16);
    batch.labels.forEach((label, k) => assert.equal(label, k % 16 % 5 === 0 ? 1 : 0, `pair ${k}`));
    const sum = (label: number) =>
      batch.weights.reduce((w, v, k) => batch.labels[k] === label ? w + v : w, 0);
    assert.ok(Math.abs(sum(1) - 0.5) < 1e-6 && Math.abs(sum(0) - 0.5) < 1e-6, "both kinds weigh half");
    for (let first = 0; first < 12; first += 4) {
      const found: Awaited<ReturnType<typeof originOf>>[] = [];
      for (let k = first; k < first + 4; k++) found.push(await originOf(dataset, batch, k));
      assert.ok(found.every(({ clip, seen, heard }) => clip === found[0].clip && seen === heard));
      const starts = found.map(({ seen }) => seen).sort((a, b) => a - b);
      starts.slice(1).forEach((start, k) => assert.ok(start - starts[k] >= 5, `${starts}`));
    }
    const many = { ...options, windows: 9 };
    await assert.rejects(
      sampleSyncBatch(dataset, random(1), many),
      /no clip with 9 windows of speech 5 frames apart.*or the number of windows/,
    );
  }));

Deno.test("one by one, as Wav2Lip: each pair from a clip of its own, in sync or off by a coin", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, FEW_CLIPS);
    const dataset = await openDataset(folder, "train");
    const options = { sampling: "one by one", clips: 10, windows: 2, minShift: 5, voicedOnly: true } as const;
    const batch = await sampleSyncBatch(dataset, random(3), options);
    assert.deepEqual([batch.size, batch.windows, batch.labels.length], [20, 1, 20]);
    batch.weights.forEach((weight) => assert.ok(Math.abs(weight - 1 / 20) < 1e-6));
    const inSync = batch.labels.reduce((a, b) => a + b, 0);
    assert.ok(inSync >= 4 && inSync <= 16 && inSync !== 10, `a coin: ${inSync} of 20 in sync`);
    for (let k = 0; k < 20; k++) {
      const { seen, heard } = await originOf(dataset, batch, k);
      assert.ok(
        batch.labels[k] === 1 ? seen === heard : Math.abs(seen - heard) >= 5,
        `${k}: ${seen}, ${heard}`,
      );
    }
  }));

Deno.test("an augmented batch has one change a window, and the same windows", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, FEW_CLIPS);
    const dataset = await openDataset(folder, "train");
    const options = { clips: 1, windows: 4, minShift: 5, voicedOnly: true };
    const mirrored = { ...unchanged, mirror: 1 };
    const batch = await sampleSyncBatch(dataset, random(3), { ...options, augmentation: mirrored });
    const flipped = Float32Array.from({ length: LOWER }, (_, k) => {
      const [row, column] = [Math.floor(k / (96 * 15)), Math.floor(k / 15) % 96];
      return batch.faces[(96 * row + 95 - column) * 15 + k % 15];
    });
    const own = new Float32Array(LOWER);
    let found = 0;
    for (let k = 0; k < dataset.rows.length; k++) {
      const clip = await dataset.clip(k);
      clip.voiced.forEach((_, start) => {
        lowerFaces(clip, start, own);
        if (own.every((v, at) => v === flipped[at])) found++;
      });
    }
    assert.equal(found, 1, "the first window, seen in a mirror");
    const louder = { ...unchanged, gain: 0.5 };
    const loud = await sampleSyncBatch(dataset, random(3), { ...options, augmentation: louder });
    const bands = (k: number) => loud.mel.subarray(k * MEL, (k + 1) * MEL);
    assert.ok([0, 1, 2, 3].every((k) => bands(k).every((v) => v >= -4 && v <= 4)));
    assert.equal(loud.labels.join(), batch.labels.join());
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

Deno.test("the reference is any frame of the clip, or always its most closed mouth", () =>
  inFolder(async (folder) => {
    await makePrepared(folder, [{ split: "train" }]);
    const dataset = await openDataset(folder, "train"), clip = await dataset.clip(0);
    const options = { frames: 12, windows: 0, poseShift: 0, voicedOnly: true, minShift: 5 };
    const crops = Array.from({ length: clip.frames }, (_, t) => {
      const input = new Float32Array(6 * 96 * 96);
      generatorInput(faceAt(clip, t), faceAt(clip, t), input);
      return input;
    });
    /** The frame of the clip that each sample's reference is. */
    const referencesOf = async (reference?: "any" | "closed", windows = 0) => {
      const { faces, size } = await sampleGeneratorBatch(dataset, random(1), {
        ...options,
        reference,
        windows,
      });
      return Array.from({ length: size }, (_, k) => {
        const seen = faces.subarray(k * 6 * 96 * 96, (k + 1) * 6 * 96 * 96);
        return crops.findIndex((crop) => crop.every((v, at) => at % 6 < 3 || v === seen[at]));
      });
    };
    const gaps = Array.from({ length: clip.frames }, (_, t) => clip.mouth[2 * t]);
    const closed = gaps.indexOf(Math.min(...gaps));
    assert.deepEqual(await referencesOf("closed"), new Array(12).fill(closed));
    assert.deepEqual(await referencesOf("closed", 2), new Array(10).fill(closed));
    const any = await referencesOf();
    assert.deepEqual(any, await referencesOf("any"));
    assert.ok(new Set(any).size > 3, "twelve frames of the clip at random are not one");
  }));

Deno.test("folders that cannot be trained on are named, with what to do", () =>
  inFolder(async (folder) => {
    const rejects = (work: Promise<unknown>, message: RegExp) =>
      assert.rejects(work, (error) => error instanceof KitError && message.test(error.message));
    await rejects(openDataset(join(folder, "none"), "train"), /none is not a prepared folder/);
    const silent = await makePrepared(join(folder, "silent"), [{ split: "train", silent: true }]);
    await rejects(openDataset(silent, "val"), /silent has no clip in its val split.*--split/);
    const dataset = await openDataset(silent, "train");
    const options = { clips: 1, windows: 2, minShift: 5, voicedOnly: true };
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
    const batch = await sampleSyncBatch(dataset, random(1), {
      clips: 2,
      windows: 2,
      minShift: 5,
      voicedOnly: true,
    });
    const mean = batch.faces.reduce((a, b) => a + b, 0) / batch.faces.length;
    assert.ok(mean > 0.1 && mean < 0.9, `faces of mean ${mean}`);
  }));
