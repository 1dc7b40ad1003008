import {
  batchNormSpecs,
  type Block,
  block,
  convBlock,
  convSpecs,
  scaled,
  type Scope,
  scope,
  transposedBlock,
  transposedBlockSpecs,
  transposedConv,
  transposedSpecs,
} from "../nn/conv.ts";
import { initialize, type Params, type Specs } from "../nn/params.ts";
import { maxPool, type Pool, pool } from "../nn/pool.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { GeneratorConfig } from "./generator.ts";

/** A row of an encoder: a block whose kernel may be the whole map (a fully connected layer), and a max pool after it. */
export interface Speech2VidBlock extends Omit<Block, "kernel"> {
  kernel: number | [number, number];
  pool?: Pool;
}

/** Identity encoder (VGG-M), the still face [96, 96, 3] -> 1 x 1. */
export const SPEECH2VID_IDENTITY: readonly Speech2VidBlock[] = [
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
export const SPEECH2VID_AUDIO: readonly Speech2VidBlock[] = [
  { ...block(64, 3), pool: pool(3, [2, 1], 1) },
  { ...block(128, 3), pool: pool(3, 2, 1) },
  block(256, 3),
  block(256, 3),
  { ...block(512, 3), pool: pool(3, 2, 1) },
  { ...block(512, 1, 1, 0), kernel: [10, 4] },
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

/** Side of the last transposed convolution, to colours. */
export const SPEECH2VID_COLOURS = 5;

function encoderSpecs(
  path: string,
  rows: readonly Speech2VidBlock[],
  { channels, width }: { channels: number; width: number },
): Specs {
  const specs: Specs = {};
  rows.forEach(({ filters, kernel }, k) => {
    const out = scaled(filters, width), [h, w] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    Object.assign(
      specs,
      convSpecs(`${path}/${k}/conv`, [h, w, channels, out]),
      batchNormSpecs(`${path}/${k}/norm`, out),
    );
    channels = out;
  });
  return specs;
}

export function speech2vidSpecs({ width }: GeneratorConfig): Specs {
  const specs = {
    ...encoderSpecs("identity", SPEECH2VID_IDENTITY, { channels: 3, width }),
    ...encoderSpecs("audio", SPEECH2VID_AUDIO, { channels: 1, width }),
  };
  const last = [SPEECH2VID_IDENTITY, SPEECH2VID_AUDIO].map((rows) => scaled(rows.at(-1)!.filters, width));
  let channels = last[0] + last[1];
  SPEECH2VID_DECODER.forEach(({ filters, side, plain, skip }, k) => {
    const out = scaled(filters, width), path = `decoder/${k}`;
    Object.assign(
      specs,
      plain
        ? {
          ...convSpecs(`${path}/conv`, [side, side, channels, out]),
          ...batchNormSpecs(`${path}/norm`, out),
        }
        : transposedBlockSpecs(path, { side, filters: out, channels }),
    );
    channels = out + (skip ? scaled(SPEECH2VID_IDENTITY[skip.row].filters, width) : 0);
  });
  return { ...specs, ...transposedSpecs("output/rgb", { side: SPEECH2VID_COLOURS, filters: 3, channels }) };
}

export const initSpeech2vid = (config: GeneratorConfig, seed: number): Params =>
  initialize(speech2vidSpecs(config), seed);

/** What an encoder's rows give, before and after their pools. */
function encode(net: Scope, path: string, x: Tensor, rows: readonly Speech2VidBlock[]) {
  return rows.map(({ pool, kernel: _, ...row }, k) => {
    const made = convBlock(net, `${path}/${k}`, x, { ...row, kernel: 0 });
    x = pool ? maxPool(made, pool) : made;
    return { conv: made, pool: x };
  });
}

/**
 * Speech2Vid, one frame at a time: an identity encoder of a still face and an audio encoder, whose joint embedding a
 * decoder draws a face from, with skips from the identity encoder. It sees no pose: of faces [batch, 96, 96, 6] only the
 * reference (the last three channels) is read. mel [batch, 80, 16, 1] -> face [batch, 96, 96, 3] in 0..1.
 * Source: Chung, Jamaludin and Zisserman 2017; layers as public re-implementations read its figure, since the authors' code
 * has weights and no table. Ours are the sizes for 96x96 faces and mel windows, one still face instead of five, batch norm
 * after every layer, and no deblurring network.
 */
export function speech2vid(
  params: Params,
  { mel, faces }: { mel: Tensor; faces: Tensor },
  { training }: { training: boolean },
): { face: Tensor; statistics: Params } {
  const net = scope(params, training);
  const still = tf.slice(faces, [0, 0, 0, 3], [-1, -1, -1, 3]);
  const identity = encode(net, "identity", still, SPEECH2VID_IDENTITY);
  const audio = encode(net, "audio", mel, SPEECH2VID_AUDIO);
  let x: Tensor = tf.concat([audio.at(-1)!.conv, identity.at(-1)!.conv], 3);
  SPEECH2VID_DECODER.forEach(({ filters, side, stride, plain, skip }, k) => {
    x = plain
      ? convBlock(net, `decoder/${k}`, x, block(filters, side))
      : transposedBlock(net, `decoder/${k}`, x, stride);
    if (skip) x = tf.concat([x, identity[skip.row][skip.after]], 3);
  });
  return { face: tf.sigmoid(transposedConv(params, "output/rgb", x, 2)), statistics: net.statistics };
}
