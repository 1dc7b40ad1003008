import { FACE_SIZE, HALF_FACE } from "../base/shapes.ts";
import { leakyRelu } from "../native/kernels.ts";
import { type Block, block, conv, sigmoid } from "../nn/conv.ts";
import { describe, type Description, type Scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** Slope below 0. */
const SLOPE = 0.01;

/** Lower half face [48, 96, 3] -> 1 x 1, group by group. No normalisation. */
const BLOCKS: readonly (readonly Block[])[] = [
  [block(32, 7)],
  [block(64, 5, [1, 2]), block(64, 5)],
  [block(128, 5, 2), block(128, 5)],
  [block(256, 5, 2), block(256, 5)],
  [block(512, 3, 2), block(512, 3)],
  [block(512, 3, 2), block(512, 3)],
  [block(512, 3, 1, 0), block(512, 1)],
];

/**
 * Wav2Lip's visual quality discriminator, one frame at a time, blind to sound: convolutions, each with a leaky ReLU.
 * faces [batch, 48, 96, 3] (lower halves, RGB in 0..1) -> probability of being a real face [batch].
 */
export function qualityDiscriminator(net: Scope, faces: Tensor): Tensor {
  let x = faces;
  BLOCKS.forEach((blocks, group) =>
    blocks.forEach((row, k) => x = leakyRelu(conv(net.at(`face/${group}/${k}/conv`), x, row), SLOPE))
  );
  const real = conv(net.at("real"), x, { ...block(1, 1), exact: true });
  return tf.reshape(sigmoid(net, real), [faces.shape[0]]);
}

export const describeQualityDiscriminator = ({ width }: { width: number }): Description =>
  describe(width, (net, input) => qualityDiscriminator(net, input(HALF_FACE, FACE_SIZE, 3)));
