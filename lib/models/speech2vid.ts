import {
  type Block,
  block,
  convBlock,
  sigmoid,
  type Transposed,
  transposedBlock,
  transposedConv,
} from "../nn/conv.ts";
import { maxPool, pool } from "../nn/pool.ts";
import { join, type Scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { Generated, GeneratorInputs } from "./generator.ts";

/** Identity encoder (VGG-M), the still face [96, 96, 3] -> 1 x 1. */
export const SPEECH2VID_IDENTITY: readonly Block[] = [
  { ...block(96, 7, 2), pool: pool(3, 2, 1) },
  { ...block(256, 5, 2), pool: pool(3, 2, 1) },
  block(512, 3),
  block(512, 3),
  block(512, 3),
  block(512, 6, 1, 0),
  block(256, 1),
];

/**
 * Audio encoder, mel window [80, 16, 1] -> 1 x 1. The published one reads 12 cepstra x 35 columns; the first pool is
 * added for the 80 bands.
 */
export const SPEECH2VID_AUDIO: readonly Block[] = [
  { ...block(64, 3), pool: pool(3, [2, 1], 1) },
  { ...block(128, 3), pool: pool(3, 2, 1) },
  block(256, 3),
  block(256, 3),
  { ...block(512, 3), pool: pool(3, 2, 1) },
  block(512, [10, 4], 1, 0),
  block(256, 1),
];

/** What the decoder joins to its output: a row of the identity encoder, before or after that row's pool. */
interface Skip {
  row: number;
  after: "conv" | "pool";
}

/** A step of the decoder: a transposed convolution or a plain one, and the skip that is joined to it. */
export interface Speech2VidStep {
  filters: number;
  side: number;
  stride: 1 | 2;
  /** A plain convolution, which leaves the size as it is. */
  plain?: true;
  skip?: Skip;
}

/** Decoder of the two embeddings laid side by side: 1 -> 6 -> 6 -> 12 -> 24 -> 48, then 96 with the colours. */
export const SPEECH2VID_DECODER: readonly Speech2VidStep[] = [
  { filters: 512, side: 6, stride: 1 },
  { filters: 256, side: 5, stride: 1, plain: true, skip: { row: 1, after: "pool" } },
  { filters: 96, side: 5, stride: 2, skip: { row: 1, after: "conv" } },
  { filters: 96, side: 5, stride: 2, skip: { row: 0, after: "pool" } },
  { filters: 64, side: 5, stride: 2 },
];

/** The last transposed convolution, to colours. */
const TO_COLOURS: Transposed = { filters: 3, side: 5, stride: 2, exact: true };

/** What an encoder's rows give, before and after their pools. */
const encode = (net: Scope, x: Tensor, rows: readonly Block[]) =>
  rows.map(({ pool, ...row }, k) => {
    const conv = convBlock(net.at(k), x, row);
    x = pool ? maxPool(net.at(k), conv, pool) : conv;
    return { conv, pool: x };
  });

/**
 * Speech2Vid, one frame at a time: an identity encoder of a still face and an audio encoder, whose joint embedding a
 * decoder draws a face from, with skips from the identity encoder. It sees no pose: of faces [batch, 96, 96, 6] only the
 * reference (the last three channels) is read. mel [batch, 80, 16, 1] -> face [batch, 96, 96, 3] in 0..1.
 * Source: Chung, Jamaludin and Zisserman 2017; layers as public re-implementations read its figure, since the authors' code
 * has weights and no table. Ours are the sizes for 96x96 faces and mel windows, one still face instead of five, batch norm
 * after every layer, and no deblurring network.
 */
export function speech2vid(net: Scope, { mel, faces }: GeneratorInputs): Generated {
  const still = tf.slice(faces, [0, 0, 0, 3], [-1, -1, -1, 3]);
  const identity = encode(net.at("identity"), still, SPEECH2VID_IDENTITY);
  const audio = encode(net.at("audio"), mel, SPEECH2VID_AUDIO);
  let x: Tensor = tf.concat([audio.at(-1)!.conv, identity.at(-1)!.conv], 3);
  SPEECH2VID_DECODER.forEach(({ filters, side, stride, plain, skip }, k) => {
    const step = net.at(`decoder/${k}`);
    x = plain
      ? convBlock(step, x, block(filters, side))
      : transposedBlock(step, x, { filters, side, stride });
    if (skip) x = join(net, x, identity[skip.row][skip.after]);
  });
  const face = sigmoid(net, transposedConv(net.at("output/rgb"), x, TO_COLOURS));
  return { face, statistics: net.statistics };
}
