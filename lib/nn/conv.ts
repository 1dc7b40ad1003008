import { batchNormTraining, relu } from "../native/kernels.ts";
import { type Tensor, type Tensor1D, type Tensor4D, tf } from "../native/tf.ts";
import { cbam } from "./cbam.ts";
import { maxPool, type Pool } from "./pool.ts";
import { become, layer, type Scope } from "./scope.ts";

/** A row of a block table: filters at full width, kernel (rows, columns), stride, padding, and what follows. */
export interface Block {
  filters: number;
  kernel: [number, number];
  stride: [number, number];
  pad: [number, number];
  /** As many filters at any width: colours, a probability. */
  exact?: true;
  /** False where the convolution has none. */
  bias?: false;
  cbam?: boolean;
  /** The batch norm's, where it is not PyTorch's 1e-5. */
  epsilon?: number;
  /** The block's input is added before the ReLU. */
  residual?: true;
  pool?: Pool;
}

/** PyTorch's batch norm: momentum 0.1, eps 1e-5. */
const MOMENTUM = 0.1;
const EPSILON = 1e-5;

type Pair = number | [number, number];
const pair = (value: Pair): [number, number] => typeof value === "number" ? [value, value] : value;

/** One row of a block table; padding keeps the size at stride 1 unless said otherwise. */
export function block(filters: number, kernel: Pair, stride: Pair = 1, pad?: Pair): Block {
  const sides = pair(kernel), kept = sides.map((side) => (side - 1) / 2) as [number, number];
  return { filters, kernel: sides, stride: pair(stride), pad: pad === undefined ? kept : pair(pad) };
}

/** Residual rows of a block table: 3x3 and their input added before the ReLU. */
export const residual = (filters: number, times: number): Block[] =>
  Array.from({ length: times }, () => ({ ...block(filters, 3), residual: true as const }));

/** The filters of a layer at a width; 8 at least, so that a thin network still has channels to attend to. */
export const scaled = (filters: number, width: number): number => Math.max(8, Math.round(filters * width));

/** A convolution before its bias is added, and the bias, where the network has one. */
function convolution(
  net: Scope,
  x: Tensor,
  { filters, kernel: [h, w], stride, pad: [rows, columns], exact, bias }: Block,
): { y: Tensor; bias?: Tensor } {
  const fanIn = h * w * x.shape[3]!;
  const kernel = net.param("kernel", (width) => ({
    shape: [h, w, x.shape[3]!, exact ? filters : scaled(filters, width)],
    fanIn,
  })) as Tensor4D;
  const same = stride[0] === 1 && stride[1] === 1 && 2 * rows === h - 1 && 2 * columns === w - 1;
  const padded = same || rows + columns === 0
    ? x
    : tf.pad(x, [[0, 0], [rows, rows], [columns, columns], [0, 0]]);
  const y = tf.conv2d(padded as Tensor4D, kernel, stride, same ? "same" : "valid");
  layer(net, { from: x, to: y }, { kind: "convolution", kernel: [h, w], stride });
  return bias === false ? { y } : { y, bias: net.param("bias", () => ({ shape: [kernel.shape[3]], fanIn })) };
}

/** The last layer's output with its bias added, where it has one. */
const biased = (net: Scope, { y, bias }: { y: Tensor; bias?: Tensor }): Tensor =>
  bias ? become(net, tf.add(y, bias)) : y;

/**
 * Convolution, with a bias where the network has one. x [batch, h, w, in] -> [batch, h', w', out].
 * Padding is a layer of its own where "same" would pad otherwise: TensorFlow's explicit padding is slow.
 */
export const conv = (net: Scope, x: Tensor, row: Block): Tensor => biased(net, convolution(net, x, row));

/**
 * Batch normalisation over batch and space: by the batch's statistics in training, which also move the
 * moving ones, and by the moving ones otherwise.
 * A `bias` [c] counts as added to x before it. In training the batch's own mean takes it away again, so only the moving
 * mean sees it and its gradient is zero, where adding it would cost two passes to give it rounding noise for one.
 */
