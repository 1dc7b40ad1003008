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

/** One seed's images and the real ones, video by video. */
interface FeatureSet {
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

/** Each system's seeds as sets of the pairs that all of its seeds have; systems with fewer than two videos have none. */
function featureSets(rows: ScoreRow[], featuresOf: FeaturesOf): Map<string, FeatureSet[]> {
  const good = rows.filter(hasFeatures);
  const real = new Map(good.filter(({ system }) => system === REAL).map((row) => [row.video, row]));
  const found = new Map<string, FeatureSet[]>();
  const systems = new Set(good.map(({ system }) => system).filter((name) => name !== REAL));
  for (const system of systems) {
    const own = good.filter((row) => row.system === system);
    const seeds = [...Map.groupBy(own, ({ seed }) => seed)]
      .map(([seed, group]) => ({ seed, byPair: new Map(group.map((row) => [pairOf(row), row])) }));
    const shared = [...seeds[0]?.byPair.values() ?? []]
      .filter((row) => real.has(row.video) && seeds.every(({ byPair }) => byPair.has(pairOf(row))));
    if (shared.length < 2) continue;
    const realFeatures = shared.map((row) => featuresOf(real.get(row.video)!));
    found.set(
      system,
      seeds.map(({ seed, byPair }) => ({
        seed,
        generated: shared.map((row) => featuresOf(byPair.get(pairOf(row))!)),
        real: realFeatures,
      })),
    );
  }
  return found;
}

/**
 * Frechet and kernel distances of each system's images to the real ones of the same videos. All systems have the same
 * videos and frames, so the Frechet distance's bias is the same for all of them.
 */
export function frechetScores(rows: ScoreRow[], featuresOf: FeaturesOf): FrechetScore[] {
  return [...featureSets(rows, featuresOf)].map(([system, seeds]) => {
    const videos = allOf(seeds[0].real), distances = seeds.map((features) => frechetOf(features, videos));
    return {
      system,
      frechet: mean(distances)!,
      spread: sampleDeviation(distances),
      interval: jackknifeInterval(
        videos.length,
        (kept) => mean(seeds, (features) => frechetOf(features, kept))!,
      ),
      kernel: mean(seeds, ({ generated, real }) => kernelDistance(generated.flat(), real.flat()))!,
      pictures: seeds[0].generated.flat().length,
      videos: videos.length,
      seeds: seeds.length,
    };
  });
}

/**
 * Verdicts on the paper's FID column by the Frechet distance: Ours less the other, interval by jackknife over the videos
 * of both and by the spread of their trainings, which must exclude 0. Without a p value these stand outside Holm's
 * adjustment.
 */
export function frechetVerdicts(rows: ScoreRow[], featuresOf: FeaturesOf, metric: string): Verdict[] {
  return CLAIMS.flatMap((claim) => {
    const both = rows.filter(({ system }) => [OURS, claim.against, REAL].includes(system));
    // The same pairs for both, whichever failed.
    const pairs = [OURS, claim.against].map((name) =>
      new Set(both.filter(({ system, reason }) => system === name && reason === "").map(pairOf))
    );
    const shared = both.filter((row) => row.system === REAL || pairs.every((set) => set.has(pairOf(row))));
    const sets = featureSets(shared, featuresOf), ours = sets.get(OURS), theirs = sets.get(claim.against);
    if (!ours || !theirs) return [];
    const videos = allOf(ours[0].real);
    const bySeed = (all: FeatureSet[], kept: number[]) =>
      new Map(all.map((features) => [features.seed, frechetOf(features, kept)]));
    const less = (own: SeedMeans, other: SeedMeans) => mean(own.values())! - mean(other.values())!;
    const [own, other] = [bySeed(ours, videos), bySeed(theirs, videos)];
    const difference = less(own, other), trainings = trainingGroups(own, other);
    const error = jackknifeError(videos.length, (kept) => less(bySeed(ours, kept), bySeed(theirs, kept)));
    const interval = error === null
      ? null
      : differenceInterval({ difference, videoError: (rng) => error * rng.normal(), trainings });
    const outcome = outcomeOf({ difference, interval, adjusted: 0, better: "lower" });
    const found = { metric, better: "lower" as const, difference, interval, outcome, videos: videos.length };
    return verdictsOn(claim, "fid", { ...found, seeds: [ours.length, theirs.length] });
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
