import { batchNormTraining, relu } from "../native/kernels.ts";
import { type Tensor, type Tensor1D, type Tensor4D, tf } from "../native/tf.ts";
import { type AttentionMaps, cbam, cbamSpecs } from "./cbam.ts";
import type { Params, Specs } from "./params.ts";

/** A row of a block table: filters at full width, kernel side, stride (rows, columns), padding, residual. */
export interface Block {
  filters: number;
  kernel: number;
  stride: [number, number];
  pad: number;
  residual?: true;
}

/** A network while it is applied: its parameters, the mode, and what it leaves behind besides its output. */
export interface Scope {
  params: Params;
  training: boolean;
  /** Moving statistics after this batch, by path; only in training. */
  statistics: Params;
  /** Attention by layer path, where a layer has a CBAM. */
  maps: Record<string, AttentionMaps>;
}

/** PyTorch's batch norm: momentum 0.1, eps 1e-5. */
const MOMENTUM = 0.1;
const EPSILON = 1e-5;

export const scope = (params: Params, training: boolean): Scope => ({
  params,
  training,
  statistics: {},
  maps: {},
});

/** One row of a block table. */
export const block = (
  filters: number,
  kernel: number,
  stride: number | [number, number] = 1,
  pad = (kernel - 1) / 2,
): Block => ({ filters, kernel, stride: typeof stride === "number" ? [stride, stride] : stride, pad });

/** Residual rows of a block table: 3x3 and their input added before the ReLU. */
export const residual = (filters: number, times: number): Block[] =>
  Array.from({ length: times }, () => ({ ...block(filters, 3), residual: true as const }));

/** The filters of a layer at a width; 8 at least, so that a thin network still has channels to attend to. */
export const scaled = (filters: number, width: number): number => Math.max(8, Math.round(filters * width));

export function convSpecs(path: string, shape: [number, number, number, number]): Specs {
  const fanIn = shape[0] * shape[1] * shape[2];
  return { [`${path}/kernel`]: { shape, fanIn }, [`${path}/bias`]: { shape: [shape[3]], fanIn } };
}

export function batchNormSpecs(path: string, channels: number): Specs {
  return {
    [`${path}/scale`]: { shape: [channels], value: 1 },
    [`${path}/offset`]: { shape: [channels], value: 0 },
    [`${path}/moving_mean`]: { shape: [channels], value: 0 },
    [`${path}/moving_variance`]: { shape: [channels], value: 1 },
  };
}

/** Parameters of a chain of blocks, `path/0` onwards. */
export function blocksSpecs(
  path: string,
  blocks: readonly Block[],
  { channels, width, attention }: { channels: number; width: number; attention: boolean },
): Specs {
  const specs: Specs = {};
  blocks.forEach(({ filters, kernel }, k) => {
    const out = scaled(filters, width);
    Object.assign(
      specs,
      convSpecs(`${path}/${k}/conv`, [kernel, kernel, channels, out]),
      attention ? cbamSpecs(`${path}/${k}/cbam`, out) : {},
      batchNormSpecs(`${path}/${k}/norm`, out),
    );
    channels = out;
  });
  return specs;
}

/**
 * Convolution, with a bias where the network has one. x [batch, h, w, in] -> [batch, h', w', out].
 * Padding is a layer of its own where "same" would pad otherwise: TensorFlow's explicit padding is slow.
 */
export function conv(
  params: Params,
  path: string,
  x: Tensor,
  { stride, pad }: { stride: [number, number]; pad: number | [number, number] },
): Tensor {
  const kernel = params[`${path}/kernel`] as Tensor4D, bias = params[`${path}/bias`];
  const [rows, columns] = typeof pad === "number" ? [pad, pad] : pad;
  const same = stride[0] === 1 && stride[1] === 1 && 2 * rows === kernel.shape[0] - 1 &&
    2 * columns === kernel.shape[1] - 1;
  const padded = same || rows + columns === 0
    ? x
    : tf.pad(x, [[0, 0], [rows, rows], [columns, columns], [0, 0]]);
  const y = tf.conv2d(padded as Tensor4D, kernel, stride, same ? "same" : "valid");
  return bias ? tf.add(y, bias) : y;
}

