// What the paper's tables need on a data set: which trainings are there, and which are to do.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EvaluationFacts } from "../tasks/evaluation_report.ts";
import type { EvaluationSetup } from "../evaluation/scoring/score_folder.ts";
import { readStoredTables, type StoredTables, type TrainingRow } from "./stored.ts";
import type { SyncnetProtocol } from "../evaluation/judges/syncnet_inputs.ts";
import { type Experiment, experimentName, openExperiment } from "../notebooks/experiment.ts";
import { KitError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { FIGURES } from "../base/root.ts";
import { readParquet } from "../base/parquet.ts";
import { spanInWords } from "../base/progress.ts";
import { planSeed, type SweepJob } from "./sweep_plan.ts";
import { systems } from "../training/systems.ts";
import { readSweepRecord, TRAINING_VERSION } from "./sweep.ts";

/** What stands above the tables of one data set. */
export interface TablesFacts extends EvaluationFacts {
  /** The data set for captions, and what its licence wants said. */
  data: string;
  credit: string;
  /** With what was changed of it. */
  preset: string;
  seeds: number[];
  /** Name of the distance between sets of images. */
  distance: string;
  /** So many pairs of clips only; all when absent. */
  clips?: number;
  /** The processor and its cores, of each machine: hours mean nothing without. */
  machine: string;
  /** What the scores depend on beside the systems. */
  setup: EvaluationSetup;
}

export interface TablesOptions {
  /** A prepared folder; the embedded corpus when not given. */
  data?: string;
  preset?: string;
  /** Changes of the preset for every system, such as "gan.frameSteps=960". */
  settings?: string[];
  /** Names of systems; all when not given. */
  systems?: string[];
  seeds?: number[];
  /** Name of the folders under figures/tables and runs/tables. */
  name?: string;
  /** Said beside every table. */
  credit?: string;
  /** Run folder of a discriminator that judges, or a prepared folder that the kit's own judge learns from. */
  judge?: string;
  judgeData?: string;
  judgeSteps?: number;
  /** SyncNet and Inception as `import` writes them. */
  syncnet?: string;
  protocol?: SyncnetProtocol;
  inception?: string;
  /** So many pairs of clips only; as many as the stored rows are of, when not given. */
  clips?: number;
  /** Keeps the stored rows, and trains what they lack; else all is made anew. */
  add?: boolean;
  /** Trainings side by side. */
  processes?: number;
  /** Where the tables go; `figures/tables/<name>` when not given. */
  out?: string;
  /** Hears what is being done. */
  say?: (line: string) => void;
}

/** Where the tables of a data set are kept. */
export const tablesFolder = (name: string): string => join(FIGURES, "tables", name);

/** The tables that come with the kit. */
export const EMBEDDED = "corpus-small";

/** Whether tables of this name are stored. */
export const hasTables = (name: string): Promise<boolean> => exists(join(tablesFolder(name), "tables.json"));

/** Seconds that jobs would take by those of trainings like them; undefined where one of them is not known. */
export function secondsOf(
  jobs: Pick<SweepJob, "name" | "steps">[],
  known: Pick<TrainingRow, "name" | "steps" | "seconds" | "processes">[],
): number | undefined {
  let sum = 0;
  for (const { name, steps } of jobs) {
    const like = known.filter((row) => row.name === name);
    if (like.length === 0) return;
    const each = like.reduce((total, row) => total + row.seconds / row.processes / row.steps, 0) /
      like.length;
    sum += each * steps;
  }
  return sum;
}

/** The trainings of a data set that have ended, as rows. */
export async function trainingRows(jobs: SweepJob[]): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = [];
  for (const job of jobs) {
    const done = (await readSweepRecord(job))?.done;
    if (!done) continue;
    const { name, seed, kind, steps, config } = job, { seconds, processes, best, ended } = done;
    rows.push({
      ...{ name, seed, kind, steps, seconds, processes, best, ended, version: TRAINING_VERSION },
      config: JSON.stringify(config),
    });
  }
  return rows;
}

