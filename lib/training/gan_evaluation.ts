import { SYNC_FRAMES } from "../base/shapes.ts";
import { random } from "../base/random.ts";
import { sampleGeneratorBatch } from "../dataset/batches.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { GeneratorInputs } from "../models/generator.ts";
import { forEachKind } from "../models/generator_kinds.ts";
import { compile, type Named } from "../native/compile.ts";
import type { Params } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { tf } from "../native/tf.ts";
import type { Config } from "./config.ts";
import { discriminatorTerms } from "./discriminators.ts";
import { mouthRegion } from "./face_regions.ts";
import { generatorTensors } from "./gan_steps.ts";
import { reconstructionLoss } from "./losses.ts";
import { recalibrate, statisticsPass } from "./recalibrate.ts";

/** Windows of one held-out pass, and passes of one evaluation. */
const WINDOWS = 4;
const PASSES = 10;

const passes = forEachKind((network) => statisticsPass(network));

/** A generator with batch norm statistics of frames of the training split. */
export function recalibrateGenerator(
  params: Params,
  { dataset, config }: { dataset: Dataset; config: Config },
): Promise<Params> {
  const { gan, seed, generator } = config, numbers = random(seed);
  const options = { ...gan, frames: gan.frames || SYNC_FRAMES * gan.windows, windows: 0 };
  return recalibrate(params, {
    pass: passes[generator.kind],
    sample: async () => generatorTensors(await sampleGeneratorBatch(dataset, numbers, options)),
  });
}

/** One held-out pass; compiled once for all evaluations of a process. */
const losses = forEachKind((network) =>
  compile((generator: Params, discriminators: Record<string, Params>, batch: Named): Named => {
    const { face } = network(scope(generator), batch as GeneratorInputs);
    return {
      l1: reconstructionLoss(face, batch.target),
      mouth_l1: reconstructionLoss(mouthRegion(face), mouthRegion(batch.target)),
      ...discriminatorTerms(discriminators, face, batch),
    };
  })
);

/**
 * A generator's losses on clips that it may not have seen, on the same windows each time, by their names in the log: L1 of
 * the face and of the mouth region alone, both 0..1, and the terms of the discriminators that it plays against.
 */
export async function evaluateGenerator(
  dataset: Dataset,
  { generator, discriminators, config }: {
    generator: Params;
    /** Parameters by name. */
    discriminators: Record<string, Params>;
    config: Config;
  },
): Promise<Record<string, number>> {
  const numbers = random(config.seed), options = { ...config.gan, windows: WINDOWS, poseShift: 0 };
  const means: Record<string, number> = {};
  for (let k = 0; k < PASSES; k++) {
    const batch = await sampleGeneratorBatch(dataset, numbers, options);
    tf.tidy(() => {
      const found = losses[config.generator.kind](generator, discriminators, generatorTensors(batch));
      for (const [name, loss] of Object.entries(found)) {
        means[name] = (means[name] ?? 0) + loss.dataSync()[0] / PASSES;
      }
    });
  }
  return means;
}
