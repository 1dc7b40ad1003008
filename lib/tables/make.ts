// The paper's tables from nothing: every system, several seeds, one judge: `deno task tables`.
import { availableParallelism } from "node:os";
import { basename, join, relative } from "node:path";
import { KitError } from "../base/errors.ts";
import { copyFile } from "../base/files.ts";
import { trainOwnJudge } from "../evaluation/judges/own_judge.ts";
import { planPairs } from "../evaluation/scoring/pairs.ts";
import { restoreScores, scoredFeatures } from "../evaluation/scoring/score_folder.ts";
import type { ScoreRow } from "../evaluation/scoring/score_row.ts";
import { judgeCorpus } from "../notebooks/corpora.ts";
import { evaluateSystems, type Evaluation, writeReport } from "../tasks/evaluate.ts";
import { configure } from "../training/config.ts";
import { bestPath, isRun } from "../training/run.ts";
import { FRAMES, systems } from "../training/systems.ts";
import { writeTableImages } from "./figures.ts";
import { withThisMachine } from "./machines.ts";
import { planTables, type TablesOptions, trainingRows } from "./plan.ts";
import {
  describedTables,
  openTables,
  readStoredFeatures,
  type StoredTables,
  type TablesFacts,
  type TablesReport,
  type TrainingRow,
  writeStoredTables,
} from "./stored.ts";
import { runSweep } from "./sweep.ts";

/** Steps of the judge's training: it is trained once, and all rests on it. */
const JUDGE_STEPS = 2000;

/** In the order in which systems are listed, what is none of them first. */
const inOrder = <T extends { system: string }>(rows: T[]): T[] => {
  const names = Object.keys(systems);
  return rows.toSorted((a, b) => names.indexOf(a.system) - names.indexOf(b.system));
};

/** Rows with their runs elsewhere: where the runs lie is of the machine that they are on. */
const moved = (rows: ScoreRow[], place: (run: string) => string): ScoreRow[] =>
  rows.map((row) => ({ ...row, run: row.run && place(row.run) }));

/**
 * The judge's run folder: the one given, the one kept beside the tables, or one trained now and kept there, so that
 * another system can be judged by the same one. None where SyncNet judges.
 */
async function judgeRun(
  prepared: string,
  { data, preset, clips, judge, judgeData, judgeSteps, syncnet, seeds, runs, out }:
    & TablesOptions
    & { preset: string; seeds: number[]; runs: string; out: string },
): Promise<string | undefined> {
  if (syncnet !== undefined) return;
  if (judge !== undefined) return judge;
  const kept = join(out, "judge");
  if (await isRun(kept)) {
    if (judgeData === undefined && judgeSteps === undefined) return kept;
    throw new KitError(
      `${kept} holds the judge of these tables, so none is trained`,
      "Leave --judge-data and --judge-steps out, remove that folder, or give another --name",
    );
  }
  const pairs = await planPairs(prepared, { clips });
  const run = await trainOwnJudge(prepared, {
    out: runs,
    data: judgeData ?? (data === undefined ? await judgeCorpus(preset) : prepared),
    evaluated: pairs.clips,
    seeds,
    config: configure(preset),
    steps: judgeSteps ?? JUDGE_STEPS,
  });
  for (const path of [bestPath(run), join(run, "run.json")]) await copyFile(path, join(kept, basename(path)));
  return kept;
}

/** The machines that trainings ran on: those of stored rows, and this one where it trained. */
function machinesOf(stored: StoredTables | undefined, trained: TrainingRow[]): string {
  const before = stored?.facts.machine;
  return trained.length > 0 ? withThisMachine(before) : before ?? "";
}

