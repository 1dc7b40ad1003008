import { FACE_SIZE } from "../../base/shapes.ts";
import { type FaceNetwork, faceNetwork } from "../../media/face_detector.ts";

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

/**
 * Descriptors of crops: [n] of [128]. A network that was trained to place images of one person near each other (below
 * 0.6) and of others farther away: the descriptor of dlib, in face-api's form.
 */
export const faceDescriptors = (crops: Uint8Array[]): Promise<Float32Array[]> =>
  apply("faceRecognitionNet", crops);
