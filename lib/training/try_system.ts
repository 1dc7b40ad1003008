import { random } from "../base/random.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { sampleGeneratorBatch, sampleSyncBatch } from "../dataset/batches.ts";
import { initGenerator } from "../models/generator_kinds.ts";
import { compile, type Named } from "../native/compile.ts";
import { adamInit } from "../nn/adam.ts";
import { initialize, type Params } from "../nn/params.ts";
import { tf } from "../native/tf.ts";
import { flattenAdam } from "./checkpoint.ts";
import type { Config } from "./config.ts";
import { DISCRIMINATORS, discriminatorsOf, lossWeights, trainedIn } from "./discriminators.ts";
import { discriminatorStep, generatorStep, generatorTensors, type TrainedNetwork } from "./gan_steps.ts";
import { syncTensors } from "./pretrain.ts";
import { median } from "./repeat_step.ts";

/** What a system's first step on windows says: its losses by their names in the log, and the time of the later ones. */
export interface SystemTrial {
  losses: Record<string, number>;
  /** Median of the steps after the first, the discriminators' turns included. */
  milliseconds: number;
}

const disposeTrained = ({ params, state }: TrainedNetwork) =>
  tf.dispose([params, flattenAdam(state)] as never);

/**
 * Takes a few compiled steps of a system on one batch of windows with fresh networks, the discriminators' turns included.
 * Throws KitError when no such batch can be drawn.
 */
export async function trySystem(
  dataset: Dataset,
  config: Config,
  { steps = 4 }: { steps?: number } = {},
): Promise<SystemTrial> {
  const { gan, seed } = config, names = discriminatorsOf(gan), trained = trainedIn(gan, "windows");
  const offSync = gan.sync === "contrastive";
  const batch = generatorTensors(await sampleGeneratorBatch(dataset, random(seed), { ...gan, offSync }));
  const pairs = syncTensors(await sampleSyncBatch(dataset, random(seed), { ...gan, size: 2 * gan.windows }));
  const fresh = (params: Params): TrainedNetwork => ({ params, state: adamInit(params) });
  let generator = fresh(initGenerator(config.generator, seed));
  const discriminators = new Map(
    names.map((name) => [name, fresh(initialize(DISCRIMINATORS[name].specs(config), seed))]),
  );
  const step = compile(generatorStep(config, "windows"));
  const turns = trained.map((name) => ({ name, take: compile(discriminatorStep(name, gan)) }));
  const rate = tf.scalar(gan.windowLearningRate);
  const weights = Object.fromEntries(
    Object.entries(lossWeights(gan, "windows", gan)).map(([name, weight]) => [name, tf.scalar(weight)]),
  );
  const times: number[] = [], losses: Record<string, number> = {};
  /** Reads all losses, as training does; those of the first step are kept. */
  const read = (values: Named, k: number) => {
    for (const [name, value] of Object.entries(values)) {
      const [loss] = value.dataSync();
      if (k === 0) losses[name] = loss;
      value.dispose();
    }
  };
  for (let k = 0; k < steps; k++) {
    const begun = performance.now();
    const params = Object.fromEntries(names.map((name) => [name, discriminators.get(name)!.params]));
    const { terms, face, ...next } = step({ ...generator, discriminators: params }, batch, { rate, weights });
    disposeTrained(generator);
    generator = next;
    read(terms, k);
    for (const { name, take } of turns) {
      const old = discriminators.get(name)!,
        { loss, logged, ...trained } = take(old, { generated: face, batch, pairs }, { rate });
      disposeTrained(old);
      discriminators.set(name, trained);
      read({ [name === "quality" ? "q_loss" : "d_loss"]: loss, ...logged }, k);
    }
    face.dispose();
    times.push(performance.now() - begun);
  }
  [generator, ...discriminators.values()].forEach(disposeTrained);
  tf.dispose([batch, pairs, weights, rate] as never);
  return { losses, milliseconds: median(times.slice(1)) };
}
