// What a notebook works on: which data, which configuration, and the folders where runs and figures go.
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { KitError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { FIGURES, ROOT } from "../base/root.ts";
import { readSelected } from "../dataset/manifest.ts";
import type { Source } from "../figures/source.ts";
import { initSyncDiscriminator } from "../models/sync_discriminator.ts";
import type { Params } from "../nn/params.ts";
import type { RunKind } from "../training/checkpoint.ts";
import { type Config, configure } from "../training/config.ts";
import { bestPath, isRun, loadDiscriminator, readRun, type RunFile } from "../training/run.ts";
import { storeRun } from "../training/stored_run.ts";
import { CORPORA, embeddedCorpus } from "./corpora.ts";

/** Everything that the notebooks share; the environment decides it, so that one notebook runs on any data. */
export interface Experiment {
  /** Name of its folders: "corpus-small". */
  name: string;
  preset: string;
  config: Config;
  /** Name of the data for captions: "embedded corpus, small (85 people)", or the prepared folder's own name. */
  data: string;
  /** The prepared folder. */
  prepared: string;
  /** The folder of the videos it was prepared from; only of the embedded corpus. */
  videos?: string;
  runs: string;
  figures: string;
  /** Run folder of the sync discriminator for this data and configuration; it may not be there yet. */
  discriminator: string;
  /** Run folder of the generator. */
  generator: string;
  /** For captions: data, preset and seed. */
  source: Source;
}

/** The name of a preset's work on data, which is a prepared folder or the embedded corpus: of folders with its runs and tables. */
export const experimentName = ({ data, preset }: { data?: string; preset: string }): string =>
  `${data === undefined ? "corpus" : basename(resolve(data))}-${preset}`;

/** Where the ended runs of experiments are kept, to be shown without a training. */
const storedIn = (figures: string): string => join(figures, "stored");

const REPRODUCE = "Run `deno task reproduce` for it once without --stored";

/**
 * The run folder `<folder>/<kind>` for this configuration and data. Where a run of another configuration or other data
 * is there already, a folder with a hash in its name, so that nothing stale is shown and nothing is lost.
 * Throws KitError when a stored run is such another one, or not there.
 */
async function runFolder(
  folder: string,
  { kind, stored, trained }: { kind: RunKind; stored: boolean; trained: Pick<RunFile, "config" | "data"> },
): Promise<string> {
  const run = join(folder, kind);
  if (!stored && !await isRun(run)) return run;
  const { config, data } = await readRun(run, kind);
  if (isDeepStrictEqual({ config, data }, trained)) return run;
  if (stored) throw new KitError(`${run} is of another configuration or other data`, REPRODUCE);
  const hash = createHash("sha1").update(JSON.stringify([trained.config, trained.data])).digest("hex");
  return `${run}-${hash.slice(0, 8)}`;
}

/**
 * Opens what the environment asks for: KIT_PRESET ("small"), KIT_DATA (a prepared folder; the embedded corpus, rendered
 * and prepared when it is first needed, otherwise), KIT_FIGURES and KIT_RUNS (`figures/` and `runs/` of the kit).
 * With KIT_STORED the runs are those that an earlier run of all notebooks has stored, and nothing is trained: those below
 * KIT_FIGURES if it is 1, or the folder that it names.
 * @param options corpora: where the embedded corpus is kept
 * @throws KitError for an unknown preset, a folder that is not a finished prepared folder, or nothing stored of it
 */
export async function openExperiment(
  { env = Deno.env.toObject(), corpora = CORPORA }: { env?: Record<string, string>; corpora?: string } = {},
): Promise<Experiment> {
  const { KIT_PRESET: preset = "small", KIT_DATA, KIT_FIGURES = FIGURES, KIT_RUNS = join(ROOT, "runs") } =
    env;
  const config = configure(preset), name = experimentName({ data: KIT_DATA || undefined, preset });
  const figures = resolve(KIT_FIGURES), runs = resolve(KIT_RUNS), stored = Boolean(env.KIT_STORED);
  const kept = env.KIT_STORED === "1" ? storedIn(figures) : env.KIT_STORED;
  const folder = join(kept || runs, name);
  if (stored && !await exists(folder)) throw new KitError(`Nothing is stored of ${name}`, REPRODUCE);
  const given = KIT_DATA
    ? { data: basename(resolve(KIT_DATA)), prepared: resolve(KIT_DATA) }
    : await embeddedCorpus(preset, corpora);
  const learnt = (await readSelected(given.prepared)).filter(({ split }) => split === "train");
  const trained = { config, data: { name: basename(given.prepared), clips: learnt.length } };
  return {
    ...given,
    ...{ name, preset, config, runs, figures },
    discriminator: await runFolder(folder, { kind: "discriminator", stored, trained }),
    generator: await runFolder(folder, { kind: "generator", stored, trained }),
    source: { data: given.data, preset, seed: config.seed },
  };
}

/** Opens an experiment by preset and prepared folder, where the environment says nothing else; throws as `openExperiment`. */
export const openExperimentOf = ({ data, preset }: { data?: string; preset: string }): Promise<Experiment> =>
  openExperiment({
    env: { ...Deno.env.toObject(), KIT_PRESET: preset, ...(data === undefined ? {} : { KIT_DATA: data }) },
  });

/**
 * The experiment's sync discriminator: the best of its run, or a fresh one while there is none. `state` says which, for
 * captions: "trained for 1,200 steps" or "untrained".
 */
export async function openDiscriminator(
  { discriminator: run, config }: Pick<Experiment, "discriminator" | "config">,
): Promise<{ params: Params; state: string }> {
  if (!await exists(bestPath(run))) {
    return { params: initSyncDiscriminator(config.discriminator, config.seed), state: "untrained" };
  }
  const { params, step } = await loadDiscriminator(run);
  return { params, state: `trained for ${step.toLocaleString("en-US")} steps` };
}

/** Trainings beside the generator's that notebook 5 shows the course of. */
const BRANCHES = ["frames", "frozen"];

/**
 * Stores an experiment's runs for `openExperiment` with KIT_STORED, in place of what was stored of it before; of the
 * branches the logs and measured rows alone. Throws KitError when they were not trained, or the place is not writable.
 * @returns the folder
 */
export async function storeExperiment(experiment: Experiment): Promise<string> {
  const folder = join(storedIn(experiment.figures), experiment.name), part = `${folder}.part`;
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
