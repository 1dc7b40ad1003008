import { convBlock } from "../nn/conv.ts";
import { dense } from "../nn/dense.ts";
import { maxPool, meanOfNeighbours, pool } from "../nn/pool.ts";
import { describe, type Description, type Scope } from "../nn/scope.ts";
import { type Tensor, type Tensor4D, tf } from "../native/tf.ts";
import { type Branch, HALVING, MIXED, STEM, type Unit } from "./inception_blocks.ts";

/** Side of the images that the network sees. */
export const INCEPTION_SIZE = 299;
/** Classes of the network that FID is defined by; its first and last ones stand for nothing. */
const CLASSES = 1008;

const POOLS = {
  "mean": (_: Scope, x: Tensor) => meanOfNeighbours(x),
  // The input comes out of a ReLU, so padding by zeros is as good as none.
  "max": (net: Scope, x: Tensor) => maxPool(net, x, pool(3, 1, 1)),
  "max, halving": (net: Scope, x: Tensor) => maxPool(net, x, HALVING),
};

const unit = (net: Scope, x: Tensor, row: Unit): Tensor => convBlock(net.at(row.name), x, row);

/** One way through a block; two outputs where it splits. */
function branch(net: Scope, x: Tensor, { pool, units, split }: Branch): Tensor[] {
  const joint = units.reduce((y, row) => unit(net, y, row), pool ? POOLS[pool](net, x) : x);
  return split ? split.map((row) => unit(net, joint, row)) : [joint];
}

/**
 * Inception v3 as FID is defined by it: 1008 classes, mean pools that do not count their padding, a max pool in the last
 * block (Szegedy et al. 2016; Heusel et al. 2017; PyTorch's form of the weights).
 * images [batch, h, w, 3] (RGB in 0..1, any size: drawn to 299 x 299 bilinearly, without smoothing first) -> features
 * [batch, 2048 x width], which FID compares, and class scores before the softmax [batch, 1008].
 */
export function inception(net: Scope, images: Tensor): { features: Tensor; logits: Tensor } {
  const size: [number, number] = [INCEPTION_SIZE, INCEPTION_SIZE];
  const drawn = tf.image.resizeBilinear(images as Tensor4D, size, false, true);
  let x: Tensor = tf.sub(tf.mul(drawn, 2), 1);
  for (const row of STEM) x = unit(net, x, row);
  for (const { name, branches } of MIXED) {
    x = tf.concat(branches.flatMap((way) => branch(net.at(name), x, way)), 3);
  }
  const features: Tensor = tf.mean(x, [1, 2]);
  return { features, logits: dense(net.at("fc"), features, () => CLASSES) };
}

export const describeInception = ({ width }: { width: number }): Description =>
  describe(width, (net, input) => inception(net, input(INCEPTION_SIZE, INCEPTION_SIZE, 3)));
