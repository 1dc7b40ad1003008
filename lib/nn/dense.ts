import { matMul } from "../native/kernels.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { layer, type Scope } from "./scope.ts";

/** x kernel + bias. x [n, inputs] -> [n, units], as many as `units` says at the network's width. */
export function affine(net: Scope, x: Tensor, units: (width: number) => number): Tensor {
  const fanIn = x.shape[1]!;
  const kernel = net.param("kernel", (width) => ({ shape: [fanIn, units(width)], fanIn }));
  const bias = net.param("bias", () => ({ shape: [kernel.shape[1]!], fanIn }));
  return tf.add(matMul(x, kernel), bias);
}

/** A dense layer, which is a 1x1 convolution at one place. x [n, inputs] -> [n, units]. */
export const dense = (net: Scope, x: Tensor, units: (width: number) => number): Tensor =>
  layer(net, { from: x, to: affine(net, x, units) }, { kind: "convolution", kernel: [1, 1], stride: [1, 1] });
