import { KitError } from "../base/errors.ts";
import { melStart } from "../media/mel.ts";
import type { Random } from "../base/random.ts";
import { FACE_BYTES, LOWER_SIZE, MEL_BANDS, MEL_SIZE, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import type { Clips } from "./clips.ts";
import { type PreparedClip } from "./prepared_clip.ts";

/** The mel scale's floor, which stands for what lies before and after the sound. */
const SILENCE = -4;
/** First byte of a face's lower half. */
const LOWER_BYTE = FACE_BYTES / 2;

/** A byte as a share of 255; looked up, since a batch asks for millions. */
const UNIT = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** How often a clip is drawn again for having no pair that fits, before the data set is blamed. */
const TRIES = 200;

/** The part of a packed array [n, size] that belongs to its element k. */
const element = (packed: Float32Array, k: number, size: number) => packed.subarray(k * size, (k + 1) * size);

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

/** Writes the lower half of a window's frame `f` into its place among the channels of `out` [48, 96, 15]. */
function lowerHalf(face: Uint8Array, f: number, out: Float32Array): void {
  const channels = 3 * SYNC_FRAMES;
  for (let from = LOWER_BYTE, to = 3 * f; from < FACE_BYTES; from += 3, to += channels) {
    out[to] = UNIT[face[from]];
    out[to + 1] = UNIT[face[from + 1]];
    out[to + 2] = UNIT[face[from + 2]];
  }
}

/** Writes the lower halves of 5 frames as [48, 96, 15] in 0..1 into `out`, frame by frame on the channels. */
export function lowerFaces(clip: { faces: Uint8Array }, start: number, out: Float32Array): void {
  for (let f = 0; f < SYNC_FRAMES; f++) lowerHalf(faceAt(clip, start + f), f, out);
}

/** The RGB crop [96, 96, 3] of one frame. */
export const faceAt = (clip: { faces: Uint8Array }, frame: number): Uint8Array =>
  clip.faces.subarray(frame * FACE_BYTES, (frame + 1) * FACE_BYTES);

/** Pairs of sound and lips: mel [n, 80, 16, 1], faces [n, 48, 96, 15], labels [n] (1 in sync, 0 off). */
export interface SyncBatch {
  mel: Float32Array;
  faces: Float32Array;
  labels: Float32Array;
  size: number;
}

/** Which pairs may be drawn. */
export interface PairOptions {
  /** Frames between a video window and the sound of an off-sync pair, at least. */
  minShift: number;
  /** Leave out windows of silence, where sync cannot be told. */
  voicedOnly: boolean;
}

export interface SyncBatchOptions extends PairOptions {
  size: number;
}

/** A start frame of a clip and another one whose sound is off, both allowed; undefined if there is none. */
function sampleShift({ voiced }: PreparedClip, random: Random, { minShift, voicedOnly }: PairOptions) {
  const starts = voiced.flatMap((speaks, f) => speaks || !voicedOnly ? [f] : []);
  if (starts.length === 0) return undefined;
  const start = starts[random.below(starts.length)];
  const others = starts.filter((f) => Math.abs(f - start) >= Math.max(1, minShift));
  return others.length === 0 ? undefined : { start, other: others[random.below(others.length)] };
}

/** Another frame of a clip, at least `minShift` away, or as far away as the clip allows. */
function sampleOther(
  { frames }: PreparedClip,
  random: Random,
  { frame, minShift }: { frame: number; minShift: number },
): number {
  const away = Math.min(Math.max(1, minShift), Math.max(frame, frames - 1 - frame));
  const earlier = Math.max(0, frame - away + 1), later = Math.max(0, frames - frame - away);
  const drawn = random.below(earlier + later);
  return drawn < earlier ? drawn : frame + away + drawn - earlier;
}

async function sampleFitting(clips: Clips, random: Random, options: PairOptions) {
  for (let tries = 0; tries < TRIES; tries++) {
    const clip = await clips.open(random.below(clips.places.length));
    const shift = sampleShift(clip, random, options);
    if (shift) return { clip, ...shift };
  }
  throw new KitError(
    `${clips.folder} has no clip with two windows of speech ${options.minShift} frames apart`,
    "Use longer clips, or lower minShift",
  );
}

/** The frames of a sync window. */
const windowFrames = (start: number) => Array.from({ length: SYNC_FRAMES }, (_, f) => start + f);

/** Which of two windows is seen, and which is heard, in the four pairs of a group; who is seen again comes next. */
const GROUP = [[0, 0], [0, 1], [1, 1], [1, 0]];

/**
 * Draws pairs, in sync and off sync in turns, in groups of four: two windows of a clip, each with its own sound and with
 * the other's. Whatever else there is to a face or a sound is then in both kinds of pairs alike, and cancels out of the
 * gradient. With pairs drawn one by one some trainings stayed at chance for 1,000 steps.
 * Throws KitError when the clips are too short or too silent for such a pair.
 */
export async function sampleSyncBatch(
  clips: Clips,
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
  for (let from = 0; from < size; from += GROUP.length) {
    const { clip, start, other } = await sampleFitting(clips, random, options), windows = [start, other];
    for (const [k, [seen, heard]] of GROUP.slice(0, size - from).entries()) {
      batch.labels[from + k] = seen === heard ? 1 : 0;
      melWindow(clip, melStart(windows[heard]), element(batch.mel, from + k, MEL_SIZE));
      const out = element(batch.faces, from + k, LOWER_SIZE);
      if (k > 0 && GROUP[k - 1][0] === seen) {
        out.set(element(batch.faces, from + k - 1, LOWER_SIZE));
        continue;
      }
      const faces = await clip.faces(windowFrames(windows[seen]));
      faces.forEach((face, f) => lowerHalf(face, f, out));
    }
  }
  return batch;
}

/**
 * What the generator learns from: mel [n, 80, 16, 1], faces [n, 96, 96, 6] (masked pose, reference), target
 * [n, 96, 96, 3]. In windows, n = 5 x windows and `syncMel` [windows, 80, 16, 1] is the sound of each window. `offMel`
 * [n, 80, 16, 1] is the sound of another moment of the clip, where it was asked for; empty otherwise.
 */
export interface GeneratorBatch {
  mel: Float32Array;
  faces: Float32Array;
  target: Float32Array;
  syncMel: Float32Array;
  offMel: Float32Array;
  size: number;
  windows: number;
}

export interface GeneratorBatchOptions extends PairOptions {
  /** Single frames to draw, where no windows are asked for. */
  frames: number;
  /** Windows of 5 frames to draw; 0 for single frames. */
  windows: number;
  /** Share of frames whose pose is another frame of the clip. */
  poseShift: number;
  /** Draw sound of another moment for each frame too, at least `minShift` frames away. */
  offSync?: boolean;
}

/** One generator input: the pose frame with its lower half black, then the reference frame. */
export function generatorInput(pose: Uint8Array, reference: Uint8Array, out: Float32Array): void {
  for (let from = 0, to = 0; from < FACE_BYTES; from += 3, to += 6) {
    const seen = from < LOWER_BYTE;
    out[to] = seen ? UNIT[pose[from]] : 0;
    out[to + 1] = seen ? UNIT[pose[from + 1]] : 0;
    out[to + 2] = seen ? UNIT[pose[from + 2]] : 0;
    out[to + 3] = UNIT[reference[from]];
    out[to + 4] = UNIT[reference[from + 1]];
    out[to + 5] = UNIT[reference[from + 2]];
  }
}

/** What one window, or one single frame, is redrawn from: frames of one clip. */
interface FaceRequest {
  clip: PreparedClip;
  frames: number[];
  reference: number;
  /** The pose of all frames, where it is not their own. */
  pose: number | null;
}

/**
 * Draws frames for the generator: single ones, or windows of 5 that the discriminator can judge.
 * The reference is another frame of the clip; with probability `poseShift` so is the pose.
 */
export async function sampleGeneratorBatch(
  clips: Clips,
  random: Random,
  options: GeneratorBatchOptions,
): Promise<GeneratorBatch> {
  const { frames, windows, poseShift, offSync = false } = options;
  const size = windows > 0 ? windows * SYNC_FRAMES : frames;
  const batch: GeneratorBatch = {
    mel: new Float32Array(size * MEL_SIZE),
    faces: new Float32Array(size * 2 * FACE_BYTES),
    target: new Float32Array(size * FACE_BYTES),
    syncMel: new Float32Array(windows * MEL_SIZE),
    offMel: new Float32Array(offSync ? size * MEL_SIZE : 0),
    size,
    windows,
  };
  const samplePose = (clip: PreparedClip) => random.uniform() < poseShift ? random.below(clip.frames) : null;
  let filled = 0;
  const put = async ({ clip, frames, reference, pose }: FaceRequest) => {
    const [seen, posed, ...faces] = await clip.faces([reference, pose ?? reference, ...frames]);
    faces.forEach((face, f) => {
      melWindow(clip, generatorColumn(frames[f]), element(batch.mel, filled, MEL_SIZE));
      generatorInput(pose === null ? face : posed, seen, element(batch.faces, filled, 2 * FACE_BYTES));
      const target = element(batch.target, filled, FACE_BYTES);
      for (let p = 0; p < FACE_BYTES; p++) target[p] = UNIT[face[p]];
      if (offSync) {
        const other = sampleOther(clip, random, { frame: frames[f], minShift: options.minShift });
        melWindow(clip, generatorColumn(other), element(batch.offMel, filled, MEL_SIZE));
      }
      filled++;
    });
  };
  for (let k = 0; windows === 0 && k < frames; k++) {
    const clip = await clips.open(random.below(clips.places.length));
    const pose = samplePose(clip);
    await put({ clip, frames: [random.below(clip.frames)], reference: random.below(clip.frames), pose });
  }
  for (let k = 0; k < windows; k++) {
    const { clip, start } = await sampleFitting(clips, random, options);
    melWindow(clip, melStart(start), element(batch.syncMel, k, MEL_SIZE));
    await put({
      clip,
      frames: windowFrames(start),
      reference: random.below(clip.frames),
      pose: samplePose(clip),
    });
  }
  return batch;
}