/** Stores what an evaluation found as the tables of a data set, and opens them. */
async function storeTables(
  { out: scores, rows, frechet, pairs, judge, separation, features, setup }: Evaluation,
  { out, runs, trainings, about }: {
    out: string;
    runs: string;
    trainings: TrainingRow[];
    /** What an evaluation does not know. */
    about: Pick<TablesFacts, "data" | "credit" | "preset" | "clips" | "seeds" | "machine">;
  },
): Promise<TablesReport> {
  const { distance } = frechet;
  await writeStoredTables(out, {
    facts: { ...about, distance, pairs, judge, separation, features, setup },
    rows: inOrder(moved(rows, (run) => relative(runs, run))),
    frechet: { ...frechet, scores: inOrder(frechet.scores) },
    trainings,
    featuresOf: await scoredFeatures(scores, rows),
  });
  const report = await openTables(out);
  await writeReport(report, out);
  return report;
}

/**
 * Trains every system of the paper's tables for each seed, scores all of them by one judge, and the start on frames that
 * several share as well, and keeps the scores under `figures/tables/<name>`. What is trained or scored already is left; after each seed the tables are written.
 * Throws KitError for data, a judge or a run folder that cannot be used, and for stored rows that cannot be added to.
 */
export async function makeTables(options: TablesOptions = {}): Promise<TablesReport> {
  const { preset = "small", settings = [], seeds = [1, 2, 3], say = () => {} } = options;
  const { processes = preset === "paper" ? 1 : availableParallelism() } = options;
  const { experiment: { prepared, data }, out, runs, stored, jobsOf, lines } = await planTables(options);
  lines.forEach(say);

  // The pairs of the rows that are there: other ones would not compare.
  const { clips = (await describedTables(out))?.clips, syncnet, protocol, inception } = options;
  const { credit = stored?.facts.credit ?? "" } = options;
  const judge = await judgeRun(prepared, { ...options, preset, clips, seeds, runs, out });
  const scores = join(runs, "scores"), changed = [preset, ...settings].join(", ");
  if (stored) { // into the score folder of this machine, where what is scored now joins them
    const { facts: { setup }, rows } = stored, featuresOf = await readStoredFeatures(out, rows);
    await restoreScores(scores, { setup, rows: moved(rows, (run) => join(runs, run)), featuresOf });
  }
  const evaluateRuns = (evaluated: string[]) =>
    evaluateSystems(prepared, { runs: evaluated, out: scores, clips, judge, syncnet, protocol, inception });
  /** A seed's generators, in the order of the tables. */
  const generatorsOf = (seed: number) => {
    const jobs = jobsOf(seed);
    return Object.keys(systems).flatMap((name) => jobs.filter((job) => job.name === name));
  };
  /** What a seed's systems start from, to be scored with them; none where they started from a stored one. */
  const startOf = (seed: number) => {
    const before = stored?.trainings.some((row) => row.name === FRAMES && row.seed === seed);
    return before ? [] : jobsOf(seed).filter(({ name }) => name === FRAMES);
  };
  // A judge that cannot tell is refused before hours of training.
  await evaluateRuns([]);
  let report: TablesReport | undefined;
  for (const [index, seed] of seeds.entries()) {
    await runSweep(jobsOf(seed), { prepared, processes });
    const soFar = seeds.slice(0, index + 1), trained = await trainingRows(soFar.flatMap(jobsOf));
    const inTables = [...new Set([...stored?.facts.seeds ?? [], ...soFar])].sort((a, b) => a - b);
    const evaluated = soFar.flatMap((one) => [...startOf(one), ...generatorsOf(one)]).map(({ run }) => run);
    report = await storeTables(await evaluateRuns(evaluated), {
      ...{ out, runs, trainings: [...stored?.trainings ?? [], ...trained] },
      about: { data, credit, preset: changed, clips, seeds: inTables, machine: machinesOf(stored, trained) },
    });
    if (index === 0 && !stored) {
      const caption = [`${data}, preset ${changed}, seed ${seed}.`, credit].filter(Boolean).join(" ");
      await writeTableImages(prepared, { folder: out, runs: generatorsOf(seed), clips, caption });
    }
    say(`Seed ${seed} is in the tables: ${report.rows.length} rows in ${out}`);
  }
  return report ?? await openTables(out);
}
