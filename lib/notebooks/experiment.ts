// What a notebook works on: which data, which configuration, and the folders where runs and figures go.
import { ROOT } from "../base/root.ts";
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { prepare } from "../prepare/prepare.ts";
import { type ManifestRow, readManifest, readSelected, writeManifest } from "../dataset/manifest.ts";
import { PREPARED_VERSION, preparedOfAnyVersion } from "../dataset/prepared.ts";
import { type CorpusSize, generateCorpus } from "../corpus/corpus.ts";
import { KitError } from "../base/errors.ts";
import { exists, holdFolder } from "../base/files.ts";
import type { Source } from "../figures/source.ts";
import { FIGURES } from "../base/root.ts";
import { initSyncDiscriminator } from "../models/sync_discriminator.ts";
import type { Params } from "../nn/params.ts";
import { type Config, configure } from "../training/config.ts";
import { bestPath, isRun, loadDiscriminator, readRun, type RunFile, type RunKind } from "../training/run.ts";

/** Everything that the notebooks share; the environment decides it, so that one notebook runs on any data. */
export interface Experiment {
  /** Name of its folders: "corpus-small". */
  name: string;
  preset: string;
  config: Config;
  /** Name of the data for captions: "embedded corpus, small", or the prepared folder's own name. */
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

/** How large a corpus a preset is for. */
const sizeFor = (preset: string): CorpusSize => preset === "tiny" ? "tiny" : "small";

/** Seed of the corpus that a judge learns from: other people than those whom systems learn from. */
const JUDGE_CORPUS_SEED = 2;

/**
 * Draws and prepares a corpus, or what is missing of it, in `<folder>/corpus-<name>` and `prepared-<name>`; its split is
 * the corpus's own, as LRS2's is.
 */
async function preparedCorpus(
  folder: string,
  { name, size, seed }: { name: string; size: CorpusSize; seed?: number },
): Promise<{ prepared: string; videos: string }> {
  const prepared = join(folder, `prepared-${name}`), corpus = join(folder, `corpus-${name}`);
  const videos = join(corpus, "main");
  // Two notebooks opened side by side must not both draw.
  using _held = await holdFolder(prepared, { wait: true });
  const { clips: plans, drawn } = await generateCorpus(corpus, { size, seed });
  const splits = new Map(plans.map(({ id, split }) => [id, split]));
  // A project that was moved has its videos elsewhere.
  const isFinished = (rows: ManifestRow[]) =>
    rows.every(({ id, source, split }) => source.startsWith(join(videos, "/")) && split === splits.get(id));
  const current = (await preparedOfAnyVersion(prepared))?.version === PREPARED_VERSION;
  const finished = current && await exists(join(prepared, "manifest.parquet"));
  const known = finished ? await readManifest(prepared) : [];
  if (drawn > 0 || known.length === 0 || !isFinished(known)) {
    const { clips, rejects } = await prepare(videos, prepared);
    const split = (row: ManifestRow) => ({ ...row, split: splits.get(row.id)! });
    await writeManifest(prepared, clips.map(split), rejects);
  }
  return { prepared, videos };
}

/** The corpus that notebooks work on where no data is given. */
const embeddedCorpus = async (folder: string, size: CorpusSize) => ({
  data: `embedded corpus, ${size}`,
  ...await preparedCorpus(folder, { name: size, size }),
});

/** The prepared folder of people for a judge, as many as the embedded corpus has; drawn when it is first needed. */
export async function judgeCorpus(
  preset: string,
  { drawings: corpora = join(ROOT, "data") }: { drawings?: string } = {},
): Promise<string> {
  const size = sizeFor(preset), corpus = { name: `${size}-judge`, size, seed: JUDGE_CORPUS_SEED };
  return (await preparedCorpus(corpora, corpus)).prepared;
}

/** What a run is of: another configuration or other data is another run. */
type Trained = Pick<RunFile, "config" | "data">;

/** Whether a run is of this; throws KitError when it is no run of this kind and version. */
async function isOf(run: string, { kind, trained }: { kind: RunKind; trained: Trained }): Promise<boolean> {
  const { config, data } = await readRun(run, kind);
  return isDeepStrictEqual({ config, data }, trained);
}

/**
 * The folder of a run for this configuration and data: `<folder>/<kind>`, or one with a hash in its name when a
 * run of another configuration or data is there already, so that nothing stale is shown and nothing is lost.
 */
async function runFolder(
  folder: string,
  { kind, trained }: { kind: RunKind; trained: Trained },
): Promise<string> {
  const run = join(folder, kind);
  if (!await isRun(run) || await isOf(run, { kind, trained })) return run;
  const hash = createHash("sha1").update(JSON.stringify([trained.config, trained.data])).digest("hex");
  return `${run}-${hash.slice(0, 8)}`;
}

type Runs = Pick<Experiment, "discriminator" | "generator">;

/** Where the ended runs of an experiment are kept, to be shown without a training. */
export const storedFolder = ({ figures, name }: Pick<Experiment, "figures" | "name">): string =>
  join(figures, "stored", name);

const REPRODUCE = "Run `deno task reproduce` for it once without --stored";

/** The stored runs in `folder`; throws KitError when one is of another configuration or data. */
async function storedRuns(folder: string, trained: Trained): Promise<Runs> {
  const runs = { discriminator: join(folder, "discriminator"), generator: join(folder, "generator") };
  for (const [kind, run] of Object.entries(runs)) {
    if (await isOf(run, { kind: kind as RunKind, trained })) continue;
    throw new KitError(`${run} is of another configuration or other data`, REPRODUCE);
  }
  return runs;
}

/**
 * Opens what the environment asks for: KIT_PRESET ("small"), KIT_DATA (a prepared folder; the embedded corpus, drawn
 * and prepared when it is first needed, otherwise), KIT_FIGURES and KIT_RUNS (`figures/` and `runs/` of the kit).
 * With KIT_STORED the runs are those that an earlier run of all notebooks has stored, and nothing is trained.
 * @param drawings where the embedded corpus is kept, `data/` of the kit
 * @throws KitError for an unknown preset, a folder that is not a finished prepared folder, or nothing stored of it
 */
export async function openExperiment(
  { env = Deno.env.toObject(), drawings: corpora = join(ROOT, "data") }: {
    env?: Record<string, string>;
    drawings?: string;
  } = {},
): Promise<Experiment> {
  const { KIT_PRESET: preset = "small", KIT_DATA, KIT_FIGURES = FIGURES, KIT_RUNS = join(ROOT, "runs") } =
    env;
  const config = configure(preset), name = experimentName({ data: KIT_DATA || undefined, preset });
  const figures = resolve(KIT_FIGURES), runs = resolve(KIT_RUNS), folder = join(runs, name);
  const stored = env.KIT_STORED ? storedFolder({ figures, name }) : undefined;
  if (stored && !await exists(stored)) throw new KitError(`Nothing is stored of ${name}`, REPRODUCE);
  const given = KIT_DATA
    ? { data: basename(resolve(KIT_DATA)), prepared: resolve(KIT_DATA) }
    : await embeddedCorpus(corpora, sizeFor(preset));
  const rows = await readSelected(given.prepared);
  const clips = rows.filter(({ split }) => split === "train").length;
  const trained = { config, data: { name: basename(given.prepared), clips } };
  const own = async (): Promise<Runs> => ({
    discriminator: await runFolder(folder, { kind: "discriminator", trained }),
    generator: await runFolder(folder, { kind: "generator", trained }),
  });
  return {
    ...given,
    name,
    preset,
    config,
    runs,
    figures,
    ...(stored ? await storedRuns(stored, trained) : await own()),
    source: { data: given.data, preset, seed: config.seed },
  };
}

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
