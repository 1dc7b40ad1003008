import { FACE_SIZE } from "../../base/shapes.ts";
import { type FaceNetwork, faceNetwork } from "../../media/face_detector.ts";
import { mouthOpening } from "../../media/landmarks.ts";

/** Crops a forward pass. */
const BATCH = 16;

/** What a network of face-api says of each RGB crop [96, 96, 3], batch by batch: [n] of its numbers. */
async function apply(name: FaceNetwork, crops: Uint8Array[]): Promise<Float32Array[]> {
  const network = await faceNetwork(name);
  const all: Float32Array[] = [];
  for (let from = 0; from < crops.length; from += BATCH) {
    const out = network(crops.slice(from, from + BATCH)), [count, size] = out.shape;
    const values = out.dataSync() as Float32Array;
    out.dispose();
    for (let k = 0; k < count; k++) all.push(values.slice(k * size, (k + 1) * size));
  }
  return all;
}

/**
 * The 68 landmarks of crops known to be faces, without looking for a face in them: [n] of [136], x and y in pixels of
 * the crop. What `cropLandmarks` finds one by one.
 */
export async function landmarksOf(crops: Uint8Array[]): Promise<Float32Array[]> {
  const shares = await apply("faceLandmark68Net", crops);
  return shares.map((points) => points.map((share) => FACE_SIZE * share));
}

/** How far the mouth is open by landmarks, [n] of [136]: the gap of the inner lips over the face's height -> [n]. */
export const openingsOf = (landmarks: Float32Array[]): Float32Array =>
  Float32Array.from(landmarks, (points) => mouthOpening(points).gap);

/**
 * How far the mouth is open in each RGB crop [96, 96, 3], as a share of the face's height -> [n].
 * Measures how the opening moves over time. Does not measure the lips' shape (rounding, biting) nor what is between
 * them, and has the landmarks' own noise: compare with the real video.
 */
export const mouthOpenings = async (crops: Uint8Array[]): Promise<Float32Array> =>
  openingsOf(await landmarksOf(crops));

/**
 * Descriptors of crops: [n] of [128]. A network that was trained to place images of one person near each other (below
 * 0.6) and of others farther away: the descriptor of dlib, in face-api's form.
 */
export const faceDescriptors = (crops: Uint8Array[]): Promise<Float32Array[]> =>
  apply("faceRecognitionNet", crops);

/** The network whose features the Frechet distance compares. */
export interface FeatureNetwork {
  /** Name in tables; "FID" only of pytorch-fid's Inception. */
  name: string;
  /** Features of RGB crops [96, 96, 3]: [n] of [d]. */
  features(crops: Uint8Array[]): Promise<Float32Array[]>;
}

/** Every so many frames one gives features: images side by side in time are nearly the same. */
export const FEATURE_EVERY = 5;

/**
 * The default: face-api's descriptor network, which ships with the kit, is the same for everybody and was trained by
 * nobody who is compared. On 427 crops of the embedded corpus its distance rises with blur of the mouth: 0.04, 0.25 and
 * 0.67 of the features' variance at 1, 2 and 4 pixels, where two samples of the real frames are 0.01 apart, and another
 * person's mouth costs 0.29. It was made to know people: it sees less of the mouth than of the face, and its figures are
 * no FID.
 */
export const FACE_FEATURES: FeatureNetwork = {
  name: "face descriptors (face-api, 128 numbers) of 96x96 crops",
  features: faceDescriptors,
};
