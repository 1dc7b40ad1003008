import { KitError } from "../errors.ts";
import { FACE_SIZE } from "../media/face_crop.ts";
import { MEL_BANDS, MEL_WINDOW, melStart } from "../media/mel.ts";
import type { Random } from "../nn/params.ts";
import { type Clip, type ClipHead, FRAME_BYTES, loadClip, readFaces, readHead } from "./clip_reader.ts";
import { type ManifestRow, readKept, type Split } from "./manifest.ts";
import { SYNC_FRAMES } from "./windows.ts";

export { type Clip, type ClipHead, FRAME_BYTES, loadClip } from "./clip_reader.ts";
export { SYNC_FRAMES, windowsOf } from "./windows.ts";

/** Where the mouth lies in a crop of 96 x 96 pixels: lips, and the skin that moves with them. */
export const MOUTH_REGION = { top: 50, left: 26, height: 30, width: 44 };
/** The mel scale's floor, which stands for what lies before and after the sound. */
const SILENCE = -4;

/** The clips of one split that the filters keep, loaded when they are asked for and held while they fit. */
export interface Dataset {
  folder: string;
  rows: ManifestRow[];
  /** A whole clip, decoded. */
  clip(index: number): Promise<Clip>;
  /** A clip without its pictures. */
  head(index: number): Promise<Omit<ClipHead, "places">>;
  /** The crops of some of a clip's frames, [n, 96, 96, 3]. */
  faces(index: number, frames: number[]): Promise<Uint8Array>;
}

/** Values by key, of which the least recently used go when they are more than `most` bytes together. */
function leastRecent<V>(most: number, bytesOf: (value: V) => number) {
  const held = new Map<number, V>();
  let bytes = 0;
  return async (key: number, make: () => Promise<V>): Promise<V> => {
    let value = held.get(key);
    if (value) held.delete(key); // put back below, as the most recently used
    else {
      value = await make();
      bytes += bytesOf(value);
    }
    held.set(key, value);
    for (const [oldest, old] of held) {
      if (bytes <= most || oldest === key) break;
      held.delete(oldest);
      bytes -= bytesOf(old);
    }
    return value;
  };
}

const clipBytes = (clip: Clip) => clip.faces.length + 4 * clip.mel.length + 2 * clip.sound.length;
const headBytes = (head: ClipHead) => 4 * head.mel.length + 9 * head.frames;
/** Decoded bytes of a frame with its mel columns and samples. */
const DECODED = FRAME_BYTES + 4 * MEL_BANDS * 3.2 + 2 * 640;
/** The share of the memory that is for the sound of clips whose pictures are read window by window. */
const HEADS = 0.5;

/** The frames of a clip in memory that are asked for. */
function pick(clip: Clip, frames: number[]): Uint8Array {
  const last = frames.length - 1;
  if (frames[last] - frames[0] === last && frames.every((frame, k) => frame === frames[0] + k)) {
    return clip.faces.subarray(frames[0] * FRAME_BYTES, (frames[last] + 1) * FRAME_BYTES);
  }
  const faces = new Uint8Array(frames.length * FRAME_BYTES);
  frames.forEach((frame, k) => faces.set(faceAt(clip, frame), k * FRAME_BYTES));
  return faces;
}

/**
 * Opens one split of a prepared folder; clips that its filters leave out are not in it. Where all clips fit into
 * `cacheMegabytes` each is decoded once and held. Otherwise only the frames and columns that are asked for are read,
 * and the memory stays below that, however many clips there are.
 * Throws KitError when the split is empty.
 */
export async function openDataset(
  folder: string,
  split: Split | "all",
  { cacheMegabytes = 1500 }: { cacheMegabytes?: number } = {},
): Promise<Dataset> {
  const rows = (await readKept(folder)).filter((row) => split === "all" || row.split === split);
  if (rows.length === 0) {
    throw new KitError(
      `${folder} has no clip in its ${split} split that its filters keep`,
      "Prepare more clips, give other shares with `prepare --split`, or other filters with `deno task filter`",
    );
  }
  const most = cacheMegabytes * 1e6;
  const fits = rows.reduce((sum, { frames }) => sum + frames, 0) * DECODED <= most;
  const clips = leastRecent<Clip>(fits ? most : (1 - HEADS) * most, clipBytes);
  const heads = leastRecent<ClipHead>(HEADS * most, headBytes);
  const clip = (index: number) => clips(index, () => loadClip(folder, rows[index]));
  const head = (index: number) => heads(index, () => readHead(folder, rows[index]));
  return {
    folder,
    rows,
    clip,
    head: fits ? clip : head,
    faces: fits
      ? async (index, frames) => pick(await clip(index), frames)
      : async (index, frames) => await readFaces(folder, await head(index), frames),
  };
}

