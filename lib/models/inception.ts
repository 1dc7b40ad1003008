import { block, convBlock } from "../nn/conv.ts";
import { dense } from "../nn/dense.ts";
import { maxPool, meanOfNeighbours, pool } from "../nn/pool.ts";
import { describe, type Description, type Scope } from "../nn/scope.ts";
import { type Tensor, type Tensor4D, tf } from "../native/tf.ts";

/** Side of the images that the network sees. */
export const INCEPTION_SIZE = 299;
/** Classes of the network that FID is defined by; its first and last ones stand for nothing. */
const CLASSES = 1008;
/** Its batch norm's. */
const EPSILON = 1e-3;

/** Filters, kernel, stride. */
type Row = [filters: number, kernel: number | [number, number], stride?: 1 | 2];

/** A convolution without a bias, batch norm and ReLU. Padding keeps the size unless said otherwise; none at stride 2. */
const unit = (
  net: Scope,
  x: Tensor,
  [filters, kernel, stride = 1]: Row,
  pad = stride === 2 ? 0 : undefined,
) => convBlock(net, x, { ...block(filters, kernel, stride, pad), bias: false, epsilon: EPSILON });

/** Units one after the other, counted from 1. */
const units = (net: Scope, x: Tensor, name: string, ...rows: Row[]): Tensor =>
  rows.reduce((y, row, k) => unit(net.at(`${name}_${k + 1}`), y, row), x);

/** A row and a column beside each other. */
const split = (net: Scope, x: Tensor, name: string): Tensor[] => [
  unit(net.at(`${name}a`), x, [384, [1, 3]]),
  unit(net.at(`${name}b`), x, [384, [3, 1]]),
];

const halved = (net: Scope, x: Tensor): Tensor => maxPool(net, x, pool(3, 2));
const beside = (...branches: Tensor[]): Tensor => tf.concat(branches, 3);

/** 299 x 299 -> 149, 147, 147, 73, 73, 71, 35. */
function stem(net: Scope, x: Tensor): Tensor {
  x = unit(net.at("Conv2d_1a_3x3"), x, [32, 3, 2]);
  x = unit(net.at("Conv2d_2a_3x3"), x, [32, 3], 0);
  x = halved(net, unit(net.at("Conv2d_2b_3x3"), x, [64, 3]));
  x = unit(net.at("Conv2d_3b_1x1"), x, [80, 1]);
  return halved(net, unit(net.at("Conv2d_4a_3x3"), x, [192, 3], 0));
}

/** 35 x 35. */
const inceptionA = (net: Scope, x: Tensor, pooled: number): Tensor =>
  beside(
    unit(net.at("branch1x1"), x, [64, 1]),
    units(net, x, "branch5x5", [48, 1], [64, 5]),
    units(net, x, "branch3x3dbl", [64, 1], [96, 3], [96, 3]),
    unit(net.at("branch_pool"), meanOfNeighbours(x), [pooled, 1]),
  );

/** 35 x 35 -> 17 x 17. */
const inceptionB = (net: Scope, x: Tensor): Tensor =>
  beside(
    unit(net.at("branch3x3"), x, [384, 3, 2]),
    units(net, x, "branch3x3dbl", [64, 1], [96, 3], [96, 3, 2]),
    halved(net, x),
  );

/** 17 x 17; a 7 x 7 convolution as a row and a column of n filters. */
const inceptionC = (net: Scope, x: Tensor, n: number): Tensor =>
  beside(
    unit(net.at("branch1x1"), x, [192, 1]),
    units(net, x, "branch7x7", [n, 1], [n, [1, 7]], [192, [7, 1]]),
    units(net, x, "branch7x7dbl", [n, 1], [n, [7, 1]], [n, [1, 7]], [n, [7, 1]], [192, [1, 7]]),
    unit(net.at("branch_pool"), meanOfNeighbours(x), [192, 1]),
  );

/** 17 x 17 -> 8 x 8. */
const inceptionD = (net: Scope, x: Tensor): Tensor =>
  beside(
    units(net, x, "branch3x3", [192, 1], [320, 3, 2]),
    units(net, x, "branch7x7x3", [192, 1], [192, [1, 7]], [192, [7, 1]], [192, 3, 2]),
    halved(net, x),
  );

/** 8 x 8. */
const inceptionE = (net: Scope, x: Tensor, pooled: Tensor): Tensor =>
  beside(
    unit(net.at("branch1x1"), x, [320, 1]),
    ...split(net, units(net, x, "branch3x3", [384, 1]), "branch3x3_2"),
    ...split(net, units(net, x, "branch3x3dbl", [448, 1], [384, 3]), "branch3x3dbl_3"),
    unit(net.at("branch_pool"), pooled, [192, 1]),
  );

/**
 * Inception v3 as FID is defined by it: 1008 classes, mean pools that do not count their padding, a max pool in the last
 * block (Szegedy et al. 2016; Heusel et al. 2017; PyTorch's form of the weights).
 * images [batch, h, w, 3] (RGB in 0..1, any size: drawn to 299 x 299 bilinearly, without smoothing first) -> features
 * [batch, 2048 x width], which FID compares, and class scores before the softmax [batch, 1008].
 */
export function inception(net: Scope, images: Tensor): { features: Tensor; logits: Tensor } {
  const size: [number, number] = [INCEPTION_SIZE, INCEPTION_SIZE];
  const drawn = tf.image.resizeBilinear(images as Tensor4D, size, false, true);
  let x = stem(net, tf.sub(tf.mul(drawn, 2), 1));
  x = inceptionA(net.at("Mixed_5b"), x, 32);
  x = inceptionA(net.at("Mixed_5c"), x, 64);
  x = inceptionA(net.at("Mixed_5d"), x, 64);
  x = inceptionB(net.at("Mixed_6a"), x);
  x = inceptionC(net.at("Mixed_6b"), x, 128);
  x = inceptionC(net.at("Mixed_6c"), x, 160);
  x = inceptionC(net.at("Mixed_6d"), x, 160);
  x = inceptionC(net.at("Mixed_6e"), x, 192);
  x = inceptionD(net.at("Mixed_7a"), x);
  x = inceptionE(net.at("Mixed_7b"), x, meanOfNeighbours(x));
  // The input comes out of a ReLU, so padding by zeros is as good as none.
  x = inceptionE(net.at("Mixed_7c"), x, maxPool(net.at("Mixed_7c"), x, pool(3, 1, 1)));
  const features: Tensor = tf.mean(x, [1, 2]);
  return { features, logits: dense(net.at("fc"), features, () => CLASSES) };
}

export const describeInception = ({ width }: { width: number }): Description =>
  describe(width, (net, input) => inception(net, input(INCEPTION_SIZE, INCEPTION_SIZE, 3)));
