import type { Row } from "../../base/parquet.ts";
import { type Aggregate, aggregate, type SystemScores } from "./aggregate.ts";
import type { FrechetScore } from "./frechet_scores.ts";
import { METRICS } from "../metrics/metrics.ts";
import { REAL, type ScoreRow, SHUFFLED } from "../scoring/score_row.ts";
import { compareSystems, type Comparison, inWords, OURS, type Verdict } from "./verdicts.ts";

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** A figure as one cell: mean, spread over seeds where there are several, and the interval. */
export function cellOf({ mean, spread, interval }: Pick<Aggregate, "mean" | "spread" | "interval">): string {
  const seeds = spread === null ? "" : ` ± ${short(spread)}`;
  const range = interval === null ? "" : ` [${short(interval.low)}, ${short(interval.high)}]`;
  return `${short(mean)}${seeds}${range}`;
}

/** A row a system: what went in, and every score as a cell. The real video and the shuffled one come first. */
export function systemTable(
  rows: ScoreRow[],
  { crowds: frechet, distance }: { crowds: FrechetScore[]; distance: string },
): Row[] {
  const all = aggregate(rows);
  const metrics = METRICS.filter(({ name }) => all.some(({ scores }) => scores[name]));
  return all.map(({ system, seeds, videos, failed, seconds, frames, scores }: SystemScores): Row => {
    const features = frechet.find((one) => one.system === system);
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
export function aggregateTable(
  rows: ScoreRow[],
  { crowds: frechet, distance }: { crowds: FrechetScore[]; distance: string },
): Row[] {
  const line = (given: Row, { low, high }: { low?: number; high?: number } = {}): Row => ({
    ...given,
    low: low ?? null,
    high: high ?? null,
  });
  const single = aggregate(rows).flatMap(({ system, seeds, scores }) =>
    METRICS.flatMap(({ name, better }) => {
      const found = scores[name];
      if (!found) return [];
      const { mean, spread, interval, videos, failed } = found;
      const given = { system, metric: name, better, mean, spread, seeds: seeds.length, videos, failed };
      return [line(given, interval ?? undefined)];
    })
  );
  const sets = frechet.flatMap(({ system, frechet, spread, interval, kernel, seeds, videos }) => {
    const given = { system, better: "lower", seeds, videos, failed: null };
    return [
      line({ ...given, metric: distance, mean: frechet, spread }, interval ?? undefined),
      line({ ...given, metric: "kernel distance", mean: kernel, spread: null }),
    ];
  });
  const columns = [
    "system",
    "metric",
    "better",
    "mean",
    "spread",
    "low",
    "high",
    "seeds",
    "videos",
    "failed",
  ];
  return [...single, ...sets].map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
}

/** Ours against every other system that was evaluated; nothing when Ours was not. */
export function comparisonsOf(rows: ScoreRow[]): Comparison[] {
  const others = new Set(rows.map(({ system }) => system));
  for (const name of [OURS, REAL, SHUFFLED]) others.delete(name);
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
