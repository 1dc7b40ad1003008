import { applyNormedConv, type NormedConv, normedConv, normedConvSpecs } from "../nn/normed_conv.ts";
import { batchNorm, batchNormSpecs, scaled, scope } from "../nn/conv.ts";
import { initialize, type Params, type Specs } from "../nn/params.ts";
import { maxPool, type Pool, pool } from "../nn/pool.ts";
import { relu } from "../native/kernels.ts";
import { type Tensor, tf } from "../native/tf.ts";

export interface SyncnetConfig {
  width: number;
}

/** Frames of a window, each [224, 224, 3]. */
export const SYNCNET_FRAMES = 5;
export const SYNCNET_SIZE = 224;
/** Cepstra, and columns of them (100 a second) beside a window of frames. */
export const SYNCNET_MFCC: readonly [number, number] = [13, 20];

/** A row of a tower: a convolution with batch norm and ReLU, and a max pool after it. */
export interface SyncnetBlock extends NormedConv {
  pool?: Pool;
}

/** MFCC [13, 20, 1] -> 1 x 1. */
export const SYNCNET_AUDIO: readonly SyncnetBlock[] = [
  normedConv(64, 3, { pad: 1 }),
  { ...normedConv(192, 3, { pad: 1 }), pool: pool(3, [1, 2]) },
  normedConv(384, 3, { pad: 1 }),
  normedConv(256, 3, { pad: 1 }),
  { ...normedConv(256, 3, { pad: 1 }), pool: pool(3, 2) },
  normedConv(512, [5, 4]),
];

/**
 * Frames [224, 224, 15] -> 1 x 1. The published network convolves in time too: its first kernel covers all five frames
 * and the others one, so each is a plain convolution, the first over the frames' channels laid side by side.
 */
export const SYNCNET_LIP: readonly SyncnetBlock[] = [
  { ...normedConv(96, 7, { stride: 2 }), pool: pool(3, 2) },
  { ...normedConv(256, 5, { stride: 2, pad: 1 }), pool: pool(3, 2, 1) },
  normedConv(256, 3, { pad: 1 }),
  normedConv(256, 3, { pad: 1 }),
  { ...normedConv(256, 3, { pad: 1 }), pool: pool(3, 2) },
  normedConv(512, 6),
];

/** Units of the two dense layers after a tower. */
const DENSE = [512, 1024];

const denseSpecs = (path: string, inputs: number, outputs: number): Specs => ({
  [`${path}/kernel`]: { shape: [inputs, outputs], fanIn: inputs },
  [`${path}/bias`]: { shape: [outputs], fanIn: inputs },
});

function towerSpecs(
  path: string,
  blocks: readonly SyncnetBlock[],
  { channels, width }: { channels: number; width: number },
): Specs {
  const specs: Specs = {};
  blocks.forEach((row, k) => {
    Object.assign(specs, normedConvSpecs(`${path}/${k}`, row, { channels, width }));
    channels = scaled(row.filters, width);
  });
  const [hidden, out] = DENSE.map((units) => scaled(units, width));
  return {
    ...specs,
    ...denseSpecs(`${path}/dense/0`, channels, hidden),
    ...batchNormSpecs(`${path}/dense/0/norm`, hidden),
    ...denseSpecs(`${path}/dense/1`, hidden, out),
  };
}

export const syncnetSpecs = ({ width }: SyncnetConfig): Specs => ({
  ...towerSpecs("audio", SYNCNET_AUDIO, { channels: 1, width }),
  ...towerSpecs("lip", SYNCNET_LIP, { channels: 3 * SYNCNET_FRAMES, width }),
});

export const initSyncnet = (config: SyncnetConfig, seed: number): Params =>
  initialize(syncnetSpecs(config), seed);

/** Blocks, then dense -> batch norm -> ReLU -> dense. x [batch, h, w, c] -> [batch, 1024 x width]. */
function tower(params: Params, path: string, x: Tensor, blocks: readonly SyncnetBlock[]): Tensor {
  const features = blocks.reduce((y, row, k) => {
    y = applyNormedConv(params, `${path}/${k}`, y, row);
    return row.pool ? maxPool(y, row.pool) : y;
  }, x);
  const dense = (y: Tensor, k: number) =>
    tf.add(tf.matMul(y, params[`${path}/dense/${k}/kernel`]), params[`${path}/dense/${k}/bias`]);
  const hidden = dense(tf.reshape(features, [features.shape[0], -1]), 0);
  const [batch, units] = hidden.shape;
  const planes = tf.reshape(hidden, [batch, 1, 1, units!]);
  const normed = relu(batchNorm(scope(params, false), `${path}/dense/0/norm`, planes));
  return dense(tf.reshape(normed, [batch, units!]), 1);
}

/** Embeddings of sound: MFCC [batch, 13, 20, 1] -> [batch, 1024 x width], not normalised. */
export const syncnetAudio = (params: Params, mfcc: Tensor): Tensor =>
  tower(params, "audio", mfcc, SYNCNET_AUDIO);

/**
 * Embeddings of lips: faces [batch, 224, 224, 15] (five RGB frames in 0..255, frame by frame along the channels) ->
 * [batch, 1024 x width], not normalised.
 */
export const syncnetLip = (params: Params, faces: Tensor): Tensor => tower(params, "lip", faces, SYNCNET_LIP);
