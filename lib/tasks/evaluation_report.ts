// What an evaluation's rows say, as tables beside them.
import { join } from "node:path";
import { aggregate, type SystemScores } from "../evaluation/statistics/aggregate.ts";
import {
  type FrechetScore,
  frechetScores,
  frechetVerdicts,
} from "../evaluation/statistics/frechet_scores.ts";
import {
  aggregateTable,
  comparisonsOf,
  comparisonTable,
  failureTable,
  systemTable,
  verdictTable,
} from "../evaluation/statistics/evaluation_tables.ts";
import type { JudgeStatement } from "../evaluation/statistics/judge_statement.ts";
import { INCEPTION_FEATURES } from "../evaluation/judges/judge_source.ts";
import { readFeatures } from "../evaluation/scoring/score_folder.ts";
import { type FeaturesOf, keyOf, type ScoreRow } from "../evaluation/scoring/score_row.ts";
import { type Comparison, syncVerdicts, type Verdict } from "../evaluation/statistics/verdicts.ts";
import { KitError } from "../base/errors.ts";
import { writeTable } from "../figures/table.ts";
import type { Row } from "../base/parquet.ts";
import type { EvaluationPairs } from "../evaluation/scoring/pairs.ts";

/** What was evaluated and by whom: what stands above every table. */
export interface EvaluationFacts {
  pairs: Pick<EvaluationPairs, "source" | "seen">;
  judge: JudgeStatement;
  /** How the judge tells real video from real video with other sound, in words. */
  separation: string;
  /** The network whose features the Frechet distance compares. */
  features: string;
}

/** Distances between sets of images, and what they say of the paper's claims. */
export interface FrechetResults {
  /** The distance's name: "FID" only with the published Inception. */
  distance: string;
  scores: FrechetScore[];
  verdicts: Verdict[];
}

/** What an evaluation found. */
export interface EvaluationReport extends EvaluationFacts {
  rows: ScoreRow[];
  crowds: FrechetResults;
  systems: SystemScores[];
  comparisons: Comparison[];
  verdicts: Verdict[];
  failures: Row[];
}

/** The features of a score folder's rows; throws KitError for a good row that has none. */
export async function scoredFeatures(out: string, rows: ScoreRow[]): Promise<FeaturesOf> {
  const held = new Map<string, Float32Array[]>();
  for (const row of rows) if (row.reason === "") held.set(keyOf(row), await readFeatures(out, row));
  return (row) => {
    const features = held.get(keyOf(row)) ?? [];
    if (features.length > 0) return features;
    throw new KitError(
      `${out} has lost the features of ${row.video} with the sound of ${row.sound} by ${row.system}`,
      "Evaluate into another folder",
    );
  };
}

/** The distances between sets of images, from the features in a score folder. */
export async function frechetResults(
  rows: ScoreRow[],
  { out, features: name }: { out: string; features: string },
): Promise<FrechetResults> {
  const features = await scoredFeatures(out, rows);
  const distance = name === INCEPTION_FEATURES ? "FID" : "Frechet distance of face descriptors";
  return {
    distance,
    scores: frechetScores(rows, features),
    verdicts: frechetVerdicts(rows, features, distance),
  };
}

/** Aggregates, compares and judges rows. */
export function reportOf(
  rows: ScoreRow[],
  frechet: FrechetResults,
  facts: EvaluationFacts,
): EvaluationReport {
  const comparisons = comparisonsOf(rows);
  return {
    ...facts,
    ...{ rows, crowds: frechet, comparisons },
    systems: aggregate(rows),
    verdicts: [...syncVerdicts(comparisons), ...frechet.verdicts],
    failures: failureTable(rows),
  };
}

/** A table's caption: what it is, and who judged which pairs how. */
export function captionOf(what: string, { judge, separation, pairs, features }: EvaluationFacts): string {
  const doubts = judge.doubts.length > 0 ? ` Not independent: ${judge.doubts.join("; ")}.` : "";
  const seen = pairs.seen > 0 ? ` ${pairs.seen} of the clips are in the train split.` : "";
  return `${what} Pairs: ${pairs.source}.${seen} ${judge.text}.${doubts} ${separation}. Features: ${features}.`;
}

/** The tables of a report: name, rows, and what they are. */
function tablesOf(report: EvaluationReport): [string, Row[], string][] {
  const { rows, crowds: { scores: frechet, distance }, comparisons, verdicts, failures } = report;
  return [
    [
      "systems",
      systemTable(rows, { crowds: frechet, distance }),
      "Mean over seeds and videos, ± spread over seeds, [95 % by bootstrap over videos; of the distance by jackknife].",
    ],
    ["aggregates", aggregateTable(rows, { crowds: frechet, distance }), "The same as numbers."],
    ["comparisons", comparisonTable(comparisons), "Ours less the other system, on the same videos."],
    ["verdicts", verdictTable(verdicts), "What the paper claims, and what was measured."],
    ["failures", failures, "Videos without scores, and why."],
  ];
}

const removed = (path: string) => Deno.remove(path).catch(() => {});

/** Writes the tables of a report into a folder. Throws KitError when it is not writable. */
export async function writeReport(report: EvaluationReport, folder: string): Promise<void> {
  for (const [name, rows, what] of tablesOf(report)) {
    if (rows.length > 0) {
      await writeTable(name, rows, { folder, caption: captionOf(what, report) });
    } else {
      // What an earlier call wrote of other rows would contradict the rest.
      await Promise.all(["md", "parquet"].map((end) => removed(join(folder, `${name}.${end}`))));
    }
  }
}
