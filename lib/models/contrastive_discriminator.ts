import { leakyRelu } from "../native/kernels.ts";
import { type Block, block, conv, convSpecs, scaled } from "../nn/conv.ts";
import { instanceNorm, instanceNormSpecs } from "../nn/instance_norm.ts";
import { initialize, type Params, type Specs } from "../nn/params.ts";
import { type Tensor, tf } from "../native/tf.ts";

export interface ContrastiveDiscriminatorConfig {
  width: number;
}

/** Slope below 0. */
const SLOPE = 0.2;
/** Keeps the lengths of embeddings and the root of distances off 0, where a slope has no end. */
const EPSILON = 1e-12;

/** One whole face [96, 96, 3] -> 1 x 1; the last convolution is a plain one. */
export const CONTRASTIVE_FACE: readonly Block[] = [
  block(64, 7, 2),
  block(128, 5, 2),
  block(256, 3, 2),
  block(512, 3, 2),
  block(512, 3, 2),
  block(512, 3, 1, 0),
];

/** Mel window [80, 16, 1] -> 1 x 1; strides for 16 columns (see lipgan.ts). */
export const CONTRASTIVE_AUDIO: readonly Block[] = [
  block(32, 3),
  block(64, 3, [3, 1]),
  block(128, 3, 3),
  block(256, 3, [3, 2]),
  block(512, 3, 1, 0),
  block(512, 1),
];

/** The two encoders: their table, the channels they read, and how many last convolutions have no norm and no ReLU. */
const ENCODERS = {
  face: { blocks: CONTRASTIVE_FACE, channels: 3, plain: 1 },
  audio: { blocks: CONTRASTIVE_AUDIO, channels: 1, plain: 0 },
};
type Encoder = keyof typeof ENCODERS;

const isPlain = (encoder: Encoder, k: number) =>
  k >= ENCODERS[encoder].blocks.length - ENCODERS[encoder].plain;

function encoderSpecs(encoder: Encoder, width: number): Specs {
  const specs: Specs = {};
  let { channels } = ENCODERS[encoder];
  ENCODERS[encoder].blocks.forEach(({ filters, kernel }, k) => {
    const out = scaled(filters, width), path = `${encoder}/${k}`;
    Object.assign(specs, convSpecs(`${path}/conv`, [kernel, kernel, channels, out]));
    if (!isPlain(encoder, k)) Object.assign(specs, instanceNormSpecs(`${path}/norm`));
    channels = out;
  });
  return specs;
}

export const contrastiveDiscriminatorSpecs = ({ width }: ContrastiveDiscriminatorConfig): Specs => ({
  ...encoderSpecs("face", width),
  ...encoderSpecs("audio", width),
});

export const initContrastiveDiscriminator = (config: ContrastiveDiscriminatorConfig, seed: number): Params =>
  initialize(contrastiveDiscriminatorSpecs(config), seed);

/** Convolution -> instance norm -> leaky ReLU, block by block; then flat, and brought to length 1. */
function embed(params: Params, encoder: Encoder, x: Tensor): Tensor {
  const features = ENCODERS[encoder].blocks.reduce((y, row, k) => {
    const path = `${encoder}/${k}`, made = conv(params, `${path}/conv`, y, row);
    return isPlain(encoder, k) ? made : leakyRelu(instanceNorm(params, `${path}/norm`, made), SLOPE);
  }, x);
  const flat = tf.reshape(features, [x.shape[0], -1]);
  return tf.div(flat, tf.sqrt(tf.maximum(tf.sum(tf.square(flat), 1, true), EPSILON)));
}

/**
 * LipGAN's discriminator: how far one face and a mel window lie apart in a space that both are brought to.
 * mel [batch, 80, 16, 1], faces [batch, 96, 96, 3] (one whole RGB face each, in 0..1) -> embeddings [batch, 512 x width]
 * of length 1 and their Euclidean distance [batch] in 0..2. Source: Prajwal et al. 2019, its public code for mel input.
 */
export function contrastiveDiscriminator(
  params: Params,
  { mel, faces }: { mel: Tensor; faces: Tensor },
): { audio: Tensor; face: Tensor; distance: Tensor } {
  const audio = embed(params, "audio", mel), face = embed(params, "face", faces);
  const squares = tf.sum(tf.square(tf.sub(face, audio)), 1);
  return { audio, face, distance: tf.sqrt(tf.maximum(squares, EPSILON)) };
}
