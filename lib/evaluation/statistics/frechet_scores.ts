import { mean } from "d3-array";
import { counts, pairOf } from "./aggregate.ts";
import {
  differenceInterval,
  type Interval,
  jackknifeError,
  jackknifeInterval,
  sampleDeviation,
  type SeedMeans,
  trainingGroups,
} from "./bootstrap.ts";
import {
  type FeatureStatistics,
  featureStatistics,
  frechetDistance,
  kernelDistance,
} from "../metrics/frechet.ts";
import { INCEPTION_FEATURES } from "../judges/judge_source.ts";
import { type FeaturesOf, REAL, type ScoreRow, SHUFFLED } from "../scoring/score_row.ts";
import { CLAIMS, OURS, outcomeOf, type Verdict, verdictsOn } from "./verdicts.ts";

/** How far a system's images as a set are from the real ones of the same videos. */
export interface FrechetScore {
  system: string;
  /** Mean over seeds, standard deviation of the seeds (null with one), interval by jackknife over videos. */
  frechet: number;
  spread: number | null;
  interval: Interval | null;
  /** Mean over seeds of the kernel distance, which does not depend on how many images there are. */
  kernel: number;
  pictures: number;
  videos: number;
  seeds: number;
}

/** One training's images and the real ones, video by video. */
interface FeatureSet {
  system: string;
  seed: number;
  generated: Float32Array[][];
  real: Float32Array[][];
}

const statisticsOf = (videos: Float32Array[][], kept: number[]): FeatureStatistics =>
  featureStatistics(kept.flatMap((k) => videos[k]));

/** The Frechet distance of some of the videos. */
const frechetOf = ({ generated, real }: FeatureSet, kept: number[]): number =>
  frechetDistance(statisticsOf(generated, kept), statisticsOf(real, kept));

const allOf = (videos: unknown[]) => videos.map((_, k) => k);

/** Whether a row's images are compared with others: real ones, and those of dubbed faces. */
export const hasFeatures = (row: ScoreRow): boolean =>
  row.reason === "" && row.system !== SHUFFLED && counts(row, { sound: "other" });

/** The trainings of some systems as sets of the pairs that all of them have; none with fewer than two videos. */
function featureSets(rows: ScoreRow[], featuresOf: FeaturesOf, systems: string[]): FeatureSet[] {
  const good = rows.filter(hasFeatures);
  const real = new Map(good.filter(({ system }) => system === REAL).map((row) => [row.video, row]));
  const own = good.filter(({ system }) => systems.includes(system));
  const trainings = [...Map.groupBy(own, ({ system, seed }) => `${seed} ${system}`).values()]
    .map((group) => ({ ...group[0], byPair: new Map(group.map((row) => [pairOf(row), row])) }));
  const shared = [...trainings[0]?.byPair.values() ?? []]
    .filter((row) => real.has(row.video) && trainings.every(({ byPair }) => byPair.has(pairOf(row))));
  if (shared.length < 2) return [];
  const realFeatures = shared.map((row) => featuresOf(real.get(row.video)!));
  return trainings.map(({ system, seed, byPair }) => ({
    ...{ system, seed, real: realFeatures },
    generated: shared.map((row) => featuresOf(byPair.get(pairOf(row))!)),
  }));
}

/**
 * Frechet and kernel distances of each system's images to the real ones of the same videos. All systems have the same
 * videos and frames, so the Frechet distance's bias is the same for all of them.
 */
export function frechetScores(rows: ScoreRow[], featuresOf: FeaturesOf): FrechetScore[] {
  return [...new Set(rows.map(({ system }) => system))].flatMap((system): FrechetScore[] => {
    const sets = featureSets(rows, featuresOf, [system]);
    if (system === REAL || sets.length === 0) return [];
    const videos = allOf(sets[0].real), distances = sets.map((set) => frechetOf(set, videos));
    return [{
      system,
      frechet: mean(distances)!,
      spread: sampleDeviation(distances),
      interval: jackknifeInterval(videos.length, (kept) => mean(sets, (set) => frechetOf(set, kept))!),
      kernel: mean(sets, ({ generated, real }) => kernelDistance(generated.flat(), real.flat()))!,
      pictures: sets[0].generated.flat().length,
      videos: videos.length,
      seeds: sets.length,
    }];
  });
}

/**
 * Verdicts on the paper's FID column by the Frechet distance: Ours less the other, interval by jackknife over the videos
 * of both and by the spread of their trainings, which must exclude 0. Without a p value these stand outside Holm's
 * adjustment.
 */
export function frechetVerdicts(rows: ScoreRow[], featuresOf: FeaturesOf, metric: string): Verdict[] {
  return CLAIMS.flatMap((claim) => {
    const sets = featureSets(rows, featuresOf, [OURS, claim.against]), videos = allOf(sets[0]?.real ?? []);
    const [own, theirs] = [OURS, claim.against].map((name) => sets.filter(({ system }) => system === name));
    if (own.length === 0 || theirs.length === 0) return [];
    const bySeed = (trainings: FeatureSet[], kept: number[]): SeedMeans =>
      new Map(trainings.map((set) => [set.seed, frechetOf(set, kept)]));
    const less = (kept: number[]) => mean(bySeed(own, kept).values())! - mean(bySeed(theirs, kept).values())!;
    const difference = less(videos), trainings = trainingGroups(bySeed(own, videos), bySeed(theirs, videos));
    const error = jackknifeError(videos.length, less);
    const interval = error === null
      ? null
      : differenceInterval({ difference, videoError: (rng) => error * rng.normal(), trainings });
    const outcome = outcomeOf({ difference, interval, adjusted: 0, better: "lower" });
    const found = { metric, better: "lower" as const, difference, interval, outcome, videos: videos.length };
    return verdictsOn(claim, "fid", { ...found, seeds: [own.length, theirs.length] });
  });
}

/** Distances between sets of images, and what they say of the paper's claims. */
export interface FrechetResults {
  /** The distance's name: "FID" only with the published Inception. */
  distance: string;
  scores: FrechetScore[];
  verdicts: Verdict[];
}

/** The distances by the features of one network, and the verdicts that they give. */
export function frechetResults(
  rows: ScoreRow[],
  { featuresOf, network }: { featuresOf: FeaturesOf; network: string },
): FrechetResults {
  const distance = network === INCEPTION_FEATURES ? "FID" : "Frechet distance of face descriptors";
  return {
    distance,
    scores: frechetScores(rows, featuresOf),
    verdicts: frechetVerdicts(rows, featuresOf, distance),
  };
}
