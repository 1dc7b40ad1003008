import { mean, quantile } from "d3-array";
import { type Random, randomStream } from "../../base/random.ts";

/** Drawn resamples, unless told otherwise: the ends of a 95 % interval then move by about 2 % of its width. */
export const RESAMPLES = 4000;

/** A range that holds the true value with a chance of `level`, if the sample is like the population. */
export interface Interval {
  low: number;
  high: number;
  level: number;
}

/** Standard deviation of a sample, divided by n - 1; null for fewer than two values, which have none. */
export function sampleDeviation(values: number[]): number | null {
  if (values.length < 2) return null;
  const middle = mean(values)!;
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** The level of all intervals here. */
const LEVEL = 0.95;

/** The middle 95 % of estimates from resamples. */
export const percentileInterval = (estimates: number[]): Interval => ({
  low: quantile(estimates, (1 - LEVEL) / 2)!,
  high: quantile(estimates, (1 + LEVEL) / 2)!,
  level: LEVEL,
});

/**
 * Percentile interval of the mean over videos (Efron 1979): videos are drawn with replacement as often as there are
 * videos, `resamples` times, by a fixed seed. Null for fewer than two videos.
 *
 * Says how much the mean would change with other videos of the same kind. Says nothing of other speakers when all
 * videos show the same few, nor of another training: that is the spread over seeds.
 */
export function bootstrapInterval(
  values: number[],
  { seed = 1, resamples = RESAMPLES }: { seed?: number; resamples?: number } = {},
): Interval | null {
  const n = values.length;
  if (n < 2) return null;
  const rng = randomStream(seed, "bootstrap");
  const estimates = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += values[rng.below(n)];
    return sum / n;
  });
  return percentileInterval(estimates);
}

/**
 * By how much a mean over trainings may be off, as one draw: its standard error, from the trainings' spread, times a draw
 * of Student's t with as many degrees of freedom, since two or three trainings tell their spread badly. 0 for a single
 * one, of whose kind nothing is known.
 */
function trainingError(means: number[], rng: Random): number {
  const spread = sampleDeviation(means);
  if (spread === null) return 0;
  let squares = 0;
  for (let k = 1; k < means.length; k++) squares += rng.normal() ** 2;
  return spread * rng.normal() / Math.sqrt(means.length * squares / (means.length - 1));
}

/** What trainings of a system reached on average, by their seeds. */
export type SeedMeans = Map<number, number>;

/** The seeds that both systems were trained with, where these are all seeds of both; undefined otherwise. */
const matched = (ours: SeedMeans, theirs: SeedMeans): number[] | undefined =>
  ours.size === theirs.size && [...ours.keys()].every((seed) => theirs.has(seed))
    ? [...ours.keys()]
    : undefined;

/** All differences of an own training and one of theirs that compare: of the same seed where the seeds are the same. */
export function trainingDifferences(ours: SeedMeans, theirs: SeedMeans): number[] {
  const seeds = matched(ours, theirs);
  return seeds
    ? seeds.map((seed) => ours.get(seed)! - theirs.get(seed)!)
    : [...ours.values()].flatMap((a) => [...theirs.values()].map((b) => a - b));
}

/**
 * What tells how much a difference of two systems varies with their trainings. With the same seeds they share what a seed
 * draws: first weights, clips and their order. That falls out, so these are one group, the differences seed by seed (a
 * paired t test's); otherwise the trainings of either system (Behrens and Fisher's problem).
 */
export const trainingGroups = (ours: SeedMeans, theirs: SeedMeans): number[][] =>
  matched(ours, theirs) ? [trainingDifferences(ours, theirs)] : [[...ours.values()], [...theirs.values()]];

/**
 * 95 % interval of the difference of two systems: what other videos would change, by `videoError`, and what other
 * trainings would, by those there are. With one training of each it speaks of these two alone.
 */
export function differenceInterval(
  { difference, videoError, trainings }: {
    difference: number;
    /** Draws what other videos of the same kind would change. */
    videoError: (rng: Random) => number;
    /** See `trainingGroups`. */
    trainings: number[][];
  },
  { seed = 1, resamples = RESAMPLES }: { seed?: number; resamples?: number } = {},
): Interval {
  const rng = randomStream(seed, "difference");
  return percentileInterval(
    Array.from(
      { length: resamples },
      () => trainings.reduce((sum, means) => sum + trainingError(means, rng), difference + videoError(rng)),
    ),
  );
}

/**
 * The smallest true difference that an interval over these trainings would have told from 0 in four of five times: the
 * sum of Student's t at 97.5 % and at 80 %, in standard errors. Source: the usual calculation of a t test's power.
 */
export function smallestShown(
  trainings: number[][],
  { seed = 1, resamples = 10 * RESAMPLES }: { seed?: number; resamples?: number } = {},
): number {
  const rng = randomStream(seed, "power");
  const errors = Array.from(
    { length: resamples },
    () => Math.abs(trainings.reduce((sum, means) => sum + trainingError(means, rng), 0)),
  );
  return quantile(errors, LEVEL)! + quantile(errors, 0.6)!; // of both signs: 60 % lie within t at 80 %
}

/** Groups left out one after the other by `jackknifeError`, at most. */
const MOST_GROUPS = 20;

/**
 * Standard error of a figure that a whole set of videos has, such as a Frechet distance: the figure is taken again without
 * each of up to 20 groups of videos (delete-a-group jackknife). Drawing with replacement would not do: an image that is
 * there twice makes such a distance larger. Null for fewer than two videos.
 */
export function jackknifeError(videos: number, figureOf: (kept: number[]) => number): number | null {
  const groups = Math.min(MOST_GROUPS, videos);
  if (groups < 2) return null;
  const all = Array.from({ length: videos }, (_, k) => k);
  const without = Array.from({ length: groups }, (_, g) => figureOf(all.filter((k) => k % groups !== g)));
  const middle = mean(without)!;
  const squares = without.reduce((sum, figure) => sum + (figure - middle) ** 2, 0);
  return Math.sqrt((groups - 1) / groups * squares);
}

/** Interval of such a figure: 1.96 standard errors on either side. Null for fewer than two videos. */
export function jackknifeInterval(videos: number, figureOf: (kept: number[]) => number): Interval | null {
  const error = jackknifeError(videos, figureOf);
  if (error === null) return null;
  const value = figureOf(Array.from({ length: videos }, (_, k) => k));
  return { low: value - 1.96 * error, high: value + 1.96 * error, level: LEVEL };
}
