import { leakyRelu } from "../native/kernels.ts";
import { type Block, block, conv, convSpecs, scaled } from "../nn/conv.ts";
import { initialize, type Params, type Specs } from "../nn/params.ts";
import { type Tensor, tf } from "../native/tf.ts";

export interface QualityDiscriminatorConfig {
  width: number;
}

/** Slope below 0. */
const SLOPE = 0.01;

/** Lower half face [48, 96, 3] -> 1 x 1, group by group. No normalisation. */
export const QUALITY_BLOCKS: readonly (readonly Block[])[] = [
  [block(32, 7)],
  [block(64, 5, [1, 2]), block(64, 5)],
  [block(128, 5, 2), block(128, 5)],
  [block(256, 5, 2), block(256, 5)],
  [block(512, 3, 2), block(512, 3)],
  [block(512, 3, 2), block(512, 3)],
  [block(512, 3, 1, 0), block(512, 1)],
];

export function qualityDiscriminatorSpecs({ width }: QualityDiscriminatorConfig): Specs {
  const specs: Specs = {};
  let channels = 3;
  QUALITY_BLOCKS.forEach((blocks, group) =>
    blocks.forEach(({ filters, kernel }, k) => {
      const out = scaled(filters, width);
      Object.assign(specs, convSpecs(`face/${group}/${k}/conv`, [kernel, kernel, channels, out]));
      channels = out;
    })
  );
  return { ...specs, ...convSpecs("real", [1, 1, channels, 1]) };
}

export const initQualityDiscriminator = (config: QualityDiscriminatorConfig, seed: number): Params =>
  initialize(qualityDiscriminatorSpecs(config), seed);

/**
 * Wav2Lip's visual quality discriminator, one frame at a time, blind to sound: convolutions, each with a leaky ReLU.
 * faces [batch, 48, 96, 3] (lower halves, RGB in 0..1) -> probability of being a real face [batch].
 */
export function qualityDiscriminator(params: Params, faces: Tensor): Tensor {
  const features = QUALITY_BLOCKS.reduce(
    (x, blocks, group) =>
      blocks.reduce(
        (y, row, k) => leakyRelu(conv(params, `face/${group}/${k}/conv`, y, row), SLOPE),
        x,
      ),
    faces,
  );
  const real = conv(params, "real", features, { stride: [1, 1], pad: 0 });
  return tf.reshape(tf.sigmoid(real), [faces.shape[0]]);
}
