// Whether the phase on windows helps: trained systems beside the start on single frames that they share.
import { mean } from "d3-array";
import type { Row } from "../base/parquet.ts";
import { metricOf } from "../evaluation/metrics/metrics.ts";
import type { ScoreRow } from "../evaluation/scoring/score_row.ts";
import { scoresBySeed } from "../evaluation/statistics/aggregate.ts";
import { FRAMES } from "../training/systems.ts";

/** LSE-D must fall by this to count. */
const LEAST_FALL = 0.05;

/** A mean over the same videos before the phase on windows, and after it. */
interface Change {
  before: number;
  after: number;
}

/** What the phase on windows did to one training. */
export interface PhaseEffect {
  system: string;
  seed: number;
  /** Of videos dubbed with other sound, and of the mouths of those drawn to their own. */
  lseD: Change;
  sharpness: Change;
  /** LSE-D lower by at least 0.05, sharpness not lower. */
  helps: boolean;
}

/** A score by seed of the training, then by pair of video and sound. */
const scoresOf = (rows: ScoreRow[], system: string, metric: "lse_d" | "sharpness") =>
  scoresBySeed(rows.filter((row) => row.system === system), metricOf(metric));

/** The means of a training and its start over the pairs that both have; undefined where there are none. */
function changeOf(
  rows: ScoreRow[],
  { system, seed, metric }: { system: string; seed: number; metric: "lse_d" | "sharpness" },
): Change | undefined {
  const [start, end] = [FRAMES, system].map((name) => scoresOf(rows, name, metric).get(seed));
  const shared = [...start?.keys() ?? []].filter((pair) => end?.has(pair));
  if (!start || !end || shared.length === 0) return;
  return { before: mean(shared, (pair) => start.get(pair))!, after: mean(shared, (pair) => end.get(pair))! };
}

/**
 * Sets each training of some systems beside the shared start of its seed, on the same videos and by the same judge.
 * Seeds whose start has no scores are left out: tables of before have none.
 */
export function phaseEffects(rows: ScoreRow[], systems: string[]): PhaseEffect[] {
  const seeds = [...scoresOf(rows, FRAMES, "lse_d").keys()].sort((a, b) => a - b);
  return systems.flatMap((system) =>
    seeds.flatMap((seed): PhaseEffect[] => {
      const lseD = changeOf(rows, { system, seed, metric: "lse_d" });
      const sharpness = changeOf(rows, { system, seed, metric: "sharpness" });
      if (!lseD || !sharpness) return [];
      const helps = lseD.before - lseD.after >= LEAST_FALL && sharpness.after >= sharpness.before;
      return [{ system, seed, lseD, sharpness, helps }];
    })
  );
}

/** A row a training. */
export const phaseTable = (effects: PhaseEffect[]): Row[] =>
  effects.map(({ system, seed, lseD, sharpness, helps }) => ({
    ...{ system, seed },
    "LSE-D on frames alone": lseD.before,
    "after windows": lseD.after,
    "sharpness on frames alone": sharpness.before,
    "its sharpness after windows": sharpness.after,
    "helps": helps ? "yes" : "no",
  }));

/** In how many of its seeds the phase helped each system: "Ours: in 2 of 3 seeds". */
export function phaseAnswers(effects: PhaseEffect[]): string[] {
  return [...Map.groupBy(effects, ({ system }) => system)].map(([system, own]) => {
    const helped = own.filter(({ helps }) => helps).length;
    return `${system}: in ${helped} of ${own.length} seed${own.length > 1 ? "s" : ""}`;
  });
}
