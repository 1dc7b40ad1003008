import { mean } from "d3-array";
import { bootstrapInterval, type Interval, sampleDeviation } from "./bootstrap.ts";
import { REACH } from "../metrics/lse.ts";
import { type Metric, METRICS } from "../metrics/metrics.ts";
import { REAL, REFERENCES, type ScoreRow, SHUFFLED } from "../scoring/score_row.ts";

/** A system's mean score. */
export interface Aggregate {
  /** Mean over seeds of the mean over videos. */
  mean: number;
  /** Standard deviation of the seeds' means (n - 1); null with one seed. */
  spread: number | null;
  /** 95 % by bootstrap over videos, each the mean over its seeds; null with fewer than two videos. */
  interval: Interval | null;
  /** Videos with a score in at least one seed, and rows without one. */
  videos: number;
  failed: number;
}

/** What went into a system's scores, and what came out. */
export interface SystemScores {
  system: string;
  seeds: number[];
  /** Different videos, rows that failed, and seconds and frames of all rows that did not. */
  videos: number;
  failed: number;
  seconds: number;
  frames: number;
  scores: Partial<Record<Metric["name"], Aggregate>>;
}

/** Whether a row counts for a metric: real video has one kind of sound under each of its names. */
export function counts(row: ScoreRow, { sound }: Pick<Metric, "sound">): boolean {
  if (row.system === REAL || row.system === SHUFFLED) return true;
  return (row.sound === row.video) === (sound === "own");
}

/** Which video and sound a row is of: what rows of two systems are paired by. */
export const pairOf = ({ video, sound }: ScoreRow): string => `${video} ${sound}`;

/** The scores of one metric by seed and pair of video and sound; failed rows have none. */
export function scoresBySeed(
  rows: ScoreRow[],
  metric: Metric,
  valueOf: (row: ScoreRow, metric: Metric) => number | null = (row, { name }) => row[name],
): Map<number, Map<string, number>> {
  const seeds = new Map<number, Map<string, number>>();
  for (const row of rows) {
    const value = valueOf(row, metric);
    if (value === null || !counts(row, metric)) continue;
    seeds.set(row.seed, (seeds.get(row.seed) ?? new Map()).set(pairOf(row), value));
  }
  return seeds;
}

function aggregateMetric(rows: ScoreRow[], metric: Metric): Aggregate | undefined {
  const seeds = [...scoresBySeed(rows, metric).values()];
  if (seeds.length === 0) return;
  const means = seeds.map((scores) => mean(scores.values())!);
  const videos = [...new Set(seeds.flatMap((scores) => [...scores.keys()]))];
  const ofVideo = (video: string) =>
    mean(seeds.flatMap((scores) => scores.has(video) ? [scores.get(video)!] : []))!;
  return {
    mean: mean(means)!,
    spread: sampleDeviation(means),
    interval: bootstrapInterval(videos.map(ofVideo)),
    videos: videos.length,
    failed: rows.filter((row) => row.reason !== "" && counts(row, metric)).length,
  };
}

/** Means, spreads and intervals by system: real video and what systems start from first, then the systems as they come. */
export function aggregate(rows: ScoreRow[]): SystemScores[] {
  const names = [...new Set([...REFERENCES, ...rows.map(({ system }) => system)])];
  return names.flatMap((system) => {
    const own = rows.filter((row) => row.system === system);
    if (own.length === 0) return [];
    const good = own.filter(({ reason }) => reason === "");
    const scores = Object.fromEntries(
      METRICS.map((metric) => [metric.name, aggregateMetric(own, metric)]).filter(([, found]) => found),
    );
    return [{
      system,
      seeds: [...new Set(own.map(({ seed }) => seed))].sort((a, b) => a - b),
      videos: new Set(good.map(({ video }) => video)).size,
      failed: own.length - good.length,
      seconds: good.reduce((sum, { seconds }) => sum + seconds, 0),
      frames: good.reduce((sum, { frames }) => sum + frames, 0),
      scores,
    }];
  });
}

/** Distance of sound and lips at one offset, over all videos and seeds of a system. */
export interface CurvePoint {
  system: string;
  /** Frames; above 0 the sound is taken early (see `lse`). */
  offset: number;
  distance: number;
}

/**
 * The mean curve of distance over offset of each system, of videos dubbed with another clip's sound (real video: with
 * its own). Where sound and lips go together it has a dip at 0, and its depth is what LSE-C measures.
 */
export function meanCurves(rows: ScoreRow[]): CurvePoint[] {
  const judged = rows.filter((row) => row.distances.length > 0 && counts(row, { sound: "other" }));
  return [...Map.groupBy(judged, ({ system }) => system)].flatMap(([system, own]) =>
    own[0].distances.map((_, k): CurvePoint => ({
      system,
      offset: REACH - k,
      distance: mean(own, ({ distances }) => distances[k])!,
    }))
  );
}
