import type { Clip } from "../../dataset/dataset.ts";
import { faceAt, windowsOf } from "../../dataset/windows.ts";
import { levelOf, SILENCE_DB } from "../../media/audio.ts";
import { closedFrame, type FaceGenerator, generateClip, withFaces } from "../../inference/generate.ts";
import { KitError } from "../../base/errors.ts";
import { FRAME_RATE, MOUTH_REGION } from "../../base/shapes.ts";
import { mouthOpening } from "../../media/landmarks.ts";
import { mean } from "../statistics/bootstrap.ts";
import { type ClipJudge, videoOf } from "../judges/clip_judge.ts";
import { faceDescriptors, landmarksOf } from "../judges/crop_networks.ts";
import { FACE_FEATURES, FEATURE_EVERY, type FeatureNetwork } from "../judges/feature_network.ts";
import { identitySimilarity } from "../metrics/identity.ts";
import { imageBatch, l1, partOf, psnr, sharpness, ssim } from "../metrics/image_quality.ts";
import { FEWEST_WINDOWS } from "../judges/judge.ts";
import { mouthLandmarkDistance } from "../metrics/landmark_distance.ts";
import { OFFSETS } from "../metrics/lse.ts";
import { correlation } from "../metrics/mouth_motion.ts";
import { NO_SCORES, type Scores } from "./score_row.ts";
import { landmarkJitter, mouthFlicker } from "../metrics/temporal_jitter.ts";

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