/**
 * Batch normalisation over batch and space: by the batch's statistics in training, which also move the
 * moving ones, and by the moving ones otherwise.
 */
export function batchNorm(
  net: Scope,
  path: string,
  x: Tensor,
  { epsilon = EPSILON }: { epsilon?: number } = {},
): Tensor {
  const get = (name: string) => net.params[`${path}/${name}`] as Tensor1D;
  const scale = get("scale"), offset = get("offset");
  const movingMean = get("moving_mean"), movingVariance = get("moving_variance");
  if (!net.training) {
    return tf.batchNorm(x as Tensor4D, movingMean, movingVariance, offset, scale, epsilon);
  }
  const { y, mean, variance } = batchNormTraining(x, { scale, offset, epsilon });
  const moved = (old: Tensor, now: Tensor) => tf.add(tf.mul(old, 1 - MOMENTUM), tf.mul(now, MOMENTUM));
  net.statistics[`${path}/moving_mean`] = moved(movingMean, mean);
  net.statistics[`${path}/moving_variance`] = moved(movingVariance, variance);
  return y;
}

/**
 * One block: convolution -> CBAM (if it has one) -> batch norm -> + input (if residual) -> ReLU.
 * The paper puts the CBAM after every convolution and the normalisation and ReLU after the CBAM.
 */
export function convBlock(net: Scope, path: string, x: Tensor, row: Block): Tensor {
  let y = conv(net.params, `${path}/conv`, x, row);
  if (`${path}/cbam/spatial/kernel` in net.params) {
    const attended = cbam(net.params, `${path}/cbam`, y);
    net.maps[path] = attended.maps;
    y = attended.y;
  }
  y = batchNorm(net, `${path}/norm`, y);
  return relu(row.residual ? tf.add(y, x) : y);
}

/** A chain of blocks, `path/0` onwards; `each` sees the output of every one. */
export function convBlocks(
  net: Scope,
  path: string,
  x: Tensor,
  blocks: readonly Block[],
): Tensor {
  return blocks.reduce((y, row, k) => convBlock(net, `${path}/${k}`, y, row), x);
}

/** Parameters of a transposed convolution of `side` x `side`: its kernel [side, side, out, in] and a bias. */
export function transposedSpecs(
  path: string,
  { side, filters, channels }: { side: number; filters: number; channels: number },
): Specs {
  const fanIn = side * side * filters;
  return {
    [`${path}/kernel`]: { shape: [side, side, filters, channels], fanIn },
    [`${path}/bias`]: { shape: [filters], fanIn },
  };
}

/**
 * Transposed convolution with a bias. x [batch, h, w, in] -> [batch, h', w', out], kernel [side, side, out, in].
 * With stride 1 the image grows by side - 1. With stride 2 it doubles as PyTorch's padding (side - 1) / 2 and output
 * padding 1 make it: "valid", so many rows and columns cropped at the top left, and what goes over at the bottom right.
 */
export function transposedConv(params: Params, path: string, x: Tensor, stride: 1 | 2): Tensor {
  const kernel = params[`${path}/kernel`] as Tensor4D;
  const [batch, h, w] = x.shape, [side, , out] = kernel.shape;
  const full: [number, number, number, number] = [
    batch,
    (h! - 1) * stride + side,
    (w! - 1) * stride + side,
    out,
  ];
  let y = tf.conv2dTranspose(x as Tensor4D, kernel, full, stride, "valid");
  if (stride === 2) {
    const crop = (side - 1) / 2;
    y = tf.slice(y, [0, crop, crop, 0], [batch, 2 * h!, 2 * w!, out]);
  }
  return tf.add(y, params[`${path}/bias`]);
}

/** Transposed convolution -> batch norm -> ReLU. x [batch, h, w, in] -> [batch, h', w', out]. */
export function transposedBlock(net: Scope, path: string, x: Tensor, stride: 1 | 2): Tensor {
  return relu(batchNorm(net, `${path}/norm`, transposedConv(net.params, `${path}/conv`, x, stride)));
}

/** Parameters of a transposed convolution with batch norm. */
export const transposedBlockSpecs = (
  path: string,
  shape: { side: number; filters: number; channels: number },
): Specs => ({ ...transposedSpecs(`${path}/conv`, shape), ...batchNormSpecs(`${path}/norm`, shape.filters) });
