import { FACE_SIZE, MEL_BANDS, MEL_WINDOW } from "../base/shapes.ts";
import { leakyRelu } from "../native/kernels.ts";
import { type Block, block, conv } from "../nn/conv.ts";
import { instanceNorm } from "../nn/instance_norm.ts";
import { describe, type Description, type Scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** Slope below 0. */
const SLOPE = 0.2;
/** Keeps the lengths of embeddings and the root of distances off 0, where a slope has no end. */
const EPSILON = 1e-12;

/** A block, or a plain convolution with no norm and no ReLU. */
type Row = Block & { plain?: true };

/** One whole face [96, 96, 3] -> 1 x 1. */
const FACE: readonly Row[] = [
  block(64, 7, 2),
  block(128, 5, 2),
  block(256, 3, 2),
  block(512, 3, 2),
  block(512, 3, 2),
  { ...block(512, 3, 1, 0), plain: true },
];

/** Mel window [80, 16, 1] -> 1 x 1; strides for 16 columns (see lipgan.ts). */
const AUDIO: readonly Row[] = [
  block(32, 3),
  block(64, 3, [3, 1]),
  block(128, 3, 3),
  block(256, 3, [3, 2]),
  block(512, 3, 1, 0),
  block(512, 1),
];

/** Convolution -> instance norm -> leaky ReLU, block by block; then flat, and brought to length 1. */
function embed(net: Scope, x: Tensor, rows: readonly Row[]): Tensor {
  rows.forEach((row, k) => {
    x = conv(net.at(`${k}/conv`), x, row);
    if (!row.plain) x = leakyRelu(instanceNorm(net.at(`${k}/norm`), x), SLOPE);
  });
  const flat = tf.reshape(x, [x.shape[0], -1]);
  return tf.div(flat, tf.sqrt(tf.maximum(tf.sum(tf.square(flat), 1, true), EPSILON)));
}

/**
 * LipGAN's discriminator: how far one face and a mel window lie apart in a space that both are brought to.
 * mel [batch, 80, 16, 1], faces [batch, 96, 96, 3] (one whole RGB face each, in 0..1) -> embeddings [batch, 512 x width]
 * of length 1 and their Euclidean distance [batch] in 0..2. Source: Prajwal et al. 2019, its public code for mel input.
 */
export function contrastiveDiscriminator(
  net: Scope,
  { mel, faces }: { mel: Tensor; faces: Tensor },
): { audio: Tensor; face: Tensor; distance: Tensor } {
  const face = embed(net.at("face"), faces, FACE), audio = embed(net.at("audio"), mel, AUDIO);
  const squares = tf.sum(tf.square(tf.sub(face, audio)), 1);
  return { audio, face, distance: tf.sqrt(tf.maximum(squares, EPSILON)) };
}

export const describeContrastiveDiscriminator = ({ width }: { width: number }): Description =>
  describe(width, (net, input) => {
    const mel = input(MEL_BANDS, MEL_WINDOW, 1), faces = input(FACE_SIZE, FACE_SIZE, 3);
    return contrastiveDiscriminator(net, { mel, faces });
  });
