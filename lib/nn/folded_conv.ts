import { type Tensor, type Tensor4D, tf } from "../native/tf.ts";

/** Columns that become channels: as many floats as fill a vector of most processors. */
const FOLD = 8;
/** Columns of a map from which folding pays. */
const LEAST_COLUMNS = 16;

/**
 * A kernel [rows, columns, in, 1] as one [rows, 3, 8 in, 8] on columns folded by eight: of a block of eight columns, its left
 * and its right neighbour, each output column takes those that the kernel reaches.
 */
function foldedKernel(kernel: Tensor): Tensor4D {
  const [rows, columns, channels] = kernel.shape as number[], left = FOLD - (columns - 1) / 2;
  const plane = tf.reshape(kernel, [rows, columns, channels]);
  const shifted = Array.from({ length: FOLD }, (_, k) => {
    const before = left + k;
    const placed = tf.pad(plane, [[0, 0], [before, 3 * FOLD - columns - before], [0, 0]]);
    return tf.reshape(placed, [rows, 3, FOLD * channels, 1]);
  });
  return tf.concat(shifted, 3) as Tensor4D;
}

/**
 * A convolution to one channel with "same" padding: x [batch, h, w, in], kernel [rows, columns, in, 1] with an odd number of
 * columns, nine at most -> [batch, h, w, 1]. One channel fills an eighth of a vector and less, so where there are enough columns
 * eight of them are taken as channels: twice as many multiplications, most by zero, in less time.
 */
export function convToOneChannel(x: Tensor, kernel: Tensor4D): Tensor {
  const [batch, h, w, channels] = x.shape as number[];
  if (w < LEAST_COLUMNS) return tf.conv2d(x as Tensor4D, kernel, 1, "same");
  const blocks = Math.ceil(w / FOLD), over = blocks * FOLD - w;
  const whole = over === 0 ? x : tf.pad(x, [[0, 0], [0, 0], [0, over], [0, 0]]);
  const folded = tf.reshape(whole, [batch, h, blocks, FOLD * channels]) as Tensor4D;
  const y = tf.reshape(tf.conv2d(folded, foldedKernel(kernel), 1, "same"), [batch, h, blocks * FOLD, 1]);
  return over === 0 ? y : tf.slice(y, [0, 0, 0, 0], [batch, h, w, 1]);
}
