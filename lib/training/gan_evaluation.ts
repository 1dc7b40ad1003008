import { MOUTH_REGION } from "../base/shapes.ts";
import { random } from "../base/random.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { sampleGeneratorBatch } from "../dataset/batches.ts";
import { type GeneratorNetwork, GENERATORS } from "../models/generator_kinds.ts";
import { compile, type Named } from "../native/compile.ts";
import { type Params } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { Config } from "./config.ts";
import { type DiscriminatorName, DISCRIMINATORS, discriminatorsIn } from "./discriminators.ts";
import { generatorTensors } from "./gan_steps.ts";
import { reconstructionLoss } from "./losses.ts";

/** How a generator does on clips it may not have seen: its loss's terms, by the names of the log. */
export interface GeneratorEvaluation {
  /** Mean absolute error of the redrawn face, 0..1. */
  l1: number;
  /** The same within the mouth region. */
  mouth_l1: number;
  /** E_sync (eq. 5) of the redrawn windows, where a sync discriminator judges. */
  e_sync?: number;
  /** LipGAN's squared distance of redrawn faces from their sound, where its discriminator judges. */
  contrastive?: number;
  /** Cross entropy of redrawn faces with "real", where visual quality is judged. */
  quality?: number;
}

/** Windows of one pass, and passes of one evaluation. */
const WINDOWS = 4;
const PASSES = 10;

/** The mouth's part of faces: [n, 96, 96, 3] -> [n, h, w, 3]. */
export function mouthRegion(faces: Tensor): Tensor {
  const { top, left, height, width } = MOUTH_REGION;
  return tf.slice(faces, [0, top, left, 0], [-1, height, width, -1]);
}

/** One held-out pass for a kind of generator and its judges; compiled once for all evaluations of a process. */
function judging(network: GeneratorNetwork, names: DiscriminatorName[]) {
  return compile((generator: Params, discriminators: Record<string, Params>, batch: Named) => {
    const { face } = network(scope(generator), batch as { mel: Tensor; faces: Tensor });
    const terms = names.map((name): [string, Tensor] => [
      DISCRIMINATORS[name].term,
      DISCRIMINATORS[name].generatorLoss(discriminators[name], face, batch),
    ]);
    return {
      l1: reconstructionLoss(face, batch.target),
      mouth_l1: reconstructionLoss(mouthRegion(face), mouthRegion(batch.target)),
      ...Object.fromEntries(terms),
    } as Named;
  });
}
const passes = new Map<string, ReturnType<typeof judging>>();

/** The held-out losses of a generator, on the same windows each time. */
export async function evaluateGenerator(
  dataset: Dataset,
  { generator, discriminators, config }: {
    generator: Params;
    /** Parameters of the discriminators that it plays against, by name. */
    discriminators: Record<string, Params>;
    config: Config;
  },
): Promise<GeneratorEvaluation> {
  const { minShift, voicedOnly, frames } = config.gan, names = discriminatorsIn(config.gan, "windows");
  const { kind } = config.generator, key = [kind, ...names].join();
  const pass = passes.get(key) ?? judging(GENERATORS[kind], names);
  passes.set(key, pass);
  const rng = random(config.seed), sums: GeneratorEvaluation = { l1: 0, mouth_l1: 0 };
  for (let k = 0; k < PASSES; k++) {
    const options = { frames, windows: WINDOWS, poseShift: 0, minShift, voicedOnly };
    const batch = generatorTensors(await sampleGeneratorBatch(dataset, rng, options));
    for (const [term, value] of Object.entries(pass(generator, discriminators, batch))) {
      const name = term as keyof GeneratorEvaluation;
      sums[name] = (sums[name] ?? 0) + value.dataSync()[0] / PASSES;
      value.dispose();
    }
    tf.dispose(batch);
  }
  return sums;
}
