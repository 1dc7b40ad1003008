/** What the networks learn from: batches sampled from clips. */
import { KitError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { FACE_BYTES, LOWER_SIZE, MEL_SIZE, SYNC_FRAMES } from "../base/shapes.ts";
import { melStart } from "../media/mel.ts";
import type { Clips } from "./clips.ts";
import type { PreparedClip } from "./prepared_clip.ts";
import { type Augmentation, faceChange, melChange, unchanged } from "./augment.ts";
import {
  closedFrame,
  generatorColumn,
  generatorInput,
  lowerFace,
  melWindow,
  wholeFace,
  windowFrames,
} from "./windows.ts";

/** How many clips are tried for a pair that fits, before the data set is blamed. */
const TRIES = 200;

/** The part of a packed array [n, size] that belongs to its element k. */
const element = (packed: Float32Array, k: number, size: number) => packed.subarray(k * size, (k + 1) * size);

/**
 * Windows, and the pairs of lips and sound between them. Windows lie clip by clip, as many of each: mel [n, 80, 16, 1],
 * faces [n, 48, 96, 15]. `labels` [n / windows, seen, heard] says of each pair within a clip whether it is in sync (1) or
 * off (0), `weights` of the same shape how much it counts; they sum to 1. With one window a clip the sound may be another
 * moment's.
 */
export interface SyncBatch {
  mel: Float32Array;
  faces: Float32Array;
  labels: Float32Array;
  weights: Float32Array;
  size: number;
  /** Windows a clip. */
  windows: number;
}

/** Which pairs may be sampled. */
export interface PairOptions {
  /** Frames between a video window and the audio of an off-sync pair, at least. */
  minShift: number;
  /** Leave out windows of silence, where sync cannot be told. */
  voicedOnly: boolean;
}

/**
 * How pairs are sampled: "within clips" takes several windows of each clip and all pairs between them, "one by one" takes
 * each pair from a clip of its own, in sync or off by the toss of a coin, as Wav2Lip's public code does.
 */
export type PairSampling = "within clips" | "one by one";

export interface SyncBatchOptions extends PairOptions {
  sampling?: PairSampling;
  clips: number;
  /** Windows a clip; sampled one by one there are clips x windows pairs. */
  windows: number;
  augmentation?: Augmentation;
}

/** The frames of a clip at which a window may start. */
const startsOf = ({ voiced }: PreparedClip, { voicedOnly }: PairOptions): number[] =>
  voiced.flatMap((speaks, f) => speaks || !voicedOnly ? [f] : []);

/** Start frames of a clip in random order, each at least `minShift` from the others; undefined if there are fewer. */
function sampleStarts(clip: PreparedClip, random: Random, options: PairOptions & { count: number }) {
  const minShift = Math.max(1, options.minShift), taken: number[] = [];
  for (const start of random.shuffle(startsOf(clip, options))) {
    if (taken.every((other) => Math.abs(other - start) >= minShift)) taken.push(start);
    if (taken.length === options.count) return taken;
  }
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

const COUNTS = ["no", "a", "two", "three", "four"];

/** A clip and start frames of some of its windows. Throws KitError when none of the clips tried has as many. */
async function sampleWindows(clips: Clips, random: Random, options: PairOptions & { count: number }) {
  for (let tries = 0; tries < TRIES; tries++) {
    const clip = await sampleClip(clips, random), starts = sampleStarts(clip, random, options);
    if (starts) return { clip, starts };
  }
  const { count, minShift } = options;
  throw new KitError(
    `${clips.folder} has no clip with ${COUNTS[count] ?? count} windows of speech ${minShift} frames apart`,
    `Use longer clips, or lower minShift${count > 2 ? " or the number of windows" : ""}`,
  );
}

/** All pairs of a clip's windows: those in sync lie on the diagonal, and both kinds weigh half. */
function pairsWithin({ clips, windows }: SyncBatchOptions) {
  const pairs = clips * windows ** 2, labels = new Float32Array(pairs), weights = new Float32Array(pairs);
  const inSync = clips * windows, offSync = pairs - inSync;
  for (let k = 0; k < pairs; k++) {
    labels[k] = Math.floor(k / windows) % windows === k % windows ? 1 : 0;
    weights[k] = labels[k] === 1 ? 0.5 / inSync : 0.5 / offSync;
  }
  return { labels, weights };
}

/**
 * Samples windows and the pairs between them. Within clips, whatever else there is to a face or a voice is in both kinds
 * of pairs alike and cancels out of the gradient, and n windows give n in-sync pairs and (windows - 1) n off-sync ones for
 * one pass through the encoders.
 * Throws KitError when the clips are too short or too silent for such windows.
 */
export async function sampleSyncBatch(
  clips: Clips,
  random: Random,
  options: SyncBatchOptions,
): Promise<SyncBatch> {
  const { sampling = "within clips", augmentation = unchanged } = options,
    within = sampling === "within clips";
  const size = options.clips * options.windows;
  const batch: SyncBatch = {
    mel: new Float32Array(size * MEL_SIZE),
    faces: new Float32Array(size * LOWER_SIZE),
    ...(within ? pairsWithin(options) : {
      labels: new Float32Array(size),
      weights: new Float32Array(size).fill(1 / size),
    }),
    size,
    windows: within ? options.windows : 1,
  };
  let filled = 0;
  const put = async (clip: PreparedClip, { seen, heard }: { seen: number; heard: number }) => {
    const mel = element(batch.mel, filled, MEL_SIZE), faces = element(batch.faces, filled, LOWER_SIZE);
    melWindow(clip, melStart(heard), mel);
    melChange(random, augmentation)(mel);
    const change = faceChange(random, augmentation);
    (await clip.faces(windowFrames(seen))).forEach((face, f) => lowerFace(change(face), f, faces));
    filled++;
  };
  while (filled < size) {
    const { clip, starts } = await sampleWindows(clips, random, {
      ...options,
      count: within ? options.windows : 2,
    });
    if (within) { for (const start of starts) await put(clip, { seen: start, heard: start }); }
    else {
      const inSync = random.uniform() < 0.5;
      batch.labels[filled] = inSync ? 1 : 0;
      await put(clip, { seen: starts[0], heard: starts[inSync ? 0 : 1] });
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

/**
 * Which frame of its clip the generator is shown as the reference: "any", as Wav2Lip samples it, or the most "closed"
 * mouth, which is what it is shown when it is used.
 */
export type ReferenceSampling = "any" | "closed";

export interface GeneratorBatchOptions extends PairOptions {
  /** Single frames to sample, where no windows are asked for. */
  frames: number;
  /** Windows of 5 frames to sample; 0 for single frames. */
  windows: number;
  /** Share of frames whose pose is another frame of the clip. */
  poseShift: number;
  /** The reference: any frame of the clip, by default, or the one whose mouth is the most closed. */
  reference?: ReferenceSampling;
  augmentation?: Augmentation;
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
 * The reference is another frame of the clip, or its most closed mouth; with probability `poseShift` the pose is another
 * frame too.
 */
export async function sampleGeneratorBatch(
  clips: Clips,
  random: Random,
  options: GeneratorBatchOptions,
): Promise<GeneratorBatch> {
  const { frames, windows, poseShift, minShift, offSync = false, augmentation = unchanged } = options;
  const sampleReference = (clip: PreparedClip) =>
    options.reference === "closed" ? closedFrame(clip) : random.below(clip.frames);
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
    const change = faceChange(random, augmentation), changeMel = melChange(random, augmentation);
    const crops = await clip.faces([reference, pose ?? reference, ...frames]);
    const [seen, posed, ...faces] = crops.map(change);
    faces.forEach((face, f) => {
      const mel = element(batch.mel, filled, MEL_SIZE);
      melWindow(clip, generatorColumn(frames[f]), mel);
      changeMel(mel);
      generatorInput(pose === null ? face : posed, seen, element(batch.faces, filled, 2 * FACE_BYTES));
      wholeFace(face, element(batch.target, filled, FACE_BYTES));
      if (offSync) {
        const other = sampleOther(clip, random, { frame: frames[f], minShift });
        const offMel = element(batch.offMel, filled, MEL_SIZE);
        melWindow(clip, generatorColumn(other), offMel);
        changeMel(offMel);
      }
      filled++;
    });
  };
  for (let k = 0; windows === 0 && k < frames; k++) {
    const clip = await sampleClip(clips, random), pose = samplePose(clip);
    await put({ clip, frames: [random.below(clip.frames)], reference: sampleReference(clip), pose });
  }
  for (let k = 0; k < windows; k++) {
    const { clip, starts: [start] } = await sampleWindows(clips, random, { ...options, count: 2 });
    melWindow(clip, melStart(start), element(batch.syncMel, k, MEL_SIZE));
    const reference = sampleReference(clip);
    await put({ clip, frames: windowFrames(start), reference, pose: samplePose(clip) });
  }
  return batch;
}
