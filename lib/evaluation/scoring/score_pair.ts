import { mean } from "d3-array";
import { KitError } from "../../base/errors.ts";
import { FRAME_RATE, MOUTH_REGION } from "../../base/shapes.ts";
import { closedFrame, faceAt, windowsOf } from "../../dataset/windows.ts";
import { type Clip } from "../../dataset/dataset.ts";
import { type FaceGenerator, generateClip } from "../../inference/generate.ts";
import { levelOf, SILENCE_DB } from "../../media/audio.ts";
import { type ClipJudge, videoOf } from "../judges/clip_judge.ts";
import {
  FACE_FEATURES,
  faceDescriptors,
  FEATURE_EVERY,
  type FeatureNetwork,
  landmarksOf,
  openingsOf,
} from "../judges/face_networks.ts";
import {
  identitySimilarity,
  landmarkJitter,
  mouthFlicker,
  mouthLandmarkDistance,
} from "../metrics/face_scores.ts";
import { l1, psnr, sharpness, ssim } from "../metrics/image_quality.ts";
import { FEWEST_WINDOWS, OFFSETS } from "../metrics/lse.ts";
import type { Scores } from "../metrics/metrics.ts";
import { type StillPoseCourses, stillPoseSync } from "../metrics/still_pose.ts";
import { NO_SCORES } from "./score_row.ts";

/** All values of a video's crops within so many levels: it shows nothing. */
const FLAT_LEVELS = 12;

/** The crops of a clip, [frames] of [96, 96, 3]. */
export const facesOf = (clip: Clip): Uint8Array[] =>
  Array.from({ length: clip.frames }, (_, t) => faceAt(clip, t));

/** The images that give features. */
const sampled = (faces: Uint8Array[]) => faces.filter((_, t) => t % FEATURE_EVERY === 0);

/** What networks see in the crops of a video: landmarks of every frame, descriptors of those that give features. */
interface Measures {
  landmarks: Float32Array[];
  descriptors: Float32Array[];
}

const measure = async (faces: Uint8Array[]): Promise<Measures> => ({
  landmarks: await landmarksOf(faces),
  descriptors: await faceDescriptors(sampled(faces)),
});

/** A clip, and what is measured of its real frames once and used for every system. */
export interface RealClip extends Measures {
  clip: Clip;
}

/** Measures a real clip. */
export const realClip = async (clip: Clip): Promise<RealClip> => ({ clip, ...await measure(facesOf(clip)) });

/** What is scored: the video of one clip with the sound of another one, or of the same. */
export interface PairOfClips {
  clip: RealClip;
  sound: RealClip;
}

/** Why a pair cannot be scored: too short, silent, or nothing to be seen; undefined when it can. */
function unfit(video: Clip): string | undefined {
  if (windowsOf(video.frames, video.columns) < FEWEST_WINDOWS) {
    return `too short: ${video.frames} frames, ${FEWEST_WINDOWS + 4} are needed for ${OFFSETS} offsets`;
  }
  const level = levelOf(video.audio);
  if (level < SILENCE_DB) return `silent: the sound has ${level.toFixed(0)} dB of full scale`;
  let low = 255, high = 0;
  for (const value of video.faces) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (high - low < FLAT_LEVELS) return `nothing to be seen: all pixels are from ${low} to ${high}`;
}

/** Mean absolute difference of videos within the mouth region, 0..1. */
export const mouthL1 = (a: Uint8Array[], b: Uint8Array[]): number => mean(l1(a, b, MOUTH_REGION))!;

/** A redrawn or real video, and the real frames of its clip, as many as it has. */
interface Compared {
  faces: Uint8Array[];
  shown: Uint8Array[];
  /** What is measured of either. */
  seen: Measures;
  real: Measures;
}

/** Scores that need the video alone, and the real one to be read beside. */
const motionScores = ({ faces, shown, seen, real }: Compared): Partial<Scores> => ({
  sharpness: mean(sharpness(faces, MOUTH_REGION))!,
  sharpness_real: mean(sharpness(shown, MOUTH_REGION))!,
  jitter: landmarkJitter(seen.landmarks),
  jitter_real: landmarkJitter(real.landmarks.slice(0, faces.length)),
  flicker: mouthFlicker(faces),
  flicker_real: mouthFlicker(shown),
});

