import { mean } from "d3-array";
import { KitError } from "../../base/errors.ts";
import { FRAME_RATE, MOUTH_REGION } from "../../base/shapes.ts";
import { faceAt, windowsOf } from "../../dataset/windows.ts";
import { type Clip } from "../../dataset/dataset.ts";
import { closedFrame, type FaceGenerator, generateClip } from "../../inference/generate.ts";
import { levelOf, SILENCE_DB } from "../../media/audio.ts";
import { type ClipJudge, videoOf } from "../judges/clip_judge.ts";
import {
  FACE_FEATURES,
  faceDescriptors,
  FEATURE_EVERY,
  type FeatureNetwork,
  landmarksOf,
  mouthOpenings,
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

/** What is measured of a real clip once and used for every system. */
export interface RealClip {
  clip: Clip;
  landmarks: Float32Array[];
  /** Inner-lip gap by frame. */
  openings: Float32Array;
  /** Face descriptors of the images that give features. */
  descriptors: Float32Array[];
}

/** The crops of a clip, [frames] of [96, 96, 3]. */
export const facesOf = (clip: Clip): Uint8Array[] =>
  Array.from({ length: clip.frames }, (_, t) => faceAt(clip, t));

/** The images that give features. */
const sampled = (faces: Uint8Array[]) => faces.filter((_, t) => t % FEATURE_EVERY === 0);

/** Measures a real clip. */
export async function realClip(clip: Clip): Promise<RealClip> {
  const faces = facesOf(clip), landmarks = await landmarksOf(faces);
  const descriptors = await faceDescriptors(sampled(faces));
  return { clip, landmarks, openings: openingsOf(landmarks), descriptors };
}

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

/** Scores that need the redrawn video alone, and the real one to be read beside. */
function motionScores(faces: Uint8Array[], landmarks: Float32Array[], real: RealClip): Partial<Scores> {
  const shown = facesOf(real.clip).slice(0, faces.length);
  return {
    sharpness: mean(sharpness(faces, MOUTH_REGION))!,
    sharpness_real: mean(sharpness(shown, MOUTH_REGION))!,
    jitter: landmarkJitter(landmarks),
    jitter_real: landmarkJitter(real.landmarks.slice(0, faces.length)),
    flicker: mouthFlicker(faces),
    flicker_real: mouthFlicker(shown),
  };
}

/** Scores of frames redrawn to their own sound against the real ones. */
function fidelityScores(faces: Uint8Array[], landmarks: Float32Array[], real: RealClip): Partial<Scores> {
  const shown = facesOf(real.clip).slice(0, faces.length);
  return {
    l1: mean(l1(faces, shown))!,
    mouth_l1: mouthL1(faces, shown),
    psnr: mean(psnr(faces, shown))!,
    ssim: mean(ssim(faces, shown))!,
    landmark_distance: mouthLandmarkDistance(landmarks, real.landmarks.slice(0, faces.length)),
  };
}

/** A video whose mouth nothing but the sound can move: a clip's most closed frame, repeated, redrawn to another's sound. */
export async function stillPoseVideo(
  generate: FaceGenerator,
  { clip, sound }: PairOfClips,
): Promise<{ faces: Uint8Array[]; courses: StillPoseCourses }> {
  const faces = generateClip(generate, clip.clip, { audio: sound.clip, still: closedFrame(clip.clip) });
  const drawn = await mouthOpenings(faces);
  return { faces, courses: { drawn, sound: sound.openings, pose: clip.openings } };
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

/** What videos are scored by; without a generator the real video is. */
interface Tools {
  judge: ClipJudge;
  features?: FeatureNetwork;
  generate?: FaceGenerator;
}

type Found = Pick<ScoredVideo, "features" | "faces" | "courses"> & { scores: Partial<Scores> };

/** Scores of the real video beside sync, and features, both of its own sound alone. */
async function scoreReal({ clip, sound }: PairOfClips, features: FeatureNetwork): Promise<Found> {
  if (clip !== sound) return { scores: {}, features: [] };
  const faces = facesOf(clip.clip);
  return {
    scores: motionScores(faces, clip.landmarks, clip),
    features: features === FACE_FEATURES ? clip.descriptors : await features.features(sampled(faces)),
  };
}

/** Scores of a redrawn video beside sync, and features of a dubbed one, of which Frechet distances are taken. */
async function scoreGenerated(
  faces: Uint8Array[],
  pair: PairOfClips,
  { generate, features }: { generate: FaceGenerator; features: FeatureNetwork },
): Promise<Found> {
  const { clip, sound } = pair, images = sampled(faces);
  const landmarks = await landmarksOf(faces), descriptors = await faceDescriptors(images);
  const { distance, cosine } = identitySimilarity(descriptors, clip.descriptors.slice(0, descriptors.length));
  const scores = {
    ...{ identity_distance: distance, identity_cosine: cosine },
    ...motionScores(faces, landmarks, clip),
  };
  if (clip === sound) {
    return { scores: { ...scores, ...fidelityScores(faces, landmarks, clip) }, features: [], faces };
  }
  const { courses } = await stillPoseVideo(generate, pair), { own, other, films } = stillPoseSync(courses);
  return {
    scores: { ...scores, still_own: own, still_other: other, still_films: films },
    features: features === FACE_FEATURES ? descriptors : await features.features(images),
    ...{ faces, courses },
  };
}

/**
 * Scores the video of one pair of clips, real (without `generate`) or redrawn: all scores of tables, reports and notebooks
 * are made here. What is wrong with the pair itself (too short, silent, black, a video that is gone) comes back as a
 * reason.
 */
export async function scorePair(
  pair: PairOfClips,
  { judge, features = FACE_FEATURES, generate }: Tools,
): Promise<ScoredVideo> {
  const { clip: { clip }, sound: { clip: audio } } = pair, video = videoOf({ clip, audio });
  const reason = unfit(video);
  if (reason) return failedVideo(reason);
  try {
    const faces = generate && generateClip(generate, clip, { audio });
    const { lseD, lseC, offset, distances } = await judge.score({ clip, audio, faces });
    const found = generate && faces
      ? await scoreGenerated(faces, pair, { generate, features })
      : await scoreReal(pair, features);
    return {
      ...found,
      scores: { ...NO_SCORES, lse_d: lseD, lse_c: lseC, offset, ...found.scores },
      distances: [...distances],
      ...{ frames: video.frames, seconds: video.frames / FRAME_RATE, reason: "" },
    };
  } catch (error) {
    if (error instanceof KitError) return failedVideo(error.what);
    throw error;
  }
}
