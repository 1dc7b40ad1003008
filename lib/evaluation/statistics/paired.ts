import { mean } from "d3-array";
import { type Random, randomStream } from "../../base/random.ts";
import {
  differenceInterval,
  type Interval,
  type SeedMeans,
  trainingDifferences,
  trainingGroups,
} from "./bootstrap.ts";

/** With so few videos all signs are tried; with more, `DRAWS` of them are drawn. */
const ALL_SIGNS = 14;
const DRAWS = 9999;
/** Sums of the same numbers in another order differ by this much. */
const ROUNDING = 1e-12;

/** Scores of two systems on the same videos, in the same order: by seed, [videos] each. */
export interface PairedScores {
  ours: Map<number, number[]>;
  theirs: Map<number, number[]>;
}

/** How two systems differ on the same videos. */
export interface PairedDifference {
  /** Mean over videos of ours less theirs, each the mean over its seeds. */
  difference: number;
  /** 95 %, see `differenceInterval`; null for fewer than two videos. */
  interval: Interval | null;
  /** Chance of a mean difference as large, either way, if the sign of each video's were chance; of these trainings alone. */
  p: number;
  videos: number;
  /** Seeds of ours and of theirs. */
  seeds: [number, number];
  /** Of the pairs of an own training and one of theirs, the share that differ in the direction of the mean. */
  sameDirection: number;
}

/** Sum of |values| with signs by the bits of `pattern`. */
function signedSum(values: number[], pattern: number): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += pattern >> k & 1 ? -values[k] : values[k];
  return sum;
}

/**
 * Two-sided p of the sign-flip (paired permutation) test of the mean of differences: the share of all 2^n choices of
 * signs with a mean as far from 0; above 14 videos 9,999 drawn ones, counted with the observed one. Assumes that videos
 * are independent of each other: clips of one speaker are not quite.
 * Source: scipy.stats.permutation_test with permutation_type "samples".
 */
export function signFlipTest(differences: number[], { seed = 1 }: { seed?: number } = {}): number {
  const n = differences.length;
  if (n === 0) return 1;
  const least = Math.abs(signedSum(differences, 0)) * (1 - ROUNDING);
  if (n <= ALL_SIGNS) {
    let as = 0;
    for (let pattern = 0; pattern < 2 ** n; pattern++) {
      if (Math.abs(signedSum(differences, pattern)) >= least) as++;
    }
    return as / 2 ** n;
  }
  const rng = randomStream(seed, "signs");
  let as = 1;
  for (let k = 0; k < DRAWS; k++) {
    let sum = 0;
    for (const value of differences) sum += rng.uniform() < 0.5 ? value : -value;
    if (Math.abs(sum) >= least) as++;
  }
  return as / (DRAWS + 1);
}

/**
 * Holm's step-down adjustment of several p values (1979), in their order: below 0.05 afterwards, the chance of even one
 * false finding among them is below 5 %.
 */
export function holm(p: number[]): number[] {
  const order = p.map((_, k) => k).sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((k, rank) => {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[k]));
    adjusted[k] = largest;
  });
  return adjusted;
}

/** Each video's mean over seeds: [seeds][videos] -> [videos]. */
const overSeeds = (scores: number[][]): number[] =>
  scores[0].map((_, video) => mean(scores, (seed) => seed[video])!);

const meansOf = (scores: Map<number, number[]>): SeedMeans =>
  new Map([...scores].map(([seed, ofVideos]) => [seed, mean(ofVideos)!]));

function check(ours: number[][], theirs: number[][]): void {
  const videos = ours[0]?.length ?? 0;
  if (videos === 0 || theirs.length === 0) throw new RangeError("There is nothing to compare");
  for (const scores of [...ours, ...theirs]) {
    if (scores.length !== videos) {
      throw new RangeError(`${scores.length} scores do not pair with ${videos}: give the same videos`);
    }
  }
}

/**
 * Compares two systems on the same videos: mean difference, its interval (bootstrap over videos, and what another training
 * would change where a system has several), and the chance of such a difference without a cause.
 */
export function pairedDifference(
  scores: PairedScores,
  { seed = 1, resamples }: { seed?: number; resamples?: number } = {},
): PairedDifference {
  const [ours, theirs] = [[...scores.ours.values()], [...scores.theirs.values()]];
  check(ours, theirs);
  const videos = ours[0].length;
  const own = overSeeds(ours), other = overSeeds(theirs);
  const differences = own.map((value, video) => value - other[video]);
  const difference = mean(differences)!;
  const videoError = (rng: Random) => {
    let sum = 0;
    for (let k = 0; k < videos; k++) sum += differences[rng.below(videos)];
    return sum / videos - difference;
  };
  const means = [meansOf(scores.ours), meansOf(scores.theirs)] as const;
  const trainings = trainingGroups(...means), pairs = trainingDifferences(...means);
  return {
    difference,
    interval: videos < 2
      ? null
      : differenceInterval({ difference, videoError, trainings }, { seed, resamples }),
    p: signFlipTest(differences, { seed }),
    videos,
    seeds: [ours.length, theirs.length],
    sameDirection: pairs.filter((d) => Math.sign(d) === Math.sign(difference)).length / pairs.length,
  };
}