export function batchNorm(
  net: Scope,
  x: Tensor,
  { epsilon = EPSILON, bias }: { epsilon?: number; bias?: Tensor } = {},
): Tensor {
  const get = (name: string, value: number) =>
    net.param(name, () => ({ shape: x.shape.slice(-1), value })) as Tensor1D;
  const scale = get("scale", 1), offset = get("offset", 0);
  const movingMean = get("moving_mean", 0), movingVariance = get("moving_variance", 1);
  if (!net.training) {
    const mean = bias ? tf.sub<Tensor1D>(movingMean, bias) : movingMean;
    return tf.batchNorm(x as Tensor4D, mean, movingVariance, offset, scale, epsilon);
  }
  const { y, mean, variance } = batchNormTraining(x, { scale, offset, epsilon });
  const moved = (old: Tensor, now: Tensor) => tf.add(tf.mul(old, 1 - MOMENTUM), tf.mul(now, MOMENTUM));
  net.statistics[`${net.path}/moving_mean`] = moved(movingMean, bias ? tf.add(mean, bias) : mean);
  net.statistics[`${net.path}/moving_variance`] = moved(movingVariance, variance);
  return y;
}

/** The last layer's output with a block's input added to it. */
export const plus = (net: Scope, y: Tensor, input: Tensor): Tensor =>
  become(net, tf.add(y, input), { kind: "residual" });

/** The last layer's output between 0 and 1. */
export const sigmoid = (net: Scope, y: Tensor): Tensor =>
  become(net, tf.sigmoid(y), { activation: "sigmoid" });

/**
 * One block: convolution -> CBAM (if it has one) -> batch norm -> + input (if residual) -> ReLU -> max pool (if it has one).
 * The paper puts the CBAM after every convolution and the normalisation and ReLU after the CBAM.
 */
export function convBlock(net: Scope, x: Tensor, row: Block): Tensor {
  let { y, bias } = convolution(net.at("conv"), x, row);
  if (row.cbam) {
    const attended = cbam(net.at("cbam"), biased(net, { y, bias }));
    net.maps[net.path] = attended.maps;
    y = become(net, attended.y, { cbam: true });
    bias = undefined;
  }
  y = batchNorm(net.at("norm"), y, { epsilon: row.epsilon, bias });
  y = become(net, relu(row.residual ? plus(net, y, x) : y));
  return row.pool ? maxPool(net, y, row.pool) : y;
}

/** A chain of blocks, at 0 onwards. */
export const convBlocks = (net: Scope, x: Tensor, blocks: readonly Block[]): Tensor =>
  blocks.reduce((y, row, k) => convBlock(net.at(k), y, row), x);

/** A transposed convolution: filters at full width (as many at any if exact), side of the kernel, stride. */
export interface Transposed {
  filters: number;
  side: number;
  stride: 1 | 2;
  exact?: true;
}

export const transposed = (filters: number, side: number, stride: 1 | 2 = 1): Transposed => ({
  filters,
  side,
  stride,
});

/**
 * A transposed convolution before its bias is added, and the bias.
 * x [batch, h, w, in] -> [batch, h', w', out], kernel [side, side, out, in].
 * With stride 1 the image grows by side - 1. With stride 2 it doubles as PyTorch's padding (side - 1) / 2 and output
 * padding 1 make it: "valid", so many rows and columns cropped at the top left, and what goes over at the bottom right.
 */
function transposedConvolution(
  net: Scope,
  x: Tensor,
  { filters, side, stride, exact }: Transposed,
): { y: Tensor; bias: Tensor } {
  const [batch, h, w, channels] = x.shape as number[];
  const kernel = net.param("kernel", (width) => {
    const out = exact ? filters : scaled(filters, width);
    return { shape: [side, side, out, channels], fanIn: side * side * out };
  }) as Tensor4D;
  const out = kernel.shape[2];
  const full: [number, number, number, number] = [
    batch,
    (h - 1) * stride + side,
    (w - 1) * stride + side,
    out,
  ];
  let y: Tensor = tf.conv2dTranspose(x as Tensor4D, kernel, full, stride, "valid");
  if (stride === 2) {
    const crop = (side - 1) / 2;
    y = tf.slice(y, [0, crop, crop, 0], [batch, 2 * h, 2 * w, out]);
  }
  layer(net, { from: x, to: y }, { kind: "transposed", kernel: [side, side], stride: [stride, stride] });
  return { y, bias: net.param("bias", () => ({ shape: [out], fanIn: side * side * out })) };
}

/** Transposed convolution with a bias. x [batch, h, w, in] -> [batch, h', w', out]. */
export const transposedConv = (net: Scope, x: Tensor, row: Transposed): Tensor =>
  biased(net, transposedConvolution(net, x, row));

/** Transposed convolution -> batch norm -> ReLU. x [batch, h, w, in] -> [batch, h', w', out]. */
export function transposedBlock(net: Scope, x: Tensor, row: Transposed): Tensor {
  const { y, bias } = transposedConvolution(net.at("conv"), x, row);
  return become(net, relu(batchNorm(net.at("norm"), y, { bias })));
}