const facesOf = (clip: Clip): Uint8Array[] => Array.from({ length: clip.frames }, (_, t) => faceAt(clip, t));
const openingsOf = (landmarks: Float32Array[]): Float32Array =>
  Float32Array.from(landmarks, (points) => mouthOpening(points).gap);

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
export function unfit({ clip: { clip }, sound: { clip: sound } }: PairOfClips): string | undefined {
  const video = videoOf({ clip, audio: sound });
  const windows = windowsOf(video.frames, video.columns);
  if (windows < FEWEST_WINDOWS) {
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

/** The images that give features. */
const sampled = (faces: Uint8Array[]) => faces.filter((_, t) => t % FEATURE_EVERY === 0);

/** Mean sharpness of the mouth region of crops. */
const mouthSharpness = (faces: Uint8Array[]): number =>
  mean(sharpness(partOf(imageBatch(faces), MOUTH_REGION)));

/** Scores that need the redrawn video alone, and the real one to be read beside. */
function motionScores(
  faces: Uint8Array[],
  landmarks: Float32Array[],
  { clip, landmarks: realLandmarks }: RealClip,
): Partial<Scores> {
  const real = facesOf(clip).slice(0, faces.length);
  return {
    sharpness: mouthSharpness(faces),
    sharpness_real: mouthSharpness(real),
    jitter: landmarkJitter(landmarks),
    jitter_real: landmarkJitter(realLandmarks.slice(0, faces.length)),
    flicker: mouthFlicker(withFaces(clip, faces)),
    flicker_real: mouthFlicker(withFaces(clip, real)),
  };
}

/** Scores of frames redrawn to their own sound against the real ones. */
function fidelityScores(faces: Uint8Array[], landmarks: Float32Array[], real: RealClip): Partial<Scores> {
  const drawn = imageBatch(faces), shown = imageBatch(facesOf(real.clip).slice(0, faces.length));
  return {
    l1: mean(l1(drawn, shown)),
    mouth_l1: mean(l1(partOf(drawn, MOUTH_REGION), partOf(shown, MOUTH_REGION))),
    psnr: mean(psnr(drawn, shown)),
    ssim: mean(ssim(drawn, shown)),
    landmark_distance: mouthLandmarkDistance(landmarks, real.landmarks.slice(0, faces.length)),
  };
}

/** A course that does not move follows nothing: 0. */
const follows = (a: Float32Array, b: Float32Array): number => correlation(a, b) || 0;

/**
 * Does the sound move the mouth? The video is drawn from its most closed frame, repeated, to another clip's sound;
 * `still_own` is the correlation of the mouth's opening with that of the video the sound came from, `still_other` with
 * the video that the frame came from, of which the sound tells nothing, and `still_films` that of the two real videos.
 * What `stillPoseRows` measures, by landmarks on the crop, pair by pair.
 */
export async function stillPoseSync(
  generate: FaceGenerator,
  { clip, sound }: PairOfClips,
): Promise<Partial<Scores>> {
  const faces = generateClip(generate, clip.clip, { audio: sound.clip, still: closedFrame(clip.clip) });
  const drawn = openingsOf(await landmarksOf(faces));
  return {
    still_own: follows(drawn, sound.openings),
    still_other: follows(drawn, clip.openings),
    still_films: follows(sound.openings, clip.openings),
  };
}

/** What became of a pair. */
export interface ScoredPairOfClips {
  scores: Scores;
  frames: number;
  seconds: number;
  /** See `lse`, [31]; empty without scores. */
  distances: number[];
  /** Of every fifth image, for the Frechet distance. */
  features: Float32Array[];
  reason: string;
}

/** A pair without scores, and why. */
export const failedPair = (reason: string): ScoredPairOfClips => ({
  ...{ scores: NO_SCORES, frames: 0, seconds: 0, distances: [], features: [] },
  reason,
});

interface Tools {
  judge: ClipJudge;
  features: FeatureNetwork;
}

/** Sync and features of the real video, with its own or with another clip's sound. */
async function scoreReal({ clip, sound }: PairOfClips, { judge, features }: Tools) {
  const { distances: curve, lseD, lseC, offset } = await judge.score({ clip: clip.clip, audio: sound.clip });
  const distances = [...curve];
  const sync = { lse_d: lseD, lse_c: lseC, offset };
  if (clip !== sound) return { scores: sync, distances, features: [] };
  const faces = facesOf(clip.clip);
  return {
    scores: { ...sync, ...motionScores(faces, clip.landmarks, clip) },
    distances,
    features: features.name === FACE_FEATURES.name
      ? clip.descriptors
      : await features.features(sampled(faces)),
  };
}

/** All scores of a redrawn video. */
async function scoreGenerated(generate: FaceGenerator, pair: PairOfClips, { judge, features }: Tools) {
  const { clip, sound } = pair;
  const faces = generateClip(generate, clip.clip, { audio: sound.clip });
  const landmarks = await landmarksOf(faces);
  const { distances, lseD, lseC, offset } = await judge.score({ clip: clip.clip, audio: sound.clip, faces });
  const images = sampled(faces);
  const drawn = await faceDescriptors(images);
  const { distance, cosine } = identitySimilarity(drawn, clip.descriptors.slice(0, drawn.length));
  const isOwn = clip === sound;
  return {
    scores: {
      ...{ lse_d: lseD, lse_c: lseC, offset, identity_distance: distance, identity_cosine: cosine },
      ...motionScores(faces, landmarks, clip),
      ...(isOwn ? fidelityScores(faces, landmarks, clip) : await stillPoseSync(generate, pair)),
    },
    distances: [...distances],
    // Frechet distances are taken of dubbed videos.
    features: isOwn ? [] : features.name === FACE_FEATURES.name ? drawn : await features.features(images),
  };
}

/**
 * Scores one pair of clips, real (without `redraw`) or redrawn. What is wrong with the pair itself (too short, silent,
 * black, a video that is gone) comes back as a reason.
 */
export async function scorePair(
  pair: PairOfClips,
  { generate, ...tools }: Tools & { generate?: FaceGenerator },
): Promise<ScoredPairOfClips> {
  const reason = unfit(pair);
  if (reason) return failedPair(reason);
  try {
    const found = generate ? await scoreGenerated(generate, pair, tools) : await scoreReal(pair, tools);
    const { frames } = videoOf({ clip: pair.clip.clip, audio: pair.sound.clip });
    return {
      ...{ ...found, scores: { ...NO_SCORES, ...found.scores }, reason: "" },
      ...{ frames, seconds: frames / FRAME_RATE },
    };
  } catch (error) {
    if (error instanceof KitError) return failedPair(error.what);
    throw error;
  }
}
