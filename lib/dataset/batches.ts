/** What the networks learn from: batches sampled from clips. */
import { KitError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { FACE_BYTES, LOWER_SIZE, MEL_SIZE, SYNC_FRAMES } from "../base/shapes.ts";
import { melStart } from "../media/mel.ts";
import type { Clips } from "./clips.ts";
import type { PreparedClip } from "./prepared_clip.ts";
import { generatorColumn, generatorInput, lowerFace, melWindow, wholeFace, windowFrames } from "./windows.ts";

/** How many clips are tried for a pair that fits, before the data set is blamed. */
const TRIES = 200;

/** The part of a packed array [n, size] that belongs to its element k. */
const element = (packed: Float32Array, k: number, size: number) => packed.subarray(k * size, (k + 1) * size);

/** Pairs of audio and lips: mel [n, 80, 16, 1], faces [n, 48, 96, 15], labels [n] (1 in sync, 0 off). */
export interface SyncBatch {
  mel: Float32Array;
  faces: Float32Array;
  labels: Float32Array;
  size: number;
}

/** Which pairs may be sampled. */
export interface PairOptions {
  /** Frames between a video window and the audio of an off-sync pair, at least. */
  minShift: number;
  /** Leave out windows of silence, where sync cannot be told. */
  voicedOnly: boolean;
}

export interface SyncBatchOptions extends PairOptions {
  size: number;
}

/** A start frame of a clip and another one whose audio is off, both allowed; undefined if there is none. */
function sampleShift({ voiced }: PreparedClip, random: Random, { minShift, voicedOnly }: PairOptions) {
  const starts = voiced.flatMap((speaks, f) => speaks || !voicedOnly ? [f] : []);
  if (starts.length === 0) return undefined;
  const start = random.pick(starts);
  const others = starts.filter((f) => Math.abs(f - start) >= Math.max(1, minShift));
  return others.length === 0 ? undefined : { start, other: random.pick(others) };
}

/** Another frame of a clip, at least `minShift` away, or as far away as the clip allows. */
function sampleOther(
  { frames }: PreparedClip,
  random: Random,
  { frame, minShift }: { frame: number; minShift: number },
): number {
  const away = Math.min(Math.max(1, minShift), Math.max(frame, frames - 1 - frame));
  const earlier = Math.max(0, frame - away + 1), later = Math.max(0, frames - frame - away);
  const sampled = random.below(earlier + later);
  return sampled < earlier ? sampled : frame + away + sampled - earlier;
}

const sampleClip = (clips: Clips, random: Random): Promise<PreparedClip> =>
  clips.open(random.below(clips.places.length));

async function samplePair(clips: Clips, random: Random, options: PairOptions) {
  for (let tries = 0; tries < TRIES; tries++) {
    const clip = await sampleClip(clips, random), shift = sampleShift(clip, random, options);
    if (shift) return { clip, ...shift };
  }
  throw new KitError(
    `${clips.folder} has no clip with two windows of speech ${options.minShift} frames apart`,
    "Use longer clips, or lower minShift",
  );
}

/** Which of two windows is seen, and which is heard, in the four pairs of a group; who is seen again comes next. */
const GROUP = [[0, 0], [0, 1], [1, 1], [1, 0]];

/**
 * Samples pairs, in sync and off sync in turns, in groups of four: two windows of a clip, each with its own audio and
 * with the other's. Whatever else there is to a face or a voice is then in both kinds of pairs alike, and cancels out of
 * the gradient. With pairs sampled one by one some trainings stayed at chance for 1,000 steps.
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
    const { clip, start, other } = await samplePair(clips, random, options), windows = [start, other];
    for (const [k, [seen, heard]] of GROUP.slice(0, size - from).entries()) {
      batch.labels[from + k] = seen === heard ? 1 : 0;
      melWindow(clip, melStart(windows[heard]), element(batch.mel, from + k, MEL_SIZE));
      const out = element(batch.faces, from + k, LOWER_SIZE);
      if (k > 0 && GROUP[k - 1][0] === seen) {
        out.set(element(batch.faces, from + k - 1, LOWER_SIZE));
        continue;
      }
      const faces = await clip.faces(windowFrames(windows[seen]));
      faces.forEach((face, f) => lowerFace(face, f, out));
    }
  }
  return batch;
}

/**
 * What the generator learns from: mel [n, 80, 16, 1], faces [n, 96, 96, 6] (masked pose, reference), target
 * [n, 96, 96, 3]. In windows, n = 5 x windows and `syncMel` [windows, 80, 16, 1] is the audio of each window. `offMel`
 * [n, 80, 16, 1] is the audio of another moment of the clip, where it was asked for; empty otherwise.
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
  /** Single frames to sample, where no windows are asked for. */
  frames: number;
  /** Windows of 5 frames to sample; 0 for single frames. */
  windows: number;
  /** Share of frames whose pose is another frame of the clip. */
  poseShift: number;
  /** Sample audio of another moment for each frame too, at least `minShift` frames away. */
  offSync?: boolean;
}

/** What one window, or one single frame, is generated from: frames of one clip. */
interface FaceRequest {
  clip: PreparedClip;
  frames: number[];
  reference: number;
  /** The pose of all frames, where it is not their own. */
  pose: number | null;
}

/**
 * Samples frames for the generator: single ones, or windows of 5 that the discriminator can judge.
 * The reference is another frame of the clip; with probability `poseShift` so is the pose.
 */
export async function sampleGeneratorBatch(
  clips: Clips,
  random: Random,
  options: GeneratorBatchOptions,
): Promise<GeneratorBatch> {
  const { frames, windows, poseShift, minShift, offSync = false } = options;
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
      wholeFace(face, element(batch.target, filled, FACE_BYTES));
      if (offSync) {
        const other = sampleOther(clip, random, { frame: frames[f], minShift });
        melWindow(clip, generatorColumn(other), element(batch.offMel, filled, MEL_SIZE));
      }
      filled++;
    });
  };
  for (let k = 0; windows === 0 && k < frames; k++) {
    const clip = await sampleClip(clips, random), pose = samplePose(clip);
    await put({ clip, frames: [random.below(clip.frames)], reference: random.below(clip.frames), pose });
  }
  for (let k = 0; k < windows; k++) {
    const { clip, start } = await samplePair(clips, random, options);
    melWindow(clip, melStart(start), element(batch.syncMel, k, MEL_SIZE));
    const reference = random.below(clip.frames);
    await put({ clip, frames: windowFrames(start), reference, pose: samplePose(clip) });
  }
  return batch;
}
