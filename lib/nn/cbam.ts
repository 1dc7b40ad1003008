import { meanAndMax, relu } from "../native/kernels.ts";
import { type Tensor, type Tensor4D, tf } from "../native/tf.ts";
import { affine } from "./dense.ts";
import { convToOneChannel } from "./folded_conv.ts";
import type { AttentionMaps, Scope } from "./scope.ts";

/** Channels per hidden unit of the shared MLP (Woo et al. 2018, section 3.1). */
const REDUCTION = 16;
/** Side of the spatial attention's convolution (section 3.2). */
const KERNEL = 7;

const hiddenUnits = (channels: number): number => Math.max(2, Math.floor(channels / REDUCTION));

/**
 * Channel attention Mc(F) = sigmoid(MLP(average pool F) + MLP(max pool F)).
 * x [batch, h, w, c] -> weights [batch, c].
 */
export function channelAttention(net: Scope, x: Tensor): Tensor {
  const [batch, , , channels] = x.shape as number[];
  const { mean, max } = meanAndMax(x, [1, 2]);
  // Both pools go through the shared MLP together.
  const pools = tf.reshape(tf.concat([mean, max], 0), [2 * batch, channels]);
  const hidden = relu(affine(net.at("mlp/0"), pools, () => hiddenUnits(channels)));
  const weights = affine(net.at("mlp/1"), hidden, () => channels);
  return tf.sigmoid(tf.sum(tf.reshape(weights, [2, batch, channels]), 0));
}

/**
 * Spatial attention Ms(F) = sigmoid(conv7x7([mean over channels; max over channels])).
 * x [batch, h, w, c] -> map [batch, h, w, 1].
 */
export function spatialAttention(net: Scope, x: Tensor): Tensor {
  const { mean, max } = meanAndMax(x, [3]);
  const planes = tf.concat([mean, max], 3), fanIn = KERNEL * KERNEL * 2;
  const kernel = net.param("spatial/kernel", () => ({ shape: [KERNEL, KERNEL, 2, 1], fanIn })) as Tensor4D;
  const bias = net.param("spatial/bias", () => ({ shape: [1], fanIn }));
  return tf.sigmoid(tf.add(convToOneChannel(planes, kernel), bias));
}

/**
 * Convolutional block attention (eq. 2): F' = Mc(F) * F, F'' = Ms(F') * F'.
 * x [batch, h, w, c] -> y like x, with the maps that made it. Source: Woo et al., ECCV 2018.
 */
export function cbam(net: Scope, x: Tensor): { y: Tensor; maps: AttentionMaps } {
  const [batch, , , channels] = x.shape as number[];
  const channel = channelAttention(net, x);
  const weighted = tf.mul(x, tf.reshape(channel, [batch, 1, 1, channels]));
  const spatial = spatialAttention(net, weighted);
  return { y: tf.mul(weighted, spatial), maps: { channel, spatial } };
}
