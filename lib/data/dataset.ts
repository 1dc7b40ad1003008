import { join } from "node:path";
import { KitError } from "../errors.ts";
import { FACE_SIZE } from "../media/face.ts";
import { MEL_BANDS, MEL_WINDOW, melStart } from "../media/mel.ts";
import type { Random } from "../nn/params.ts";
import { tf } from "../tf.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { type ManifestRow, readKept, type Split } from "./manifest.ts";
import { spanAt } from "./offset.ts";

/** Frames a sync window. */
export const SYNC_FRAMES = 5;
/** Bytes of one RGB face crop. */
export const FRAME_BYTES = FACE_SIZE * FACE_SIZE * 3;
/** Where the mouth lies in a crop of 96 x 96 pixels: lips, and the skin that moves with them. */
export const MOUTH_REGION = { top: 50, left: 26, height: 30, width: 44 };
/** The mel scale's floor, which stands for what lies before and after the sound. */
const SILENCE = -4;
/** A window whose mel values lie below this on the average has nobody speaking in it. */
const VOICED = -2.9;

/** A prepared clip in memory. */
export interface Clip {
  row: ManifestRow;
  frames: number;
  /** RGB crops, [frames, 96, 96, 3] bytes. */
  faces: Uint8Array;
  /** [columns, 80] on the +-4 scale. */
  mel: Float32Array;
  columns: number;
  /** 16 kHz mono. */
  sound: Int16Array;
  /** Inner-lip gap and mouth width by frame, [frames, 2], as shares of the face's height. */
  mouth: Float32Array;
  /** Whether a sync window starting at each frame holds speech. */
  voiced: boolean[];
}

/** The clips of one split, loaded when they are asked for and kept while they fit. */
export interface Dataset {
  folder: string;
  rows: ManifestRow[];
  clip(index: number): Promise<Clip>;
}

/** Reads one prepared clip, its offset taken out. Throws KitError when its file is damaged. */
export async function loadClip(folder: string, row: ManifestRow): Promise<Clip> {
  const file = await openSafetensors(join(folder, row.path));
  try {
    const jpegs = await file.read("frames"), all = await file.readF32("mel");
    const offsets = new BigInt64Array((await file.read("frame_offsets")).slice().buffer);
    const span = spanAt(row.offset, { frames: offsets.length - 1, columns: all.length / MEL_BANDS });
    const { frames, columns, firstFrame, firstColumn, firstSample, samples } = span;
    const faces = new Uint8Array(frames * FRAME_BYTES);
    for (let k = 0; k < frames; k++) {
      const [from, to] = [offsets[firstFrame + k], offsets[firstFrame + k + 1]].map(Number);
      const image = tf.node.decodeJpeg(jpegs.subarray(from, to), 3);
      faces.set(image.dataSync() as unknown as Uint8Array, k * FRAME_BYTES);
      image.dispose();
    }
    const mel = all.slice(firstColumn * MEL_BANDS, (firstColumn + columns) * MEL_BANDS);
    const sound = new Int16Array(
      (await file.read("sound")).slice(2 * firstSample, 2 * (firstSample + samples)).buffer,
    );
    const mouth = (await file.readF32("mouth")).slice(2 * firstFrame, 2 * (firstFrame + frames));
    const windows = windowsOf(frames, columns);
    const voiced = Array.from({ length: windows }, (_, f) => loudness(mel, f) > VOICED);
    return { row, frames, faces, mel, columns, sound, mouth, voiced };
  } finally {
    file.close();
  }
}

/** Start frames at which both 5 frames and 16 mel columns remain. */
export const windowsOf = (frames: number, columns: number): number => {
  let windows = Math.max(0, frames - SYNC_FRAMES + 1);
  while (windows > 0 && melStart(windows - 1) + MEL_WINDOW > columns) windows--;
  return windows;
};

function loudness(mel: Float32Array, frame: number): number {
  const from = melStart(frame) * MEL_BANDS, to = from + MEL_WINDOW * MEL_BANDS;
  let sum = 0;
  for (let k = from; k < to; k++) sum += mel[k];
  return sum / (MEL_WINDOW * MEL_BANDS);
}

/**
 * Opens one split of a prepared folder. Clips are decoded on first use and the least recently used ones are
 * dropped above `cacheMegabytes`. Throws KitError when the split is empty.
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
  const held = new Map<number, Clip>();
  let bytes = 0;
  const sizeOf = (clip: Clip) => clip.faces.length + 4 * clip.mel.length + 2 * clip.sound.length;
  return {
    folder,
    rows,
    async clip(index) {
      let clip = held.get(index);
      if (clip) held.delete(index); // put back below, as the most recently used
      else {
        clip = await loadClip(folder, rows[index]);
        bytes += sizeOf(clip);
      }
      held.set(index, clip);
      for (const [oldest, old] of held) {
        if (bytes <= cacheMegabytes * 1e6 || oldest === index) break;
        held.delete(oldest);
        bytes -= sizeOf(old);
      }
      return clip;
    },
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

/** How often a clip is drawn again for having no pair that fits, before the data set is blamed. */
const TRIES = 200;

/** A start frame of a clip and another one whose sound is off, both in `allowed`; undefined if there is none. */
function drawShift(clip: Clip, random: Random, { minShift, voicedOnly }: SyncBatchOptions) {
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
    const { clip, start, other } = await drawFitting(dataset, random, options);
    batch.labels[k] = k % 2 === 0 ? 1 : 0;
    melWindow(
      clip,
      melStart(k % 2 === 0 ? start : other),
      batch.mel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE),
    );
    lowerFaces(clip, start, batch.faces.subarray(k * LOWER_SIZE, (k + 1) * LOWER_SIZE));
  }
  return batch;
}

async function drawFitting(dataset: Dataset, random: Random, options: SyncBatchOptions) {
  for (let tries = 0; tries < TRIES; tries++) {
    const clip = await dataset.clip(random.below(dataset.rows.length));
    const shift = drawShift(clip, random, options);
    if (shift) return { clip, ...shift };
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

export const faceAt = (clip: Clip, frame: number): Uint8Array =>
  clip.faces.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES);

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
  const put = (clip: Clip, k: number, frame: number, reference: number, shift: number | null) => {
    melWindow(clip, generatorColumn(frame), batch.mel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE));
    generatorInput(
      faceAt(clip, shift ?? frame),
      faceAt(clip, reference),
      batch.faces.subarray(k * 2 * FRAME_BYTES, (k + 1) * 2 * FRAME_BYTES),
    );
    const face = faceAt(clip, frame), target = batch.target.subarray(k * FRAME_BYTES, (k + 1) * FRAME_BYTES);
    for (let p = 0; p < FRAME_BYTES; p++) target[p] = face[p] / 255;
  };
  for (let k = 0; k < (windows > 0 ? windows : frames); k++) {
    if (windows === 0) {
      const clip = await dataset.clip(random.below(dataset.rows.length));
      const shift = random.next() < poseShift ? random.below(clip.frames) : null;
      put(clip, k, random.below(clip.frames), random.below(clip.frames), shift);
      continue;
    }
    const { clip, start } = await drawFitting(dataset, random, { size: 1, minShift, voicedOnly });
    const reference = random.below(clip.frames);
    const shift = random.next() < poseShift ? random.below(clip.frames) : null;
    for (let f = 0; f < SYNC_FRAMES; f++) put(clip, k * SYNC_FRAMES + f, start + f, reference, shift);
    melWindow(clip, melStart(start), batch.syncMel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE));
  }
  return batch;
}
