import {
  type Block,
  block,
  blocksSpecs,
  conv,
  convBlock,
  convBlocks,
  convSpecs,
  residual,
  scaled,
  type Scope,
  scope,
  transposedBlock,
  transposedBlockSpecs,
} from "../nn/conv.ts";
import { initialize, type Params, type Specs } from "../nn/params.ts";
import { type Tensor, tf } from "../native/tf.ts";

export interface GeneratorConfig {
  width: number;
}

/** Face encoder, group by group; the output of each group is a skip connection. 96 x 96 -> 1 x 1. */
export const FACE_ENCODER: readonly (readonly Block[])[] = [
  [block(16, 7)],
  [block(32, 3, 2), ...residual(32, 2)],
  [block(64, 3, 2), ...residual(64, 3)],
  [block(128, 3, 2), ...residual(128, 2)],
  [block(256, 3, 2), ...residual(256, 2)],
  [block(512, 3, 2), ...residual(512, 1)],
  [block(512, 3, 1, 0), block(512, 1)],
];

/** Mel window [80, 16, 1] -> 1 x 1. */
export const AUDIO_ENCODER: readonly Block[] = [
  block(32, 3),
  ...residual(32, 2),
  block(64, 3, [3, 1]),
  ...residual(64, 2),
  block(128, 3, 3),
  ...residual(128, 2),
  block(256, 3, [3, 2]),
  ...residual(256, 1),
  block(512, 3, 1, 0),
  block(512, 1),
];

/** A step of the decoder: a transposed convolution and residual blocks after it. */
interface UpStep {
  filters: number;
  stride: 1 | 2;
  residuals: number;
}

/** Face decoder after its first 1x1 block: 1 -> 3 -> 6 -> 12 -> 24 -> 48 -> 96. */
export const FACE_DECODER: readonly UpStep[] = [
  { filters: 512, stride: 1, residuals: 1 },
  { filters: 512, stride: 2, residuals: 2 },
  { filters: 384, stride: 2, residuals: 2 },
  { filters: 256, stride: 2, residuals: 2 },
  { filters: 128, stride: 2, residuals: 2 },
  { filters: 64, stride: 2, residuals: 2 },
];

const OUTPUT_FILTERS = 32;

export function generatorSpecs({ width }: GeneratorConfig): Specs {
  const options = { width, attention: false };
  const specs: Specs = {};
  const skips: number[] = [];
  let channels = 6;
  FACE_ENCODER.forEach((blocks, k) => {
    Object.assign(specs, blocksSpecs(`face/${k}`, blocks, { channels, ...options }));
    skips.push(channels = scaled(blocks[0].filters, width));
  });
  Object.assign(specs, blocksSpecs("audio", AUDIO_ENCODER, { channels: 1, ...options }));
  Object.assign(
    specs,
    blocksSpecs("decoder/0", [block(512, 1)], { channels: scaled(512, width), ...options }),
  );
  channels = scaled(512, width) + skips.pop()!;
  FACE_DECODER.forEach(({ filters, residuals }, k) => {
    const path = `decoder/${k + 1}`, out = scaled(filters, width);
    Object.assign(
      specs,
      transposedBlockSpecs(`${path}/up`, { side: 3, filters: out, channels }),
      blocksSpecs(path, residual(filters, residuals), { channels: out, ...options }),
    );
    channels = out + skips.pop()!;
  });
  const last = scaled(OUTPUT_FILTERS, width);
  return {
    ...specs,
    ...blocksSpecs("output", [block(OUTPUT_FILTERS, 3)], { channels, ...options }),
    ...convSpecs("output/rgb", [1, 1, last, 3]),
  };
}

export const initGenerator = (config: GeneratorConfig, seed: number): Params =>
  initialize(generatorSpecs(config), seed);

/** Joins a decoder's output with the encoder's output of the same size. */
const joined = (x: Tensor, skip: Tensor): Tensor => tf.concat([x, skip], 3);

function decode(net: Scope, embedding: Tensor, skips: Tensor[]): Tensor {
  let x = joined(convBlock(net, "decoder/0/0", embedding, block(512, 1)), skips.pop()!);
  FACE_DECODER.forEach(({ filters, stride, residuals }, k) => {
    x = transposedBlock(net, `decoder/${k + 1}/up`, x, stride);
    x = convBlocks(net, `decoder/${k + 1}`, x, residual(filters, residuals));
    x = joined(x, skips.pop()!);
  });
  x = convBlock(net, "output/0", x, block(OUTPUT_FILTERS, 3));
  return tf.sigmoid(conv(net.params, "output/rgb", x, { stride: [1, 1], pad: 0 }));
}

/**
 * The generator, one frame at a time: an audio encoder and a face encoder whose outputs a decoder joins at
 * every size (the Wav2Lip form of LipGAN's).
 * mel [batch, 80, 16, 1], faces [batch, 96, 96, 6] (RGB in 0..1: the frame to redraw with its lower half
 * blacked out, then a reference frame of the same person) -> redrawn face [batch, 96, 96, 3] in 0..1.
 */
export function generator(
  params: Params,
  { mel, faces }: { mel: Tensor; faces: Tensor },
  { training }: { training: boolean },
): { face: Tensor; statistics: Params } {
  const net = scope(params, training);
  const embedding = convBlocks(net, "audio", mel, AUDIO_ENCODER);
  const skips: Tensor[] = [];
  FACE_ENCODER.reduce((x, blocks, k) => {
    const y = convBlocks(net, `face/${k}`, x, blocks);
    skips.push(y);
    return y;
  }, faces);
  return { face: decode(net, embedding, skips), statistics: net.statistics };
}