/** Writes the mel window starting at a column as [80, 16] into `out`; what lies outside the sound is silence. */
export function melWindow(
  clip: { mel: Float32Array; columns: number },
  column: number,
  out: Float32Array,
): void {
  for (let band = 0; band < MEL_BANDS; band++) {
    for (let k = 0; k < MEL_WINDOW; k++) {
      const at = column + k;
      out[band * MEL_WINDOW + k] = at >= 0 && at < clip.columns ? clip.mel[at * MEL_BANDS + band] : SILENCE;
    }
  }
}

/** The mel window that the generator hears for a frame: 200 ms centred on the frame. */
export const generatorColumn = (frame: number): number => melStart(frame - 2);

/** Writes the lower halves of 5 frames as [48, 96, 15] in 0..1 into `out`, frame by frame on the channels. */
export function lowerFaces(clip: { faces: Uint8Array }, start: number, out: Float32Array): void {
  const half = FACE_SIZE / 2, pixels = half * FACE_SIZE, channels = 3 * SYNC_FRAMES;
  for (let f = 0; f < SYNC_FRAMES; f++) {
    let from = (start + f) * FRAME_BYTES + half * FACE_SIZE * 3;
    for (let p = 0, to = 3 * f; p < pixels; p++, to += channels, from += 3) {
      out[to] = clip.faces[from] / 255;
      out[to + 1] = clip.faces[from + 1] / 255;
      out[to + 2] = clip.faces[from + 2] / 255;
    }
  }
}

/** Pairs of sound and lips: mel [n, 80, 16, 1], faces [n, 48, 96, 15], labels [n] (1 in sync, 0 off). */
export interface SyncBatch {
  mel: Float32Array;
  faces: Float32Array;
  labels: Float32Array;
  size: number;
}

export interface SyncBatchOptions {
  size: number;
  minShift: number;
  voicedOnly: boolean;
}

const MEL_SIZE = MEL_BANDS * MEL_WINDOW;
const LOWER_SIZE = FACE_SIZE / 2 * FACE_SIZE * 3 * SYNC_FRAMES;

type Drawn = Pick<ClipHead, "voiced">;

/** How often a clip is drawn again for having no pair that fits, before the data set is blamed. */
const TRIES = 200;

/** A start frame of a clip and another one whose sound is off, both in `allowed`; undefined if there is none. */
function drawShift(clip: Drawn, random: Random, { minShift, voicedOnly }: SyncBatchOptions) {
  const starts = clip.voiced.flatMap((voiced, f) => voiced || !voicedOnly ? [f] : []);
  if (starts.length === 0) return undefined;
  const start = starts[random.below(starts.length)];
  const others = starts.filter((f) => Math.abs(f - start) >= Math.max(1, minShift));
  return others.length === 0 ? undefined : { start, other: others[random.below(others.length)] };
}

/**
 * Draws pairs, in sync and off sync in turns; the off-sync sound is another window of the same clip.
 * Throws KitError when the clips are too short or too silent for such a pair.
 */
export async function drawSyncBatch(
  dataset: Dataset,
  random: Random,
  options: SyncBatchOptions,
): Promise<SyncBatch> {
  const { size } = options;
  const batch = {
    mel: new Float32Array(size * MEL_SIZE),
    faces: new Float32Array(size * LOWER_SIZE),
    labels: new Float32Array(size),
    size,
  };
  for (let k = 0; k < size; k++) {
    const { index, head, start, other } = await drawFitting(dataset, random, options);
    batch.labels[k] = k % 2 === 0 ? 1 : 0;
    melWindow(
      head,
      melStart(k % 2 === 0 ? start : other),
      batch.mel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE),
    );
    const faces = await dataset.faces(index, windowFrames(start));
    lowerFaces({ faces }, 0, batch.faces.subarray(k * LOWER_SIZE, (k + 1) * LOWER_SIZE));
  }
  return batch;
}

/** The frames of the sync window that starts at a frame. */
const windowFrames = (start: number) => Array.from({ length: SYNC_FRAMES }, (_, f) => start + f);

