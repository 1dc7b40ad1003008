import {
  type Block,
  block,
  conv,
  convBlock,
  convBlocks,
  plus,
  sigmoid,
  transposed,
  transposedBlock,
} from "../nn/conv.ts";
import { join, type Scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { COLOURS, type Generated, type GeneratorInputs } from "./generator.ts";

/** A block, then residual pairs: two 3x3 blocks each, and their input added. */
interface Stage {
  block: Block;
  pairs: number;
}

const stage = (block: Block, pairs = 0): Stage => ({ block, pairs });

/** Face encoder; the outputs of all stages but the last two are skip connections. 96 x 96 -> 1 x 1. */
const FACE: readonly Stage[] = [
  stage(block(32, 7)),
  stage(block(64, 5, 2), 2),
  stage(block(128, 3, 2), 3),
  stage(block(256, 3, 2), 2),
  stage(block(512, 3, 2), 2),
  stage(block(512, 3, 2)),
  stage(block(512, 3, 1, 0)),
  stage(block(512, 1)),
];

/**
 * Mel window [80, 16, 1] -> 1 x 1. The public code reads 27 columns with strides 3, (3, 1), 3; these strides, which
 * Wav2Lip came to, bring 16 columns to 3 as well, with the same parameters.
 */
const AUDIO: readonly Stage[] = [
  stage(block(32, 3), 2),
  stage(block(64, 3, [3, 1]), 2),
  stage(block(128, 3, 3), 2),
  stage(block(256, 3, [3, 2]), 2),
  stage(block(512, 3, 1, 0)),
  stage(block(512, 1)),
];

/** Decoder steps: a transposed convolution of 3x3 and residual pairs; 1 -> 3 -> 6 -> 12 -> 24 -> 48 -> 96. */
const DECODER: readonly { filters: number; stride: 1 | 2; pairs: number }[] = [
  { filters: 512, stride: 1, pairs: 0 },
  { filters: 512, stride: 2, pairs: 2 },
  { filters: 256, stride: 2, pairs: 2 },
  { filters: 128, stride: 2, pairs: 2 },
  { filters: 64, stride: 2, pairs: 2 },
  { filters: 32, stride: 2, pairs: 0 },
];

/** Blocks between the decoder and the 1x1 convolution to colours. */
const OUTPUT: readonly Block[] = [block(16, 3), block(16, 3)];

/** How many of the face encoder's stages end below the sizes that the decoder has. */
const WITHOUT_SKIP = 2;

/** Residual pairs at `from` onwards. Both summands are not below 0, so the published ReLU after them is the sum. */
function residualPairs(net: Scope, x: Tensor, { filters, pairs, from }: {
  filters: number;
  pairs: number;
  from: number;
}): Tensor {
  for (let k = from; k < from + 2 * pairs; k += 2) {
    const inner = convBlock(net.at(k), x, block(filters, 3));
    x = plus(net, convBlock(net.at(k + 1), inner, block(filters, 3)), x);
  }
  return x;
}

/** The outputs of a chain of stages, in their order. */
const stagesOutputs = (net: Scope, x: Tensor, stages: readonly Stage[]): Tensor[] =>
  stages.map(({ block, pairs }, k) => {
    const y = convBlock(net.at(`${k}/0`), x, block);
    return x = residualPairs(net.at(k), y, { filters: block.filters, pairs, from: 1 });
  });

/**
 * LipGAN's generator, one frame at a time: two encoders whose embeddings are laid side by side, and a decoder that
 * joins the face encoder's outputs from 3x3 on. Inputs and output are those of `generator`: mel [batch, 80, 16, 1],
 * faces [batch, 96, 96, 6] (masked pose, reference) -> redrawn face [batch, 96, 96, 3] in 0..1.
 * Source: Prajwal et al. 2019, the residual network of its public code for mel input. Padding is explicit and batch norm
 * has this kit's momentum; neither changes a parameter.
 */
export function lipgan(net: Scope, { mel, faces }: GeneratorInputs): Generated {
  const seen = stagesOutputs(net.at("face"), faces, FACE);
  const heard = stagesOutputs(net.at("audio"), mel, AUDIO);
  const skips = seen.slice(0, -WITHOUT_SKIP);
  let x: Tensor = tf.concat([seen.at(-1)!, heard.at(-1)!], 3);
  DECODER.forEach(({ filters, stride, pairs }, k) => {
    const step = net.at(`decoder/${k}`);
    x = transposedBlock(step.at("up"), x, transposed(filters, 3, stride));
    x = residualPairs(step, x, { filters, pairs, from: 0 });
    x = join(net, x, skips.pop()!);
  });
  x = convBlocks(net.at("output"), x, OUTPUT);
  return { face: sigmoid(net, conv(net.at("output/rgb"), x, COLOURS)), statistics: net.statistics };
}