/**
 * The stored tables that a call adds to; undefined where it begins anew. Throws KitError when they are of trainings
 * that this kit does not make any more: those do not mix with new ones.
 */
async function storedTablesOf(
  out: string,
  { add = false, preset, settings }: { add?: boolean; preset: string; settings: string[] },
): Promise<StoredTables<TablesFacts> | undefined> {
  if (!add || !await exists(join(out, "tables.json"))) return;
  const kept = await readStoredTables<TablesFacts>(out);
  for (const { name, seed, version, config } of kept.trainings) {
    const job = planSeed({ preset, settings, seed, folder: "" }).find((one) => one.name === name);
    if (job && version === TRAINING_VERSION && config === JSON.stringify(job.config)) continue;
    throw new KitError(
      `${out} holds ${name}, seed ${seed}, of another configuration or version of the kit`,
      "Make the tables anew without --add, or add to others with --name",
    );
  }
  return kept;
}

/** The trainings of a data set: which there are, which are missing, and what those would take. */
export interface TablesPlan {
  experiment: Experiment;
  /** Where the tables go, and the runs. */
  out: string;
  runs: string;
  /** What is stored and stays. */
  kept?: StoredTables<TablesFacts>;
  /** A seed's trainings, without those of systems that are stored and stay. */
  jobsOf: (seed: number) => SweepJob[];
  missing: SweepJob[];
  /** Seconds that they take by trainings like them; undefined where there were none. */
  seconds?: number;
  lines: string[];
}

/** Plans the tables of a data set; throws KitError as `keptTables` does. */
export async function planOf(
  {
    data,
    preset = "small",
    settings = [],
    seeds = [1, 2, 3],
    systems: asked = Object.keys(systems),
    ...options
  }: TablesOptions,
): Promise<TablesPlan> {
  const experiment = await openExperiment({
    env: { ...Deno.env.toObject(), KIT_PRESET: preset, ...(data === undefined ? {} : { KIT_DATA: data }) },
  });
  const name = options.name ?? experimentName({ data, preset });
  const out = options.out ?? tablesFolder(name), runs = join(experiment.runs, "tables", name);
  const kept = await storedTablesOf(out, { add: options.add, preset, settings });
  const isStored = (name: string, seed: number) =>
    kept?.trainings.some((row) => row.name === name && row.seed === seed) ?? false;
  const jobsOf = (seed: number) =>
    planSeed({ preset, settings, seed, folder: runs, names: asked.filter((name) => !isStored(name, seed)) });
  const jobs = seeds.flatMap(jobsOf);
  const keyOf = (job: { name: string; seed: number }) => `${job.name} ${job.seed}`;
  const done = new Set((await trainingRows(jobs)).map(keyOf));
  const missing = jobs.filter((job) => !done.has(keyOf(job)));
  const stored = [out, tablesFolder(EMBEDDED)].map((folder) => join(folder, "trainings.parquet"));
  const known = stored.find((path) => existsSync(path));
  const seconds = secondsOf(missing, known ? readParquet(known) as unknown as TrainingRow[] : []);
  const time = seconds === undefined
    ? "how long is not known yet"
    : `about ${spanInWords(seconds)} on this kit's first machine`;
  const of = `${jobs.length} trainings (${asked.length} systems, ${seeds.length} seeds)`;
  const lines = [
    ...kept ? [`${out} has seeds ${kept.facts.seeds.join(", ")} already, which stay`] : [],
    missing.length === 0 ? `All of ${of} are there` : `${missing.length} of ${of} are to do: ${time}`,
  ];
  return { experiment, out, runs, kept, jobsOf, missing, seconds, lines };
}

/** What `makeTables` would train, and how long that takes. */
export async function planTables(
  options: TablesOptions,
): Promise<{ missing: string[]; seconds?: number; lines: string[] }> {
  const { missing, seconds, lines } = await planOf(options);
  return { missing: missing.map(({ name, seed }) => `${name}, seed ${seed}`), seconds, lines };
}
