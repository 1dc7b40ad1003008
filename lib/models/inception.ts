import { applyNormedConv, type NormedConv, normedConvSpecs } from "../nn/normed_conv.ts";
import { scaled } from "../nn/conv.ts";
import { initialize, type Params, type Specs } from "../nn/params.ts";
import { maxPool, meanOfNeighbours, pool } from "../nn/pool.ts";
import { type Tensor, type Tensor4D, tf } from "../native/tf.ts";
import { type Branch, MIXED, type Mixed, STEM, type Unit } from "./inception_blocks.ts";

export interface InceptionConfig {
  width: number;
}

/** Side of the images that the network sees. */
export const INCEPTION_SIZE = 299;
/** Classes of the network that FID is defined by; its first and last ones stand for nothing. */
const CLASSES = 1008;
/** Its batch norm's. */
const EPSILON = 1e-3;
const HALVING = pool(3, 2);

export function inceptionSpecs({ width }: InceptionConfig): Specs {
  const specs: Specs = {};
  const add = (path: string, row: NormedConv, channels: number): number => {
    Object.assign(specs, normedConvSpecs(path, row, { channels, width, bias: false }));
    return scaled(row.filters, width);
  };
  let channels = STEM.reduce((inputs, row) => add(row.name, row, inputs), 3);
  for (const { name, branches } of MIXED) {
    const outputs = branches.map(({ units, split }) => {
      const joint = units.reduce((inputs, row) => add(`${name}/${row.name}`, row, inputs), channels);
      return split ? split.reduce((sum, row) => sum + add(`${name}/${row.name}`, row, joint), 0) : joint;
    });
    channels = outputs.reduce((a, b) => a + b, 0);
  }
  return {
    ...specs,
    "fc/kernel": { shape: [channels, CLASSES], fanIn: channels },
    "fc/bias": { shape: [CLASSES], fanIn: channels },
  };
}

export const initInception = (config: InceptionConfig, seed: number): Params =>
  initialize(inceptionSpecs(config), seed);

const POOLS = {
  "mean": meanOfNeighbours,
  // The input comes out of a ReLU, so padding by zeros is as good as none.
  "max": (x: Tensor) => maxPool(x, pool(3, 1, 1)),
  "max, halving": (x: Tensor) => maxPool(x, HALVING),
};

function mixed(params: Params, { name, branches }: Mixed, x: Tensor): Tensor {
  const apply = (y: Tensor, row: Unit) =>
    applyNormedConv(params, `${name}/${row.name}`, y, { ...row, epsilon: EPSILON });
  const through = ({ pool, units, split }: Branch): Tensor[] => {
    const joint = units.reduce(apply, pool ? POOLS[pool](x) : x);
    return split ? split.map((row) => apply(joint, row)) : [joint];
  };
  return tf.concat(branches.flatMap(through), 3);
}

/**
 * Inception v3 as FID is defined by it: 1008 classes, mean pools that do not count their padding, a max pool in the last
 * block (Szegedy et al. 2016; Heusel et al. 2017; PyTorch's form of the weights).
 * images [batch, h, w, 3] (RGB in 0..1, any size: drawn to 299 x 299 bilinearly, without smoothing first) -> features
 * [batch, 2048 x width], which FID compares, and class scores before the softmax [batch, 1008].
 */
export function inception(params: Params, images: Tensor): { features: Tensor; logits: Tensor } {
  const size: [number, number] = [INCEPTION_SIZE, INCEPTION_SIZE];
  const drawn = tf.image.resizeBilinear(images as Tensor4D, size, false, true);
  let x: Tensor = tf.sub(tf.mul(drawn, 2), 1);
  for (const row of STEM) {
    x = applyNormedConv(params, row.name, x, { ...row, epsilon: EPSILON });
    if (row.pooled) x = maxPool(x, HALVING);
  }
  x = MIXED.reduce((y, block) => mixed(params, block, y), x);
  const features = tf.mean(x, [1, 2]);
  const logits = tf.add(tf.matMul(features as never, params["fc/kernel"]), params["fc/bias"]);
  return { features, logits };
}
