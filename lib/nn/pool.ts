import { type Tensor, type Tensor4D, tf } from "../native/tf.ts";
import { layer, type Scope } from "./scope.ts";

/** A max pool: side of the window, stride (rows, columns), padding on all four sides. */
export interface Pool {
  size: number;
  stride: [number, number];
  pad: number;
}

export const pool = (size: number, stride: number | [number, number], pad = 0): Pool => ({
  size,
  stride: typeof stride === "number" ? [stride, stride] : stride,
  pad,
});

/**
 * The largest value of each window. x [batch, h, w, c] -> [batch, h', w', c]; what does not fill a window at the right
 * and at the bottom is left out. Padding is by zeros, so a padded x must not be below 0 (it comes out of a ReLU):
 * PyTorch pads with what never is the largest, and both then give the same.
 */
export function maxPool(net: Scope, x: Tensor, { size, stride, pad }: Pool): Tensor {
  const padded = pad === 0 ? x : tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
  const y = tf.maxPool(padded as Tensor4D, size, stride, "valid");
  return layer(net, { from: x, to: y }, { kind: "pool", stride });
}

/**
 * The mean over 3 x 3 around each pixel, of those that lie in the image: padding is not counted.
 * x [batch, h, w, c] -> the same.
 */
export const meanOfNeighbours = (x: Tensor): Tensor => tf.avgPool(x as Tensor4D, 3, 1, "same");
