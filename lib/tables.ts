// The paper's tables from nothing: every system, several seeds, one judge: `deno task tables`.
import { availableParallelism, cpus } from "node:os";
import { existsSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import type { Crowds, EvaluationFacts, EvaluationReport } from "./evaluation_report.ts";
import { reportOf, writeReport } from "./evaluation_report.ts";
import { evaluateSystems } from "./evaluate.ts";
import { planPairs } from "./evaluation/evaluation_plan.ts";
import { trainOwnJudge } from "./evaluation/own_judge.ts";
import { readStoredTables, type TrainingRow, writeStoredTables } from "./evaluation/stored_tables.ts";
import type { SyncnetProtocol } from "./evaluation/syncnet_inputs.ts";
import { type Experiment, judgeCorpus, openExperiment } from "./experiment.ts";
import { KitError } from "./errors.ts";
import { exists, makeFolder, writing } from "./files.ts";
import { FIGURES } from "./figures/table.ts";
import { readParquet } from "./parquet.ts";
import { spanInWords } from "./progress.ts";
import { configure } from "./training/config.ts";
import { bestPath } from "./training/run.ts";
import { planSeed, type SuiteJob } from "./training/suite.ts";
import { systems } from "./training/systems.ts";
import { writeTablePictures } from "./tables_pictures.ts";
import { readSuiteRecord, trainSuite } from "./training/train_suite.ts";

/** Steps of the judge's training: it is trained once, and all rests on it. */
const JUDGE_STEPS = 2000;

/** What stands above the tables of one data set. */
export interface TablesFacts extends EvaluationFacts {
  /** The data set for captions, and what its licence wants said. */
  data: string;
  credit: string;
  preset: string;
  seeds: number[];
  /** What else is to be known of how the stored rows came about. */
  remark?: string;
  /** Name of the distance between sets of pictures. */
  distance: string;
  /** So many pairs of clips only; all when absent. */
  clips?: number;
  /** The processor and its cores: hours mean nothing without. */
  machine: string;
}

export interface TablesOptions {
  /** A prepared folder; the embedded corpus when not given. */
  data?: string;
  preset?: string;
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
  /** So many pairs of clips only. */
  clips?: number;
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

/** The name of the tables of a preset and of data, which is a prepared folder or the embedded corpus. */
export const tablesName = ({ data, preset }: { data?: string; preset: string }): string =>
  `${data === undefined ? "corpus" : basename(resolve(data))}-${preset}`;

/** Whether tables of this name are stored. */
export const hasTables = (name: string): Promise<boolean> => exists(join(tablesFolder(name), "tables.json"));

/** Seconds that jobs would take by those of trainings like them; undefined where one of them is not known. */
export function secondsOf(
  jobs: Pick<SuiteJob, "name" | "steps">[],
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
async function trainingRows(jobs: SuiteJob[]): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = [];
  for (const job of jobs) {
    const done = (await readSuiteRecord(job))?.done;
    if (!done) continue;
    const { name, seed, kind, steps, config } = job, { seconds, processes, best, ended } = done;
    rows.push({
      ...{ name, seed, kind, steps, seconds, processes, best, ended },
      config: JSON.stringify(config),
    });
  }
  return rows;
}

/** In the order in which systems are listed, what is none of them first. */
const inOrder = <T extends { system: string }>(rows: T[]): T[] => {
  const names = Object.keys(systems);
  return rows.toSorted((a, b) => names.indexOf(a.system) - names.indexOf(b.system));
};

/** Keeps the judge beside the tables, so that another system can be judged by the same one. */
async function keepJudge(run: string, folder: string): Promise<void> {
  await makeFolder(folder);
  for (const from of [bestPath(run), join(run, "run.json")]) {
    const to = join(folder, from.slice(run.length + 1));
    await writing(to, () => Deno.copyFile(from, to));
  }
}

/** The judge's run folder: the one given, the one kept beside the tables, or one trained now. */
async function judgeRun(
  { prepared, preset }: Pick<Experiment, "prepared" | "preset">,
  options: TablesOptions & { seeds: number[]; runs: string; out: string },
): Promise<string | undefined> {
  const { data, clips, judge, judgeData, judgeSteps = JUDGE_STEPS, syncnet, seeds, runs, out } = options;
  if (syncnet !== undefined) return;
  if (judge !== undefined) return judge;
  const kept = join(out, "judge");
  if (await exists(join(kept, "run.json"))) {
    if (judgeData === undefined && options.judgeSteps === undefined) return kept;
    throw new KitError(
      `${kept} holds the judge of these tables, so none is trained`,
      "Leave --judge-data and --judge-steps out, remove that folder, or give another --name",
    );
  }
  const pairs = await planPairs(prepared, { clips });
  const run = await trainOwnJudge(prepared, {
    out: runs,
    data: judgeData ?? (data === undefined ? await judgeCorpus(preset) : prepared),
    evaluated: [...pairs.own, ...pairs.cross].flatMap(({ video, sound }) => [video, sound]),
    seeds,
    config: configure(preset),
    steps: judgeSteps,
  });
  await keepJudge(run, kept);
  return kept;
}

/** The tables of a data set as a report, and their folder. */
export type TablesReport = EvaluationReport & {
  tables: TablesFacts;
  trainings: TrainingRow[];
  folder: string;
};

/** The stored tables of a data set, as a report. Throws KitError as `readStoredTables` does. */
export async function openTables(folder: string): Promise<TablesReport> {
  const { facts, rows, crowds, crowdVerdicts, trainings } = await readStoredTables<TablesFacts>(folder);
  const distances: Crowds = { distance: facts.distance, scores: crowds, verdicts: crowdVerdicts };
  return { ...reportOf(rows, distances, facts), tables: facts, trainings, folder };
}

/** The trainings of a data set: which there are, which are missing, and what those would take. */
interface TablesPlan {
  experiment: Experiment;
  /** Where the tables go, and the runs. */
  out: string;
  runs: string;
  jobsOf: (seed: number) => SuiteJob[];
  missing: SuiteJob[];
  /** Seconds that they take by trainings like them; undefined where there were none. */
  seconds?: number;
  lines: string[];
}

async function planOf(
  { data, preset = "small", seeds = [1, 2, 3], systems: names = Object.keys(systems), ...options }:
    TablesOptions,
): Promise<TablesPlan> {
  const experiment = await openExperiment({
    env: { ...Deno.env.toObject(), KIT_PRESET: preset, ...(data === undefined ? {} : { KIT_DATA: data }) },
  });
  const name = options.name ?? tablesName({ data, preset });
  const out = options.out ?? tablesFolder(name), runs = join(experiment.runs, "tables", name);
  const jobsOf = (seed: number) => planSeed({ preset, seed, folder: runs, names });
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
  const of = `${jobs.length} trainings (${names.length} systems, ${seeds.length} seeds)`;
  const lines = [
    missing.length === 0 ? `All of ${of} are there` : `${missing.length} of ${of} are to do: ${time}`,
  ];
  return { experiment, out, runs, jobsOf, missing, seconds, lines };
}

/** What `makeTables` would train, and how long that takes. */
export async function planTables(
  options: TablesOptions,
): Promise<{ missing: string[]; seconds?: number; lines: string[] }> {
  const { missing, seconds, lines } = await planOf(options);
  return { missing: missing.map(({ name, seed }) => `${name}, seed ${seed}`), seconds, lines };
}

/**
 * Trains every system of the paper's tables for each seed, scores all of them by one judge, and keeps the scores under
 * `figures/tables/<name>`. What is trained or scored already is left; after each seed the tables are written.
 * Throws KitError for data, a judge or a run folder that cannot be used.
 */
export async function makeTables(options: TablesOptions = {}): Promise<TablesReport> {
  const { preset = "small", seeds = [1, 2, 3], say = () => {}, credit = "" } = options;
  const { processes = preset === "paper" ? 1 : availableParallelism() } = options;
  const { experiment: { prepared, data }, out, runs, jobsOf, lines } = await planOf(options);
  lines.forEach(say);

  // The pairs of the stored rows, where there are any: other ones would not compare.
  const stored = await exists(join(out, "tables.json"))
    ? (await readStoredTables<TablesFacts>(out)).facts
    : undefined;
  const { clips = stored?.clips, syncnet, protocol, inception } = options;
  const judge = await judgeRun({ prepared, preset }, { ...options, clips, seeds, runs, out });
  const evaluateRuns = (evaluated: string[]) =>
    evaluateSystems(prepared, {
      ...{ runs: evaluated, out: join(runs, "scores"), clips, judge, syncnet, protocol, inception },
    });
  /** A seed's generators, in the order of the tables. */
  const generatorsOf = (seed: number) => {
    const jobs = jobsOf(seed);
    return Object.keys(systems).flatMap((name) => jobs.filter((job) => job.name === name));
  };
  // A judge that cannot tell is refused before hours of training.
  await evaluateRuns([]);
  let report: TablesReport | undefined;
  for (const [index, seed] of seeds.entries()) {
    await trainSuite(jobsOf(seed), { prepared, processes });
    const soFar = seeds.slice(0, index + 1);
    const found = await evaluateRuns(soFar.flatMap(generatorsOf).map(({ run }) => run));
    const { rows, crowds, pairs, judge: statement, separation, features } = found;
    const facts: TablesFacts = {
      ...{ data, credit, preset, clips, seeds: soFar, distance: crowds.distance },
      machine: `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`,
      ...{ pairs, judge: statement, separation, features },
    };
    await makeFolder(out);
    await writeStoredTables(out, {
      facts,
      // In the order of the tables; where the runs lie is of this machine alone.
      rows: inOrder(rows).map((row) => ({ ...row, run: row.run === "" ? "" : relative(runs, row.run) })),
      trainings: await trainingRows(soFar.flatMap(jobsOf)),
      ...{ crowds: inOrder(crowds.scores), crowdVerdicts: crowds.verdicts },
    });
    report = await openTables(out);
    await writeReport(report, out);
    if (index === 0) {
      const caption = [`${data}, preset ${preset}, seed ${seed}.`, credit].filter(Boolean).join(" ");
      await writeTablePictures(prepared, { folder: out, runs: generatorsOf(seed), clips, caption });
    }
    say(`Seed ${seed} is in the tables: ${rows.length} rows in ${out}`);
  }
  return report ?? await openTables(out);
}
