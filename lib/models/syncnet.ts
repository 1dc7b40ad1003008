import { batchNorm, type Block, block, convBlocks, scaled } from "../nn/conv.ts";
import { dense } from "../nn/dense.ts";
import { pool } from "../nn/pool.ts";
import { describe, type Description, type Scope } from "../nn/scope.ts";
import { relu } from "../native/kernels.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** Frames of a window, each [224, 224, 3]. */
export const SYNCNET_FRAMES = 5;
export const SYNCNET_SIZE = 224;
/** Cepstra, and columns of them (100 a second) beside a window of frames. */
export const SYNCNET_MFCC: readonly [number, number] = [13, 20];

/** MFCC [13, 20, 1] -> 1 x 1. */
const AUDIO: readonly Block[] = [
  block(64, 3),
  { ...block(192, 3), pool: pool(3, [1, 2]) },
  block(384, 3),
  block(256, 3),
  { ...block(256, 3), pool: pool(3, 2) },
  block(512, [5, 4], 1, 0),
];

/**
 * Frames [224, 224, 15] -> 1 x 1. The published network convolves in time too: its first kernel covers all five frames
 * and the others one, so each is a plain convolution, the first over the frames' channels laid side by side.
 */
const LIP: readonly Block[] = [
  { ...block(96, 7, 2, 0), pool: pool(3, 2) },
  { ...block(256, 5, 2, 1), pool: pool(3, 2, 1) },
  block(256, 3),
  block(256, 3),
  { ...block(256, 3), pool: pool(3, 2) },
  block(512, 6, 1, 0),
];

/** Units of the two dense layers after a tower. */
const DENSE = [512, 1024];

/** Blocks, then dense -> batch norm -> ReLU -> dense. x [batch, h, w, c] -> [batch, 1024 x width]. */
function tower(net: Scope, x: Tensor, blocks: readonly Block[]): Tensor {
  const layer = (y: Tensor, k: number) => dense(net.at(`dense/${k}`), y, (width) => scaled(DENSE[k], width));
  const features = convBlocks(net, x, blocks), batch = x.shape[0];
  const hidden = layer(tf.reshape(features, [batch, -1]), 0);
  const planes = tf.reshape(hidden, [batch, 1, 1, hidden.shape[1]!]);
  const normed = relu(batchNorm(net.at("dense/0/norm"), planes));
  return layer(tf.reshape(normed, [batch, hidden.shape[1]!]), 1);
}

/** Embeddings of sound: MFCC [batch, 13, 20, 1] -> [batch, 1024 x width], not normalised. */
export const syncnetAudio = (net: Scope, mfcc: Tensor): Tensor => tower(net.at("audio"), mfcc, AUDIO);

/**
 * Embeddings of lips: faces [batch, 224, 224, 15] (five RGB frames in 0..255, frame by frame along the channels) ->
 * [batch, 1024 x width], not normalised.
 */
export const syncnetLip = (net: Scope, faces: Tensor): Tensor => tower(net.at("lip"), faces, LIP);

export const describeSyncnet = ({ width }: { width: number }): Description =>
  describe(width, (net, input) => {
    syncnetAudio(net, input(...SYNCNET_MFCC, 1));
    syncnetLip(net, input(SYNCNET_SIZE, SYNCNET_SIZE, 3 * SYNCNET_FRAMES));
  });
