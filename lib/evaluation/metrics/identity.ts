import { mean } from "../statistics/bootstrap.ts";

/** How alike two videos' faces are to a network of face recognition. */
export interface IdentitySimilarity {
  /** Mean Euclidean distance of the descriptors, frame by frame: below 0.6 the network takes them for one person. */
  distance: number;
  /** Mean cosine of the descriptors: 1 for equal ones; those of other people are rarely below 0.8. */
  cosine: number;
}

function compare(a: Float32Array, b: Float32Array): IdentitySimilarity {
  let squared = 0, dot = 0, aa = 0, bb = 0;
  for (let k = 0; k < a.length; k++) {
    squared += (a[k] - b[k]) ** 2;
    dot += a[k] * b[k];
    aa += a[k] * a[k];
    bb += b[k] * b[k];
  }
  return { distance: Math.sqrt(squared), cosine: dot / Math.sqrt(aa * bb) };
}

/**
 * Identity similarity of redrawn frames and the real frames they were drawn from, by face-api's descriptors, [n] of
 * [128] each (see `faceDescriptors`).
 *
 * Measures whether the person stays the person. Does not measure the mouth by itself: two thirds of the crop are copied,
 * so a bad mouth costs little, and a mouth that opens otherwise than the real one costs something though nothing is wrong
 * with it. Throws RangeError when the numbers of frames differ.
 */
export function identitySimilarity(generated: Float32Array[], real: Float32Array[]): IdentitySimilarity {
  if (generated.length !== real.length || real.length === 0) {
    throw new RangeError(`Descriptors of ${generated.length} frames do not go with those of ${real.length}`);
  }
  const pairs = generated.map((descriptor, k) => compare(descriptor, real[k]));
  return {
    distance: mean(pairs.map(({ distance }) => distance)),
    cosine: mean(pairs.map(({ cosine }) => cosine)),
  };
}
