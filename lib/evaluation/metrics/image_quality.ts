import { FACE_SIZE } from "../../base/shapes.ts";
import { type Tensor, type Tensor4D, tf } from "../../native/tf.ts";

/**
 * Images of one size in 0..1, [n, h, w, 3] row-major, such as face crops [n, 96, 96, 3]. All scores below are one
 * number an image.
 */
export interface ImageBatch {
  values: Float32Array;
  n: number;
  h: number;
  w: number;
}

/** Side and spread of SSIM's Gaussian window, and its two constants for a range of 1 (Wang et al. 2004, section III). */
const WINDOW = 11, SIGMA = 1.5, C1 = 0.01 ** 2, C2 = 0.03 ** 2;
/** Weights of red, green and blue in a grey level (BT.601). */
const GREY = [0.299, 0.587, 0.114];
/** Images scored at once, so that memory does not grow with their number. */
const BATCH = 32;
/** PSNR of equal images would be infinite and spoil every mean. */
const HIGHEST_PSNR = 100;

/** RGB crops of one size, bytes [h, w, 3] each, as images in 0..1. */
export function imageBatch(crops: Uint8Array[], { h = FACE_SIZE, w = FACE_SIZE } = {}): ImageBatch {
  const size = h * w * 3, values = new Float32Array(crops.length * size);
  crops.forEach((crop, k) => {
    if (crop.length !== size) {
      throw new RangeError(`A crop of ${w}x${h} has ${size} bytes, not ${crop.length}`);
    }
    for (let i = 0; i < size; i++) values[k * size + i] = crop[i] / 255;
  });
  return { values, n: crops.length, h, w };
}

/** A part of the image in pixels. */
export interface Region {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** The same part of every image, such as the mouth of face crops: [n, h, w, 3] -> [n, height, width, 3]. */
export function partOf({ values, n, h, w }: ImageBatch, { top, left, height, width }: Region): ImageBatch {
  const part = new Float32Array(n * height * width * 3);
  for (let k = 0, to = 0; k < n; k++) {
    for (let y = top; y < top + height; y++, to += 3 * width) {
      const from = ((k * h + y) * w + left) * 3;
      part.set(values.subarray(from, from + 3 * width), to);
    }
  }
  return { values: part, n, h: height, w: width };
}

/** Scores images, or pairs of them, batch by batch: tensors [batch, h, w, 3] in, [batch] out. */
function scoring(
  inputs: ImageBatch[],
  score: (...batch: Tensor4D[]) => Tensor,
): Float32Array {
  const [{ n, h, w }] = inputs;
  for (const other of inputs) {
    if (other.n !== n || other.h !== h || other.w !== w) {
      throw new RangeError(`${other.n} pictures of ${other.w}x${other.h} do not go with ${n} of ${w}x${h}`);
    }
  }
  const scores = new Float32Array(n), size = h * w * 3;
  for (let from = 0; from < n; from += BATCH) {
    const to = Math.min(n, from + BATCH);
    tf.tidy(() => {
      const batch = inputs.map(({ values }) =>
        tf.tensor4d(values.subarray(from * size, to * size), [to - from, h, w, 3])
      );
      scores.set(score(...batch).dataSync(), from);
    });
  }
  return scores;
}

const perImage = (x: Tensor): Tensor => tf.mean(x, [1, 2, 3]);

/**
 * Mean absolute difference of values in 0..1: a, b [n, h, w, 3] -> [n].
 * Measures how near the colours are, pixel by pixel. Does not measure sharpness (a blurred guess between two mouths
 * scores well) nor whether the mouth is the right one: it is a small part of the face, so take it of the mouth too. It
 * needs the real frames, so it says nothing of dubbing.
 */
export function l1(a: ImageBatch, b: ImageBatch): Float32Array {
  return scoring([a, b], (x, y) => perImage(tf.abs(tf.sub(x, y))));
}

/**
 * Peak signal to noise ratio in dB, -10 log10(mean square error) for a range of 1: a, b [n, h, w, 3] -> [n], at most
 * 100 dB.
 * Measures the same as l1 with more weight on large errors. Does not measure what a viewer sees: a shift by one pixel
 * costs more than a blur. Needs the real frames as l1 does.
 */
export function psnr(a: ImageBatch, b: ImageBatch): Float32Array {
  return scoring([a, b], (x, y) => perImage(tf.squaredDifference(x, y)))
    .map((error) => Math.min(HIGHEST_PSNR, -10 * Math.log10(error)));
}

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
 * the whole window fits, the mean over the three channels: a, b [n, h, w, 3] -> [n], 1 for equal images.
 * Measures whether light, contrast and local pattern agree, so blur costs more than in l1. Does not measure identity,
 * sync or realism, and on a face crop most of it is skin and background that nobody redrew. Needs the real frames.
 */
export function ssim(a: ImageBatch, b: ImageBatch): Float32Array {
  return scoring([a, b], (x, y) => {
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
 * Variance of the Laplacian (kernel 0 1 0, 1 -4 1, 0 1 0) of the grey levels 0..255, border left out: images
 * [n, h, w, 3] -> [n].
 * Measures fine detail: a blurred mouth scores low. Does not tell detail from noise or from a hard seam, and depends on
 * what is shown (teeth, beard, size): compare only with the same face under the same light, as a share of the original.
 */
export function sharpness(images: ImageBatch): Float32Array {
  return scoring([images], (x) => {
    const grey = tf.sum(tf.mul(x, tf.tensor1d(GREY.map((weight) => 255 * weight))), 3, true) as Tensor4D;
    const laplacian = tf.tensor4d([0, 1, 0, 1, -4, 1, 0, 1, 0], [3, 3, 1, 1]);
    const edges = tf.conv2d(grey, laplacian, 1, "valid");
    return perImage(tf.squaredDifference(edges, tf.mean(edges, [1, 2, 3], true)));
  });
}
