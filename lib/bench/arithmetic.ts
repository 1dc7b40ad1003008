// How many operations a network's step takes, and how many this machine does in a second at most.
import { describeGenerator } from "../models/generator_kinds.ts";
import { describeSyncDiscriminator } from "../models/sync_discriminator.ts";
import { matMul } from "../native/kernels.ts";
import { tf } from "../native/tf.ts";
import type { Layer } from "../nn/scope.ts";
import { paper } from "../training/config.ts";
import { min } from "d3-array";
import type { Network } from "./step.ts";

/** Multiplications and additions of a convolution, forward, for one example; 0 for a layer of another kind. */
function operationsOf({ kind, kernel, h, w, c, from }: Layer): number {
  if (!kernel) return 0;
  // A transposed convolution multiplies at each place that goes in, others at each that comes out.
  const places = kind === "transposed" ? from.h * from.w : h * w;
  return 2 * places * kernel[0] * kernel[1] * from.c * c;
}

/**
 * Multiplications and additions of the convolutions and dense layers of a network's training step on a batch: forward, and
 * twice as many again for the gradients of input and kernel. What first layers and attention add or save is left out.
 */
export function stepOperations(network: Network, width: number, batch: number): number {
  const { layers } = network === "generator"
    ? describeGenerator({ ...paper.generator, width })
    : describeSyncDiscriminator({ ...paper.discriminator, width });
  return 3 * batch * layers.reduce((sum, layer) => sum + operationsOf(layer), 0);
}

/** Side of the matrices whose product tells the machine's peak. */
const SIDE = 2048;

/** Operations a second of a large product of 32-bit matrices, the quickest of some: what the cores do at most. */
export function peakOperations(times = 8): number {
  return tf.tidy(() => {
    const [a, b] = [1, 2].map((seed) => tf.randomNormal([SIDE, SIDE], 0, 1, "float32", seed));
    const seconds = Array.from({ length: times }, () => {
      const begun = performance.now();
      tf.tidy(() => void tf.slice(matMul(a, b), [0, 0], [1, 1]).dataSync());
      return (performance.now() - begun) / 1000;
    });
    return 2 * SIDE ** 3 / min(seconds)!;
  });
}
