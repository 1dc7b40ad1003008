// The paper's tables from nothing: every system, several seeds, one judge: `deno task tables`.
import { availableParallelism, cpus } from "node:os";
import { join, relative } from "node:path";
import type { EvaluationReport, FrechetResults } from "../tasks/evaluation_report.ts";
import { reportOf, scoredFeatures, writeReport } from "../tasks/evaluation_report.ts";
import { evaluateSystems, type Evaluation } from "../tasks/evaluate.ts";
import { planPairs } from "../evaluation/scoring/evaluation_plan.ts";
import { trainOwnJudge } from "../evaluation/judges/own_judge.ts";
import { restoreScores } from "../evaluation/scoring/score_folder.ts";
import { describedTables, readStoredFeatures, readStoredTables, writeStoredTables } from "./stored.ts";
import type { StoredTables, TrainingRow } from "./stored.ts";
import { type Experiment, judgeCorpus } from "../notebooks/experiment.ts";
import { KitError } from "../base/errors.ts";
import { copyFile, makeFolder } from "../base/files.ts";
import { configure } from "../training/config.ts";
import { bestPath, isRun } from "../training/run.ts";
import { systems } from "../training/systems.ts";
import { runSweep } from "./sweep.ts";
import { planOf, type TablesFacts, type TablesOptions, trainingRows } from "./plan.ts";
import { writeTableImages } from "./figures.ts";

/** Steps of the judge's training: it is trained once, and all rests on it. */
const JUDGE_STEPS = 2000;

/** In the order in which systems are listed, what is none of them first. */
const inOrder = <T extends { system: string }>(rows: T[]): T[] => {
  const names = Object.keys(systems);
  return rows.toSorted((a, b) => names.indexOf(a.system) - names.indexOf(b.system));
};

/** Keeps the judge beside the tables, so that another system can be judged by the same one. */
async function storeJudge(run: string, folder: string): Promise<void> {
  for (const from of [bestPath(run), join(run, "run.json")]) {
    await copyFile(from, join(folder, from.slice(run.length + 1)));
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
  if (await isRun(kept)) {
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
  await storeJudge(run, kept);
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
  const { facts, rows, crowds: frechet, crowdVerdicts: frechetVerdicts, trainings } = await readStoredTables<
    TablesFacts
  >(folder);
  const distances: FrechetResults = { distance: facts.distance, scores: frechet, verdicts: frechetVerdicts };
  return { ...reportOf(rows, distances, facts), tables: facts, trainings, folder };
}

/** The machines that trainings ran on: those of stored rows, and this one where it trained. */
function machinesOf(kept: StoredTables<TablesFacts> | undefined, trained: TrainingRow[]): string {
  const here = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`;
  const before = kept?.facts.machine.split("; ") ?? [];
  return [...new Set([...before, ...trained.length > 0 ? [here] : []])].join("; ");
}

/** Puts stored rows into the score folder of this machine, where what is scored now joins them. */
async function restoreStored(
  { facts: { setup }, rows }: StoredTables<TablesFacts>,
  { out, runs, scores }: { out: string; runs: string; scores: string },
): Promise<void> {
  const featuresOf = await readStoredFeatures(out, rows);
  // Where the runs lay is of the machine that they were on.
  const here = rows.map((row) => ({ ...row, run: row.run === "" ? "" : join(runs, row.run) }));
  await restoreScores(scores, { setup, rows: here, featuresOf });
}

/** Stores what an evaluation found as the tables of a data set, and opens them. */
async function storeTables(
  { out: scores, rows, crowds: frechet, pairs, judge, separation, features, setup }: Evaluation,
  { out, runs, trainings, about }: {
    out: string;
    runs: string;
    trainings: TrainingRow[];
    /** What an evaluation does not know. */
    about: Pick<TablesFacts, "data" | "credit" | "preset" | "clips" | "seeds" | "machine">;
  },
): Promise<TablesReport> {
  const facts: TablesFacts = {
    ...{ ...about, distance: frechet.distance },
    ...{ pairs, judge, separation, features, setup },
  };
  await makeFolder(out);
  await writeStoredTables(out, {
    ...{ facts, trainings, crowds: inOrder(frechet.scores), crowdVerdicts: frechet.verdicts },
    rows: inOrder(rows).map((row) => ({ ...row, run: row.run === "" ? "" : relative(runs, row.run) })),
    featuresOf: await scoredFeatures(scores, rows),
  });
  const report = await openTables(out);
  await writeReport(report, out);
  return report;
}

/**
 * Trains every system of the paper's tables for each seed, scores all of them by one judge, and keeps the scores under
 * `figures/tables/<name>`. What is trained or scored already is left; after each seed the tables are written.
 * Throws KitError for data, a judge or a run folder that cannot be used, and for stored rows that cannot be added to.
 */
export async function makeTables(options: TablesOptions = {}): Promise<TablesReport> {
  const { preset = "small", settings = [], seeds = [1, 2, 3], say = () => {} } = options;
  const { processes = preset === "paper" ? 1 : availableParallelism() } = options;
  const { experiment: { prepared, data }, out, runs, kept, jobsOf, lines } = await planOf(options);
  lines.forEach(say);

  // The pairs of the stored rows, where there are any: other ones would not compare.
  const stored = kept?.facts ?? await describedTables<TablesFacts>(out);
  const { clips = stored?.clips, credit = kept?.facts.credit ?? "", syncnet, protocol, inception } = options;
  const judge = await judgeRun({ prepared, preset }, { ...options, clips, seeds, runs, out });
  const scores = join(runs, "scores"), changed = [preset, ...settings].join(", ");
  if (kept) await restoreStored(kept, { out, runs, scores });
  const evaluateRuns = (evaluated: string[]) =>
    evaluateSystems(prepared, { runs: evaluated, out: scores, clips, judge, syncnet, protocol, inception });
  /** A seed's generators, in the order of the tables. */
  const generatorsOf = (seed: number) => {
    const jobs = jobsOf(seed);
    return Object.keys(systems).flatMap((name) => jobs.filter((job) => job.name === name));
  };
  // A judge that cannot tell is refused before hours of training.
  await evaluateRuns([]);
  let report: TablesReport | undefined;
  for (const [index, seed] of seeds.entries()) {
    await runSweep(jobsOf(seed), { prepared, processes });
    const soFar = seeds.slice(0, index + 1), trained = await trainingRows(soFar.flatMap(jobsOf));
    const inTables = [...new Set([...kept?.facts.seeds ?? [], ...soFar])].sort((a, b) => a - b);
    report = await storeTables(await evaluateRuns(soFar.flatMap(generatorsOf).map(({ run }) => run)), {
      ...{ out, runs, trainings: [...kept?.trainings ?? [], ...trained] },
      about: { data, credit, preset: changed, clips, seeds: inTables, machine: machinesOf(kept, trained) },
    });
    if (index === 0 && !kept) {
      const caption = [`${data}, preset ${changed}, seed ${seed}.`, credit].filter(Boolean).join(" ");
      await writeTableImages(prepared, { folder: out, runs: generatorsOf(seed), clips, caption });
    }
    say(`Seed ${seed} is in the tables: ${report.rows.length} rows in ${out}`);
  }
  return report ?? await openTables(out);
}
