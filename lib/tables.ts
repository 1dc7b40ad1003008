// The paper's tables from nothing: every system, several seeds, one judge: `deno task tables`.
import { availableParallelism, cpus } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
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
import { spanInWords } from "./progress.ts";
import { configure } from "./training/config.ts";
import { bestPath } from "./training/run.ts";
import { planSeed, type SuiteJob } from "./training/suite.ts";
import { systems } from "./training/systems.ts";
import { readSuiteRecord, trainSuite } from "./training/train_suite.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Steps of the judge's training: it is trained once, and all rests on it. */
const JUDGE_STEPS = 3000;

/** What stands above the tables of one data set. */
export interface TablesFacts extends EvaluationFacts {
  /** The data set for captions, and what its licence wants said. */
  data: string;
  credit: string;
  preset: string;
  seeds: number[];
  /** Name of the distance between sets of pictures. */
  distance: string;
  /** The processor and its cores: hours mean nothing without. */
  machine: string;
}

export interface TablesOptions {
  /** A prepared folder; the embedded corpus when not given. */
  data?: string;
  preset?: string;
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
  /** Only what the trainings would take is said. */
  plan?: boolean;
  /** Where the tables go; `figures/tables/<name>` when not given. */
  out?: string;
  /** Hears what is being done. */
  say?: (line: string) => void;
}

/** Where the tables of a data set are kept. */
export const tablesFolder = (name: string, figures = join(ROOT, "figures")): string =>
  join(figures, "tables", name);

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
  { data, clips, judge, judgeData, judgeSteps = JUDGE_STEPS, syncnet, seeds, runs, out }: TablesOptions & {
    seeds: number[];
    runs: string;
    out: string;
  },
): Promise<string | undefined> {
  if (syncnet !== undefined) return;
  if (judge !== undefined) return judge;
  const kept = join(out, "judge");
  if (await exists(join(kept, "run.json"))) return kept;
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

/** The tables of a data set as a report. */
export type TablesReport = EvaluationReport & { tables: TablesFacts; trainings: TrainingRow[] };

/** The stored tables of a data set, as a report. Throws KitError as `readStoredTables` does. */
export async function openTables(folder: string): Promise<TablesReport> {
  const { facts, rows, crowds, crowdVerdicts, trainings } = await readStoredTables<TablesFacts>(folder);
  const distances: Crowds = { distance: facts.distance, scores: crowds, verdicts: crowdVerdicts };
  return { ...reportOf(rows, distances, facts), tables: facts, trainings };
}

/**
 * Trains every system of the paper's tables for each seed, scores all of them by one judge, and keeps the scores under
 * `figures/tables/<name>`. What is trained or scored already is left; after each seed the tables are written.
 * Throws KitError for data, a judge or a run folder that cannot be used.
 */
export async function makeTables(options: TablesOptions = {}): Promise<TablesReport> {
  const { data, preset = "small", seeds = [1, 2, 3], say = () => {}, credit = "" } = options;
  const { processes = preset === "paper" ? 1 : availableParallelism() } = options;
  const experiment = await openExperiment({
    env: { ...Deno.env.toObject(), KIT_PRESET: preset, ...(data === undefined ? {} : { KIT_DATA: data }) },
  });
  const name = options.name ?? `${data === undefined ? "corpus" : experiment.data}-${preset}`;
  const out = options.out ?? tablesFolder(name), runs = join(experiment.runs, "tables", name);
  const jobsOf = (seed: number) => planSeed({ preset, seed, folder: runs }), jobs = seeds.flatMap(jobsOf);

  const done = new Set((await trainingRows(jobs)).map(({ name, seed }) => `${name} ${seed}`));
  const missing = jobs.filter(({ name, seed }) => !done.has(`${name} ${seed}`));
  const known = await exists(join(out, "trainings.parquet")) ? (await readStoredTables(out)).trainings : [];
  const seconds = secondsOf(missing, known);
  const time = seconds === undefined ? "how long is not known yet" : `about ${spanInWords(seconds)}`;
  const count = Object.keys(systems).length;
  say(
    missing.length === 0
      ? `All ${jobs.length} trainings of ${count} systems and ${seeds.length} seeds are there`
      : `${missing.length} of ${jobs.length} trainings (${count} systems, ${seeds.length} seeds) are to do: ${time}`,
  );
  if (options.plan) return await openTables(out);

  const judge = await judgeRun(experiment, { ...options, seeds, runs, out });
  let report: TablesReport | undefined;
  for (const [index, seed] of seeds.entries()) {
    const { clips, syncnet, protocol, inception } = options;
    const evaluateRuns = (evaluated: string[]) =>
      evaluateSystems(experiment.prepared, {
        ...{ runs: evaluated, out: join(runs, "scores"), clips, judge, syncnet, protocol, inception },
      });
    // A judge that cannot tell is refused before hours of training.
    if (index === 0) await evaluateRuns([]);
    await trainSuite(jobsOf(seed), { prepared: experiment.prepared, processes });
    const soFar = seeds.slice(0, index + 1), all = soFar.flatMap(jobsOf);
    const generators = all.filter((job) => job.name in systems).map(({ run }) => run);
    const { rows, crowds, pairs, judge: statement, separation, features } = await evaluateRuns(generators);
    const facts: TablesFacts = {
      ...{ data: experiment.data, credit, preset, seeds: soFar, distance: crowds.distance },
      machine: `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`,
      ...{ pairs, judge: statement, separation, features },
    };
    const trainings = await trainingRows(all);
    // Where the runs lie is of this machine alone.
    const placed = rows.map((row) => ({ ...row, run: row.run === "" ? "" : relative(runs, row.run) }));
    await makeFolder(out);
    await writeStoredTables(out, {
      ...{ facts, rows: placed, trainings },
      ...{ crowds: crowds.scores, crowdVerdicts: crowds.verdicts },
    });
    report = await openTables(out);
    await writeReport(report, out);
    say(`Seed ${seed}: ${rows.length} rows in ${out}`);
  }
  if (!report) throw new KitError("No seed was given", "Give one, such as --seeds 1,2,3");
  return report;
}
