import { median } from "d3-array";
import { random } from "../base/random.ts";
import { sampleGeneratorBatch, sampleSyncBatch } from "../dataset/batches.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { tf } from "../native/tf.ts";
import type { Config } from "./config.ts";
import { lossWeights } from "./discriminators.ts";
import { openNetworks, pairsOfTurn } from "./gan.ts";
import { ganStep } from "./gan_steps.ts";

/** What a system's first step on windows says: its losses by their names in the log, and the time of the later ones. */
export interface SystemTrial {
  losses: Record<string, number>;
  /** Median of the steps after the first, the discriminators' turns included. */
  milliseconds: number;
}

/**
 * Takes a few steps of a system's training on one batch of windows with fresh networks.
 * Throws KitError when no such batch can be sampled.
 */
export async function trySystem(
  dataset: Dataset,
  config: Config,
  { steps = 4 }: { steps?: number } = {},
): Promise<SystemTrial> {
  const { gan, seed } = config, weights = lossWeights(gan, "windows", gan);
  const options = { ...gan, offSync: gan.sync === "contrastive" };
  const generator = await sampleGeneratorBatch(dataset, random(seed), options);
  const pairs = await sampleSyncBatch(dataset, random(seed), pairsOfTurn(gan));
  const take = ganStep(config);
  let networks = openNetworks(config);
  const tried = Array.from({ length: steps }, (_, k) => {
    const begun = performance.now();
    const { networks: next, terms, turns } = take(networks, { generator, pairs }, {
      step: gan.frameSteps + k,
      weights,
    });
    networks = next;
    return { losses: { ...terms, ...turns }, milliseconds: performance.now() - begun };
  });
  tf.dispose(networks);
  return { losses: tried[0].losses, milliseconds: median(tried.slice(1), (step) => step.milliseconds)! };
}
