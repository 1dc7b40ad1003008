// What the notebooks are made from without a training: the ended runs of an experiment, under figures/stored/.
import { join } from "node:path";
import { type Experiment, storedFolder } from "./experiment.ts";
import { exists } from "../base/files.ts";
import { storeRun } from "../training/stored_run.ts";

/** Trainings beside the generator's that notebook 5 shows the course of. */
const BRANCHES = ["frames", "frozen"];

/**
 * Stores an experiment's runs for `openExperiment` with KIT_STORED, in place of what was stored of it before; of the
 * branches the logs and measured rows alone. Throws KitError when they were not trained, or the place is not writable.
 * @returns the folder
 */
export async function storeExperiment(experiment: Experiment): Promise<string> {
  const folder = storedFolder(experiment), part = `${folder}.part`;
  const { discriminator, generator } = experiment;
  await Deno.remove(part, { recursive: true }).catch(() => {}); // of a call that was killed
  await storeRun(discriminator, join(part, "discriminator"));
  await storeRun(generator, join(part, "generator"));
  for (const branch of BRANCHES) {
    const run = `${generator}-${branch}`;
    if (await exists(run)) await storeRun(run, join(part, `generator-${branch}`), { weights: false });
  }
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.rename(part, folder);
  return folder;
}
