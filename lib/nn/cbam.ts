import { meanAndMax, relu } from "../native/kernels.ts";
import { type Tensor, type Tensor4D, tf } from "../native/tf.ts";
import type { Params, Specs } from "./params.ts";

/** Channels per hidden unit of the shared MLP (Woo et al. 2018, section 3.1). */
const REDUCTION = 16;
/** Side of the spatial attention's convolution (section 3.2). */
const KERNEL = 7;

/** The attention of one layer: channel weights [batch, c] and spatial map [batch, h, w, 1], both in (0, 1). */
export interface AttentionMaps {
  channel: Tensor;
  spatial: Tensor;
}

const hiddenUnits = (channels: number): number => Math.max(2, Math.floor(channels / REDUCTION));

/** Parameters of one CBAM over `channels` channels. */
export function cbamSpecs(path: string, channels: number): Specs {
  const hidden = hiddenUnits(channels), area = KERNEL * KERNEL * 2;
  return {
    [`${path}/mlp/0/kernel`]: { shape: [channels, hidden], fanIn: channels },
    [`${path}/mlp/0/bias`]: { shape: [hidden], fanIn: channels },
    [`${path}/mlp/1/kernel`]: { shape: [hidden, channels], fanIn: hidden },
    [`${path}/mlp/1/bias`]: { shape: [channels], fanIn: hidden },
    [`${path}/spatial/kernel`]: { shape: [KERNEL, KERNEL, 2, 1], fanIn: area },
    [`${path}/spatial/bias`]: { shape: [1], fanIn: area },
  };
}

/**
 * Channel attention Mc(F) = sigmoid(MLP(average pool F) + MLP(max pool F)).
 * x [batch, h, w, c] -> weights [batch, c].
 */
export function channelAttention(params: Params, path: string, x: Tensor): Tensor {
  const [batch, , , channels] = x.shape as number[];
  const dense = (v: Tensor, k: number) =>
    tf.add(tf.matMul(v, params[`${path}/mlp/${k}/kernel`]), params[`${path}/mlp/${k}/bias`]);
  const { mean, max } = meanAndMax(x, [1, 2]);
  // Both pools go through the shared MLP together.
  const pools = tf.reshape(tf.concat([mean, max], 0), [2 * batch, channels]);
  const hidden = relu(dense(pools, 0));
  return tf.sigmoid(tf.sum(tf.reshape(dense(hidden, 1), [2, batch, channels]), 0));
}

/**
 * Spatial attention Ms(F) = sigmoid(conv7x7([mean over channels; max over channels])).
 * x [batch, h, w, c] -> map [batch, h, w, 1].
 */
export function spatialAttention(params: Params, path: string, x: Tensor): Tensor {
  const { mean, max } = meanAndMax(x, [3]);
  const planes = tf.concat([mean, max], 3) as Tensor4D;
  const kernel = params[`${path}/spatial/kernel`] as Tensor4D;
  return tf.sigmoid(tf.add(tf.conv2d(planes, kernel, 1, "same"), params[`${path}/spatial/bias`]));
}

/**
 * Convolutional block attention (eq. 2): F' = Mc(F) * F, F'' = Ms(F') * F'.
 * x [batch, h, w, c] -> y like x, with the maps that made it. Source: Woo et al., ECCV 2018.
 */
export function cbam(params: Params, path: string, x: Tensor): { y: Tensor; maps: AttentionMaps } {
  const [batch, , , channels] = x.shape as number[];
  const channel = channelAttention(params, path, x);
  const weighted = tf.mul(x, tf.reshape(channel, [batch, 1, 1, channels]));
  const spatial = spatialAttention(params, path, weighted);
  return { y: tf.mul(weighted, spatial), maps: { channel, spatial } };
}