async function drawFitting(dataset: Dataset, random: Random, options: SyncBatchOptions) {
  for (let tries = 0; tries < TRIES; tries++) {
    const index = random.below(dataset.rows.length), head = await dataset.head(index);
    const shift = drawShift(head, random, options);
    if (shift) return { index, head, ...shift };
  }
  throw new KitError(
    `${dataset.folder} has no clip with two windows of speech ${options.minShift} frames apart`,
    "Use longer clips, or lower minShift",
  );
}

/**
 * What the generator learns from: mel [n, 80, 16, 1], faces [n, 96, 96, 6] (masked pose, reference), target
 * [n, 96, 96, 3]. In windows, n = 5 x windows and `syncMel` [windows, 80, 16, 1] is the sound of each window.
 */
export interface GeneratorBatch {
  mel: Float32Array;
  faces: Float32Array;
  target: Float32Array;
  syncMel: Float32Array;
  size: number;
  windows: number;
}

/** One generator input: the pose frame with its lower half black, then the reference frame. */
export function generatorInput(pose: Uint8Array, reference: Uint8Array, out: Float32Array): void {
  const upper = FACE_SIZE / 2 * FACE_SIZE;
  for (let p = 0, from = 0, to = 0; p < FACE_SIZE * FACE_SIZE; p++, from += 3, to += 6) {
    for (let c = 0; c < 3; c++) {
      out[to + c] = p < upper ? pose[from + c] / 255 : 0;
      out[to + 3 + c] = reference[from + c] / 255;
    }
  }
}

const crop = (faces: Uint8Array, k: number) => faces.subarray(k * FRAME_BYTES, (k + 1) * FRAME_BYTES);

export const faceAt = (clip: Pick<Clip, "faces">, frame: number): Uint8Array => crop(clip.faces, frame);

/**
 * Draws frames for the generator: single ones, or windows of 5 that the discriminator can judge.
 * The reference is another frame of the clip; with probability `poseShift` so is the pose.
 */
export async function drawGeneratorBatch(
  dataset: Dataset,
  random: Random,
  { frames, windows, poseShift, voicedOnly, minShift }: {
    frames: number;
    windows: number;
    poseShift: number;
    voicedOnly: boolean;
    minShift: number;
  },
): Promise<GeneratorBatch> {
  const size = windows > 0 ? windows * SYNC_FRAMES : frames;
  const batch: GeneratorBatch = {
    mel: new Float32Array(size * MEL_SIZE),
    faces: new Float32Array(size * 2 * FRAME_BYTES),
    target: new Float32Array(size * FRAME_BYTES),
    syncMel: new Float32Array(windows * MEL_SIZE),
    size,
    windows,
  };
  /** Puts frames of one clip from place `k` of the batch on; the pose is each frame itself, or one other frame. */
  const put = async (
    { index, head, k }: { index: number; head: Pick<ClipHead, "mel" | "columns">; k: number },
    { frames, reference, shift }: { frames: number[]; reference: number; shift: number | null },
  ) => {
    const others = shift === null ? [reference] : [reference, shift];
    const [faces, rest] = [await dataset.faces(index, frames), await dataset.faces(index, others)];
    frames.forEach((frame, f) => {
      const at = k + f, face = crop(faces, f);
      melWindow(head, generatorColumn(frame), batch.mel.subarray(at * MEL_SIZE, (at + 1) * MEL_SIZE));
      generatorInput(
        shift === null ? face : crop(rest, 1),
        crop(rest, 0),
        batch.faces.subarray(at * 2 * FRAME_BYTES, (at + 1) * 2 * FRAME_BYTES),
      );
      const target = batch.target.subarray(at * FRAME_BYTES, (at + 1) * FRAME_BYTES);
      for (let p = 0; p < FRAME_BYTES; p++) target[p] = face[p] / 255;
    });
  };
  for (let k = 0; k < (windows > 0 ? windows : frames); k++) {
    if (windows === 0) {
      const index = random.below(dataset.rows.length), head = await dataset.head(index);
      const shift = random.next() < poseShift ? random.below(head.frames) : null;
      const frame = random.below(head.frames), reference = random.below(head.frames);
      await put({ index, head, k }, { frames: [frame], reference, shift });
      continue;
    }
    const { index, head, start } = await drawFitting(dataset, random, { size: 1, minShift, voicedOnly });
    const reference = random.below(head.frames);
    const shift = random.next() < poseShift ? random.below(head.frames) : null;
    await put({ index, head, k: k * SYNC_FRAMES }, { frames: windowFrames(start), reference, shift });
    melWindow(head, melStart(start), batch.syncMel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE));
  }
  return batch;
}
