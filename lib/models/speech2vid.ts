import {
  type Block,
  block,
  convBlock,
  sigmoid,
  transposed,
  transposedBlock,
  transposedConv,
} from "../nn/conv.ts";
import { maxPool, pool } from "../nn/pool.ts";
import { join, type Scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { Generated, GeneratorInputs } from "./generator.ts";

/** Identity encoder (VGG-M), the still face [96, 96, 3] -> 1 x 1. */
const IDENTITY: readonly Block[] = [
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
const AUDIO: readonly Block[] = [
  { ...block(64, 3), pool: pool(3, [2, 1], 1) },
  { ...block(128, 3), pool: pool(3, 2, 1) },
  block(256, 3),
  block(256, 3),
  { ...block(512, 3), pool: pool(3, 2, 1) },
  block(512, [10, 4], 1, 0),
  block(256, 1),
];

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
  const identity = encode(net.at("identity"), still, IDENTITY);
  const audio = encode(net.at("audio"), mel, AUDIO);
  // 1 -> 6 -> 6 -> 12 -> 24 -> 48, then 96 with the colours.
  let x: Tensor = tf.concat([audio.at(-1)!.conv, identity.at(-1)!.conv], 3);
  x = transposedBlock(net.at("decoder/0"), x, transposed(512, 6));
  x = join(net, convBlock(net.at("decoder/1"), x, block(256, 5)), identity[1].pool);
  x = join(net, transposedBlock(net.at("decoder/2"), x, transposed(96, 5, 2)), identity[1].conv);
  x = join(net, transposedBlock(net.at("decoder/3"), x, transposed(96, 5, 2)), identity[0].pool);
  x = transposedBlock(net.at("decoder/4"), x, transposed(64, 5, 2));
  x = transposedConv(net.at("output/rgb"), x, { ...transposed(3, 5, 2), exact: true });
  return { face: sigmoid(net, x), statistics: net.statistics };
}
