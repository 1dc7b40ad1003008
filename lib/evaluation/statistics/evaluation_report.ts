import type { Row } from "../../base/parquet.ts";
import { METRICS } from "../metrics/metrics.ts";
import type { EvaluationPairs } from "../scoring/pairs.ts";
import { REAL, REFERENCES, type ScoreRow, SHUFFLED } from "../scoring/score_row.ts";
import { type Aggregate, aggregate, type SystemScores } from "./aggregate.ts";
import type { FrechetResults } from "./frechet_scores.ts";
import type { JudgeStatement } from "./judge_statement.ts";
import { compareSystems, type Comparison, inWords, OURS, syncVerdicts, type Verdict } from "./verdicts.ts";

/** What was evaluated and by whom: what stands above every table. */
export interface EvaluationFacts {
  pairs: Pick<EvaluationPairs, "source" | "seen">;
  judge: JudgeStatement;
  /** How the judge tells real video from real video with other sound, in words. */
  separation: string;
  /** The network whose features the Frechet distance compares. */
  features: string;
}

/** What an evaluation found. */
export interface EvaluationReport extends EvaluationFacts {
  rows: ScoreRow[];
  frechet: FrechetResults;
  systems: SystemScores[];
  comparisons: Comparison[];
  verdicts: Verdict[];
  failures: Row[];
}

/** Aggregates, compares and judges rows. */
export function reportOf(
  rows: ScoreRow[],
  frechet: FrechetResults,
  facts: EvaluationFacts,
): EvaluationReport {
  const comparisons = comparisonsOf(rows);
  return {
    ...{ ...facts, rows, frechet, comparisons },
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
export const tablesOf = (
  { rows, frechet, comparisons, verdicts, failures }: EvaluationReport,
): [string, Row[], string][] => [
  [
    "systems",
    systemTable(rows, frechet),
    "Mean over seeds and videos, ± spread over seeds, [95 % by bootstrap over videos; of the distance by jackknife].",
  ],
  ["aggregates", aggregateTable(rows, frechet), "The same as numbers."],
  ["comparisons", comparisonTable(comparisons), "Ours less the other system, on the same videos."],
  ["verdicts", verdictTable(verdicts), "What the paper claims, and what was measured."],
  ["failures", failures, "Videos without scores, and why."],
];

/** Distances between sets of images, and what they are called. */
type Distances = Pick<FrechetResults, "scores" | "distance">;

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** A figure as one cell: mean, spread over seeds where there are several, and the interval. */
export function cellOf({ mean, spread, interval }: Pick<Aggregate, "mean" | "spread" | "interval">): string {
  const seeds = spread === null ? "" : ` ± ${short(spread)}`;
  const range = interval === null ? "" : ` [${short(interval.low)}, ${short(interval.high)}]`;
  return `${short(mean)}${seeds}${range}`;
}

/** A row a system: what went in, and every score as a cell. Real video, the shuffled one and what systems start from come first. */
export function systemTable(rows: ScoreRow[], { scores: sets, distance }: Distances): Row[] {
  const all = aggregate(rows);
  const metrics = METRICS.filter(({ name }) => all.some(({ scores }) => scores[name]));
  return all.map(({ system, seeds, videos, failed, seconds, frames, scores }): Row => {
    const features = sets.find((one) => one.system === system);
    return {
      system,
      seeds: system === REAL || system === SHUFFLED ? "" : seeds.join(", "),
      videos,
      seconds: Math.round(10 * seconds) / 10,
      frames,
      failed,
      ...Object.fromEntries(
        metrics.map(({ name, label, better }) => [
          `${label} (${better})`,
          scores[name] ? cellOf(scores[name]) : null,
        ]),
      ),
      [`${distance} (lower)`]: features ? cellOf({ ...features, mean: features.frechet }) : null,
      "kernel distance (lower)": features ? short(features.kernel) : null,
    };
  });
}

/** The same as numbers, a row a system and score: for programs. */
export function aggregateTable(rows: ScoreRow[], { scores: sets, distance }: Distances): Row[] {
  const line = (
    { system, metric, better, mean, spread, interval, seeds, videos, failed }:
      & Omit<Aggregate, "failed">
      & { system: string; metric: string; better: string; seeds: number; failed: number | null },
  ): Row => ({
    ...{ system, metric, better, mean, spread, low: interval?.low ?? null, high: interval?.high ?? null },
    ...{ seeds, videos, failed },
  });
  const single = aggregate(rows).flatMap(({ system, seeds, scores }) =>
    METRICS.flatMap(({ name: metric, better }) => {
      const found = scores[metric];
      return found ? [line({ system, metric, better, seeds: seeds.length, ...found })] : [];
    })
  );
  return [
    ...single,
    ...sets.flatMap(({ frechet, kernel, ...set }) => {
      const given = { ...set, better: "lower", failed: null };
      return [
        line({ ...given, metric: distance, mean: frechet }),
        line({ ...given, metric: "kernel distance", mean: kernel, spread: null, interval: null }),
      ];
    }),
  ];
}

/** Ours against every other system that was evaluated; nothing when Ours was not. */
export function comparisonsOf(rows: ScoreRow[]): Comparison[] {
  const others = new Set(rows.map(({ system }) => system));
  for (const name of [OURS, ...REFERENCES]) others.delete(name);
  return compareSystems(rows, { against: [...others] });
}

/** A row a comparison: the difference, its interval, p before and after Holm, and the statement. */
export const comparisonTable = (comparisons: Comparison[]): Row[] =>
  comparisons.map((one) => ({
    against: one.against,
    metric: one.metric.label,
    "Ours less the other": one.difference,
    low: one.interval?.low ?? null,
    high: one.interval?.high ?? null,
    p: one.p,
    "p after Holm": one.adjusted,
    videos: one.videos,
    seeds: one.seeds.join(" and "),
    outcome: one.outcome,
    statement: inWords(one),
  }));

/** A row a claim of the paper and score. */
export const verdictTable = (verdicts: Verdict[]): Row[] =>
  verdicts.map(({ question, metric, paper, ours, interval, videos, seeds, verdict }) => ({
    question,
    metric,
    "paper's difference": paper,
    "measured difference": ours,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    videos,
    seeds: seeds.join(" and "),
    verdict,
  }));

/** How many rows failed for which kind of reason: what stands before the first colon or figure. */
export function failureTable(rows: ScoreRow[]): Row[] {
  const failed = rows.filter(({ reason }) => reason !== "");
  const kinds = Map.groupBy(failed, ({ system, reason }) => `${system}\n${reason.split(":")[0]}`);
  return [...kinds].map(([kind, group]) => {
    const [system, reason] = kind.split("\n");
    return { system, reason, rows: group.length, "for example": `${group[0].video}: ${group[0].reason}` };
  });
}