function identityScores({ seen, real }: Compared): Partial<Scores> {
  const { descriptors } = seen;
  const { distance, cosine } = identitySimilarity(descriptors, real.descriptors.slice(0, descriptors.length));
  return { identity_distance: distance, identity_cosine: cosine };
}

/** Scores of frames redrawn to their own sound against the real ones. */
const fidelityScores = ({ faces, shown, seen, real }: Compared): Partial<Scores> => ({
  l1: mean(l1(faces, shown))!,
  mouth_l1: mouthL1(faces, shown),
  psnr: mean(psnr(faces, shown))!,
  ssim: mean(ssim(faces, shown))!,
  landmark_distance: mouthLandmarkDistance(seen.landmarks, real.landmarks.slice(0, faces.length)),
});

function stillPoseScores(courses: StillPoseCourses): Partial<Scores> {
  const { own, other, films } = stillPoseSync(courses);
  return { still_own: own, still_other: other, still_films: films };
}

/** A video whose mouth nothing but the sound can move: a clip's most closed frame, repeated, redrawn to another's sound. */
export async function stillPoseVideo(
  generate: FaceGenerator,
  { clip, sound }: PairOfClips,
): Promise<{ faces: Uint8Array[]; courses: StillPoseCourses }> {
  const faces = generateClip(generate, clip.clip, { audio: sound.clip, still: closedFrame(clip.clip) });
  const [drawn, ...real] = [await landmarksOf(faces), sound.landmarks, clip.landmarks].map(openingsOf);
  return { faces, courses: { drawn, sound: real[0], pose: real[1] } };
}

/** What became of a pair of clips. */
export interface ScoredVideo {
  scores: Scores;
  frames: number;
  seconds: number;
  /** See `lse`, [31]; empty without scores. */
  distances: number[];
  /** Of every fifth image, for the Frechet distance. */
  features: Float32Array[];
  /** What was drawn: the redrawn frames, and the mouth openings of the still-pose test where there was one. */
  faces?: Uint8Array[];
  courses?: StillPoseCourses;
  /** Why there are no scores; empty when there are. */
  reason: string;
}

/** A video without scores, and why. */
export const failedVideo = (reason: string): ScoredVideo => ({
  ...{ scores: NO_SCORES, frames: 0, seconds: 0, distances: [], features: [] },
  reason,
});

/**
 * Scores the video of one pair of clips, real (without `generate`) or redrawn: all scores of tables, reports and notebooks
 * are made here. Features are those of real video with its own sound, and of dubbed video. What is wrong with the pair
 * itself (too short, silent, black, a video that is gone) comes back as a reason.
 */
export async function scorePair(
  pair: PairOfClips,
  { judge, features = FACE_FEATURES, generate }: {
    judge: ClipJudge;
    features?: FeatureNetwork;
    generate?: FaceGenerator;
  },
): Promise<ScoredVideo> {
  const { clip: { clip, ...real }, sound: { clip: audio } } = pair, isOwn = pair.clip === pair.sound;
  const video = videoOf({ clip, audio }), { frames } = video, reason = unfit(video);
  if (reason) return failedVideo(reason);
  try {
    const redrawn = generate && generateClip(generate, clip, { audio }), faces = redrawn ?? facesOf(clip);
    const { lseD, lseC, offset, distances } = await judge.score({ clip, audio, faces: redrawn });
    const shown = facesOf(clip).slice(0, faces.length);
    const compared = { faces, shown, real, seen: redrawn ? await measure(redrawn) : real };
    const still = generate && !isOwn ? await stillPoseVideo(generate, pair) : undefined;
    const hasFeatures = generate ? !isOwn : isOwn;
    return {
      scores: {
        ...{ ...NO_SCORES, lse_d: lseD, lse_c: lseC, offset },
        ...(generate || isOwn ? motionScores(compared) : {}),
        ...(generate ? identityScores(compared) : {}),
        ...(generate && isOwn ? fidelityScores(compared) : {}),
        ...(still ? stillPoseScores(still.courses) : {}),
      },
      features: !hasFeatures
        ? []
        : features === FACE_FEATURES
        ? compared.seen.descriptors
        : await features.features(sampled(faces)),
      ...{ frames, seconds: frames / FRAME_RATE, distances: [...distances], reason: "" },
      ...{ faces: redrawn, courses: still?.courses },
    };
  } catch (error) {
    if (error instanceof KitError) return failedVideo(error.what);
    throw error;
  }
}
