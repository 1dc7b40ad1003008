import { type Dataset, drawGeneratorBatch, MOUTH_REGION } from "../data/dataset.ts";
import { generator } from "../models/generator.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import { type Params, random } from "../nn/params.ts";
import { type Tensor, tf } from "../tf.ts";
import type { Config } from "./config.ts";
import { generatorTensors, lowerWindows } from "./gan_steps.ts";
import { reconstructionLoss, syncLoss, syncProbability } from "./losses.ts";

/** How a generator does on clips it may not have seen. */
export interface GeneratorEvaluation {
  /** Mean absolute error of the redrawn face, 0..1. */
  l1: number;
  /** The same within the mouth region. */
  mouthL1: number;
  /** E_sync (eq. 5) of the redrawn windows, by the discriminator. */
  eSync: number;
}

/** Windows of one pass, and passes of one evaluation. */
const WINDOWS = 4;
const PASSES = 10;

/** The mouth's part of faces: [n, 96, 96, 3] -> [n, h, w, 3]. */
export function mouthRegion(faces: Tensor): Tensor {
  const { top, left, height, width } = MOUTH_REGION;
  return tf.slice(faces, [0, top, left, 0], [-1, height, width, -1]);
}

/** Compiled once for all evaluations of a process. */
const judge = compile((g: Params, d: Params, batch: Named) => {
  const { face } = generator(g, batch as { mel: Tensor; faces: Tensor }, { training: false });
  const lower = lowerWindows(face);
  const judged = syncDiscriminator(d, { mel: batch.syncMel, faces: lower }, { training: false });
  return {
    l1: reconstructionLoss(face, batch.target),
    mouthL1: reconstructionLoss(mouthRegion(face), mouthRegion(batch.target)),
    eSync: syncLoss(syncProbability(judged)),
  };
});

/** The held-out losses of a generator, on the same windows each time. */
export async function evaluateGenerator(
  dataset: Dataset,
  models: { generator: Params; discriminator: Params; config: Config },
): Promise<GeneratorEvaluation> {
  const { minShift, voicedOnly, frames } = models.config.gan;
  const draw = random(models.config.seed);
  const sums: GeneratorEvaluation = { l1: 0, mouthL1: 0, eSync: 0 };
  for (let pass = 0; pass < PASSES; pass++) {
    const options = { frames, windows: WINDOWS, poseShift: 0, minShift, voicedOnly };
    const batch = generatorTensors(await drawGeneratorBatch(dataset, draw, options));
    const out = judge(models.generator, models.discriminator, batch);
    for (const name of ["l1", "mouthL1", "eSync"] as const) {
      sums[name] += out[name].dataSync()[0] / PASSES;
      out[name].dispose();
    }
    tf.dispose(batch);
  }
  return sums;
}
