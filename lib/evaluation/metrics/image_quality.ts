import { FACE_BYTES, FACE_SIZE } from "../../base/shapes.ts";
import { inBatches } from "../../inference/batches.ts";
import { type Tensor, type Tensor4D, tf } from "../../native/tf.ts";

// All scores below take RGB crops, bytes [96, 96, 3] each, as values in 0..1, and give one number a crop.

/** Side and spread of SSIM's Gaussian window, and its two constants for a range of 1 (Wang et al. 2004, section III). */
const WINDOW = 11, SIGMA = 1.5, C1 = 0.01 ** 2, C2 = 0.03 ** 2;
/** Weights of red, green and blue in a grey level (BT.601). */
const GREY = [0.299, 0.587, 0.114];
/** Crops scored at once, so that memory does not grow with their number. */
const BATCH = 32;
/** PSNR of equal images would be infinite and spoil every mean. */
const HIGHEST_PSNR = 100;

/** A part of a crop in pixels, such as the mouth. */
export interface Region {
  top: number;
  left: number;
  height: number;
  width: number;
}
const WHOLE: Region = { top: 0, left: 0, height: FACE_SIZE, width: FACE_SIZE };

/** A part of a crop: [96, 96, 3] -> [height, width, 3]. */
function partOf(crop: Uint8Array, { top, left, height, width }: Region): Uint8Array {
  const part = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * FACE_SIZE + left) * 3;
    part.set(crop.subarray(from, from + 3 * width), 3 * width * y);
  }
  return part;
}

/** Throws RangeError for sets of crops that do not go together. */
function checkCrops([first, ...others]: Uint8Array[][]): void {
  for (const { length } of others) {
    if (length !== first.length) throw new RangeError(`${length} crops do not go with ${first.length}`);
  }
  const odd = [first, ...others].flat().find(({ length }) => length !== FACE_BYTES);
  if (odd) throw new RangeError(`A crop has ${FACE_BYTES} bytes, not ${odd.length}`);
}

/** Scores crops, or pairs of them: tensors [batch, height, width, 3] in, [batch] out. */
function scored(sets: Uint8Array[][], region: Region, score: (...batch: Tensor4D[]) => Tensor): number[] {
  checkCrops(sets);
  const scores = inBatches([...sets[0].keys()], {
    size: BATCH,
    inputs: Object.fromEntries(sets.map((crops, name) => [name, {
      shape: [region.height, region.width, 3],
      write: (k, place) => partOf(crops[k], region).forEach((value, i) => place[i] = value / 255),
    }])),
    network: (batch) => ({ score: score(...Object.values(batch) as Tensor4D[]) }),
  });
  return Array.from(scores, ({ score }) => score[0]);
}

const perImage = (x: Tensor): Tensor => tf.mean(x, [1, 2, 3]);

/**
 * Mean absolute difference of values in 0..1, of RGB crops [96, 96, 3] or of a part of them: a, b [n] -> [n].
 * Measures how near the colours are, pixel by pixel. Does not measure sharpness (a blurred guess between two mouths
 * scores well) nor whether the mouth is the right one: it is a small part of the face, so take it of the mouth too. It
 * needs the real frames, so it says nothing of dubbing.
 */
export function l1(a: Uint8Array[], b: Uint8Array[], region: Region = WHOLE): number[] {
  checkCrops([a, b]);
  return a.map((crop, k) => {
    const one = partOf(crop, region), other = partOf(b[k], region);
    return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / (255 * one.length);
  });
}

/**
 * Peak signal to noise ratio in dB, -10 log10(mean square error) for a range of 1: a, b [n] of [96, 96, 3] -> [n], at most
 * 100 dB.
 * Measures the same as l1 with more weight on large errors. Does not measure what a viewer sees: a shift by one pixel
 * costs more than a blur. Needs the real frames as l1 does.
 */
export const psnr = (a: Uint8Array[], b: Uint8Array[]): number[] =>
  scored([a, b], WHOLE, (x, y) => perImage(tf.squaredDifference(x, y)))
    .map((error) => Math.min(HIGHEST_PSNR, -10 * Math.log10(error)));

/** One side of SSIM's window, summing to 1: the window is the product of two. */
function gaussian(): Float32Array {
  const weights = Float32Array.from(
    { length: WINDOW },
    (_, i) => Math.exp(-(((i - (WINDOW >> 1)) / SIGMA) ** 2) / 2),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Local weighted means of every channel, where the whole window fits: [n, h, w, c] -> [n, h - 10, w - 10, c]. */
function localMeans(x: Tensor4D): Tensor4D {
  const [n, h, w, c] = x.shape;
  const weights = gaussian();
  const planes = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [n * c, h, w, 1]) as Tensor4D;
  const down = tf.conv2d(planes, tf.tensor4d(weights, [WINDOW, 1, 1, 1]), 1, "valid");
  const across = tf.conv2d(down, tf.tensor4d(weights, [1, WINDOW, 1, 1]), 1, "valid");
  const [, height, width] = across.shape;
  return tf.transpose(tf.reshape(across, [n, c, height, width]), [0, 2, 3, 1]);
}

/**
 * Structural similarity (Wang et al. 2004, eq. 13) with an 11x11 Gaussian window of sigma 1.5, over the places where
 * the whole window fits, the mean over the three channels: a, b [n] of [96, 96, 3] -> [n], 1 for equal images.
 * Measures whether light, contrast and local pattern agree, so blur costs more than in l1. Does not measure identity,
 * sync or realism, and on a face crop most of it is skin and background that nobody redrew. Needs the real frames.
 */
export function ssim(a: Uint8Array[], b: Uint8Array[]): number[] {
  return scored([a, b], WHOLE, (x, y) => {
    const [meanX, meanY, xx, yy, xy] = tf.split(
      localMeans(tf.concat([x, y, tf.square(x), tf.square(y), tf.mul(x, y)], 3)),
      5,
      3,
    );
    const product = tf.mul(meanX, meanY), squares = tf.add(tf.square(meanX), tf.square(meanY));
    const light = tf.div(tf.add(tf.mul(2, product), C1), tf.add(squares, C1));
    const covariance = tf.sub(xy, product), variances = tf.sub(tf.add(xx, yy), squares);
    const structure = tf.div(tf.add(tf.mul(2, covariance), C2), tf.add(variances, C2));
    return perImage(tf.mul(light, structure));
  });
}

/**
 * Variance of the Laplacian (kernel 0 1 0, 1 -4 1, 0 1 0) of the grey levels 0..255, border left out: crops
 * [n] of [96, 96, 3], or a part of them -> [n].
 * Measures fine detail: a blurred mouth scores low. Does not tell detail from noise or from a hard seam, and depends on
 * what is shown (teeth, beard, size): compare only with the same face under the same light, as a share of the original.
 */
export function sharpness(crops: Uint8Array[], region: Region = WHOLE): number[] {
  return scored([crops], region, (x) => {
    const grey = tf.sum(tf.mul(x, tf.tensor1d(GREY.map((weight) => 255 * weight))), 3, true) as Tensor4D;
    const laplacian = tf.tensor4d([0, 1, 0, 1, -4, 1, 0, 1, 0], [3, 3, 1, 1]);
    const edges = tf.conv2d(grey, laplacian, 1, "valid");
    return perImage(tf.squaredDifference(edges, tf.mean(edges, [1, 2, 3], true)));
  });
}
