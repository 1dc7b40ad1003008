// What the paper's tables need on a data set: which trainings are there, and which are to do.
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { expectedSeconds } from "../base/expected_time.ts";
import { spanInWords } from "../base/progress.ts";
import { type Experiment, experimentName, openExperimentOf } from "../notebooks/experiment.ts";
import type { EvaluateOptions } from "../tasks/evaluate.ts";
import { systems } from "../training/systems.ts";
import {
  EMBEDDED,
  hasTables,
  readStoredTables,
  readTrainings,
  type StoredTables,
  tablesFolder,
  type TrainingRow,
} from "./stored.ts";
import { readSweepRecord, TRAINING_VERSION } from "./sweep.ts";
import { planSeed, type SweepJob } from "./sweep_plan.ts";

/**
 * What tables are of. The judge is the one given, the one kept beside the tables, or one that learns now; of `clips`
 * there are as many as the stored rows are of, when not given.
 */
export interface TablesOptions extends
  Pick<
    EvaluateOptions,
    "judge" | "judgeData" | "judgeSteps" | "syncnet" | "protocol" | "inception" | "clips"
  > {
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
  /** Keeps the stored rows, and trains what they lack; else all is made anew. */
  add?: boolean;
  /** Trainings side by side. */
  processes?: number;
  /** Where the tables go; `figures/tables/<name>` when not given. */
  out?: string;
  /** Hears what is being done. */
  say?: (line: string) => void;
}

/** The trainings of a data set: which there are, which are missing, and what those would take. */
export interface TablesPlan {
  experiment: Experiment;
  /** Where the tables go, and the runs. */
  out: string;
  runs: string;
  /** What is stored and stays. */
  stored?: StoredTables;
  /** A seed's trainings, without those of systems that are stored and stay. */
  jobsOf: (seed: number) => SweepJob[];
  /** "Ours, seed 1", and seconds that all of them take by trainings like them; undefined where one was never timed. */
  missing: string[];
  seconds?: number;
  lines: string[];
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

/** Throws KitError when stored trainings are not those that this kit makes: new ones do not mix with them. */
function refuseOthers(
  { trainings }: StoredTables,
  { out, preset, settings }: { out: string; preset: string; settings: string[] },
): void {
  for (const { name, seed, version, config } of trainings) {
    const job = planSeed({ preset, settings, seed, folder: "" }).find((one) => one.name === name);
    if (job && version === TRAINING_VERSION && config === JSON.stringify(job.config)) continue;
    throw new KitError(
      `${out} holds ${name}, seed ${seed}, of another configuration or version of the kit`,
      "Make the tables anew without --add, or add to others with --name",
    );
  }
}

/** How long trainings took, of which several shared the cores: those of a folder, or those that come with the kit. */
async function timedTrainings(out: string): Promise<TrainingRow[]> {
  const folder = await hasTables(out) ? out : tablesFolder(EMBEDDED);
  if (!await hasTables(folder)) return [];
  return readTrainings(folder).map((row) => ({ ...row, seconds: row.seconds / row.processes }));
}

/**
 * Plans the tables of a data set. Throws KitError for data that cannot be used, and for stored trainings that this kit
 * does not make any more.
 */
export async function planTables(
  {
    data,
    preset = "small",
    settings = [],
    seeds = [1, 2, 3],
    systems: asked = Object.keys(systems),
    add = false,
    ...options
  }: TablesOptions,
): Promise<TablesPlan> {
  const experiment = await openExperimentOf({ data, preset });
  const name = options.name ?? experimentName({ data, preset });
  const out = options.out ?? tablesFolder(name), runs = join(experiment.runs, "tables", name);
  const stored = add && await hasTables(out) ? await readStoredTables(out) : undefined;
  if (stored) refuseOthers(stored, { out, preset, settings });
  const jobsOf = (seed: number) => {
    const there = stored?.trainings.filter((row) => row.seed === seed).map(({ name }) => name) ?? [];
    const names = asked.filter((name) => !there.includes(name));
    return planSeed({ preset, settings, seed, folder: runs, names });
  };
  const jobs = seeds.flatMap(jobsOf), done: SweepJob[] = [];
  for (const job of jobs) if ((await readSweepRecord(job))?.done) done.push(job);
  const missing = jobs.filter((job) => !done.includes(job));
  const seconds = expectedSeconds(missing, await timedTrainings(out));
  const time = seconds === undefined
    ? "how long is not known yet"
    : `about ${spanInWords(seconds)} on this kit's first machine`;
  const of = `${jobs.length} trainings (${asked.length} systems, ${seeds.length} seeds)`;
  const lines = [
    ...stored ? [`${out} has seeds ${stored.facts.seeds.join(", ")} already, which stay`] : [],
    missing.length === 0 ? `All of ${of} are there` : `${missing.length} of ${of} are to do: ${time}`,
  ];
  const named = missing.map(({ name, seed }) => `${name}, seed ${seed}`);
  return { ...{ experiment, out, runs, stored, jobsOf, seconds, lines }, missing: named };
}
