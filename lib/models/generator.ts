import {
  type Block,
  block,
  conv,
  convBlock,
  convBlocks,
  residual,
  sigmoid,
  transposed,
  transposedBlock,
} from "../nn/conv.ts";
import type { Params } from "../nn/params.ts";
import { join, type Scope } from "../nn/scope.ts";
import type { Tensor } from "../native/tf.ts";

/** Face encoder, group by group; the output of each group is a skip connection. 96 x 96 -> 1 x 1. */
const FACE_ENCODER: readonly (readonly Block[])[] = [
  [block(16, 7)],
  [block(32, 3, 2), ...residual(32, 2)],
  [block(64, 3, 2), ...residual(64, 3)],
  [block(128, 3, 2), ...residual(128, 2)],
  [block(256, 3, 2), ...residual(256, 2)],
  [block(512, 3, 2), ...residual(512, 1)],
  [block(512, 3, 1, 0), block(512, 1)],
];

/** Mel window [80, 16, 1] -> 1 x 1. */
const AUDIO_ENCODER: readonly Block[] = [
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

/**
 * Face decoder after its first 1x1 block, in steps: a transposed convolution of 3x3 and residual blocks after it;
 * 1 -> 3 -> 6 -> 12 -> 24 -> 48 -> 96.
 */
const FACE_DECODER: readonly { filters: number; stride: 1 | 2; residuals: number }[] = [
  { filters: 512, stride: 1, residuals: 1 },
  { filters: 512, stride: 2, residuals: 2 },
  { filters: 384, stride: 2, residuals: 2 },
  { filters: 256, stride: 2, residuals: 2 },
  { filters: 128, stride: 2, residuals: 2 },
  { filters: 64, stride: 2, residuals: 2 },
];

/** Between the decoder and the 1x1 convolution to colours. */
const OUTPUT = block(32, 3);
export const COLOURS: Block = { ...block(3, 1), exact: true };

/** What generators of any kind take, and what they give, with moving statistics after a batch of training. */
export type GeneratorInputs = { mel: Tensor; faces: Tensor };
export type Generated = { face: Tensor; statistics: Params };

/**
 * The generator, one frame at a time: an audio encoder and a face encoder whose outputs a decoder joins at
 * every size (the Wav2Lip form of LipGAN's).
 * mel [batch, 80, 16, 1], faces [batch, 96, 96, 6] (RGB in 0..1: the frame to redraw with its lower half
 * blacked out, then a reference frame of the same person) -> redrawn face [batch, 96, 96, 3] in 0..1.
 */
export function generator(net: Scope, { mel, faces }: GeneratorInputs): Generated {
  let x = faces;
  const skips = FACE_ENCODER.map((blocks, k) => x = convBlocks(net.at(`face/${k}`), x, blocks));
  const embedding = convBlocks(net.at("audio"), mel, AUDIO_ENCODER);
  x = join(net, convBlocks(net.at("decoder/0"), embedding, [block(512, 1)]), skips.pop()!);
  FACE_DECODER.forEach(({ filters, stride, residuals }, k) => {
    const step = net.at(`decoder/${k + 1}`);
    x = transposedBlock(step.at("up"), x, transposed(filters, 3, stride));
    x = convBlocks(step, x, residual(filters, residuals));
    x = join(net, x, skips.pop()!);
  });
  x = convBlock(net.at("output/0"), x, OUTPUT);
  return { face: sigmoid(net, conv(net.at("output/rgb"), x, COLOURS)), statistics: net.statistics };
}
