import { type Tensor, tf } from "../native/tf.ts";
import type { Scope } from "./scope.ts";

/** Added to the deviation, as keras-contrib does. */
const EPSILON = 1e-3;
/** Keeps the root's slope finite where an example is constant. */
const LEAST_VARIANCE = 1e-12;

/**
 * Normalises each example over all its values, rows, columns and channels together, then one learnt scale and offset
 * for the whole: (x - mean) / (deviation + 0.001) * scale + offset. x [batch, h, w, c] -> the same.
 * Source: keras-contrib's InstanceNormalization without an axis, which LipGAN's discriminator uses.
 */
export function instanceNorm(net: Scope, x: Tensor): Tensor {
  const centred = tf.sub(x, tf.mean(x, [1, 2, 3], true));
  const variance = tf.mean(tf.square(centred), [1, 2, 3], true);
  const deviation = tf.add(tf.sqrt(tf.maximum(variance, LEAST_VARIANCE)), EPSILON);
  const scale = net.param("scale", () => ({ shape: [1], value: 1 }));
  const offset = net.param("offset", () => ({ shape: [1], value: 0 }));
  return tf.add(tf.mul(tf.div(centred, deviation), scale), offset);
}
