import { counts, pairOf } from "./aggregate.ts";
import {
  differenceInterval,
  type Interval,
  jackknifeError,
  jackknifeInterval,
  mean,
  sampleDeviation,
  type SeedMeans,
  trainingGroups,
} from "./bootstrap.ts";
import { type FeatureStatistics, featureStatistics, frechetDistance } from "../metrics/frechet.ts";
import { kernelDistance } from "../metrics/kid.ts";
import { REAL, type ScoreRow, SHUFFLED } from "../scoring/score_row.ts";
import { CLAIMS, OURS, outcomeOf, paperDifference, type Verdict, verdictOf } from "./verdicts.ts";

/** Features of a row's pictures: [n] of [d]. */
export type FeaturesOf = (row: ScoreRow) => Float32Array[];

/** How far a system's pictures as a crowd are from the real ones of the same videos. */
export interface CrowdScore {
  system: string;
  /** Mean over seeds, standard deviation of the seeds (null with one), interval by jackknife over videos. */
  frechet: number;
  spread: number | null;
  interval: Interval | null;
  /** Mean over seeds of the kernel distance, which does not depend on how many pictures there are. */
  kernel: number;
  pictures: number;
  videos: number;
  seeds: number;
}

/** One seed's pictures and the real ones, video by video. */
interface Crowd {
  seed: number;
  redrawn: Float32Array[][];
  real: Float32Array[][];
}

const statisticsOf = (videos: Float32Array[][], kept: number[]): FeatureStatistics =>
  featureStatistics(kept.flatMap((k) => videos[k]));

/** The Frechet distance of some of the videos. */
const frechetOf = ({ redrawn, real }: Crowd, kept: number[]): number =>
  frechetDistance(statisticsOf(redrawn, kept), statisticsOf(real, kept));

const allOf = (videos: unknown[]) => videos.map((_, k) => k);

/** Whether a row's pictures are compared as a crowd: real ones, and those of dubbed faces. */
export const inCrowds = (row: ScoreRow): boolean =>
  row.reason === "" && row.system !== SHUFFLED && counts(row, { sound: "other" });

/** Each system's seeds as crowds of the pairs that all of its seeds have; systems with fewer than two videos have none. */
function crowds(rows: ScoreRow[], featuresOf: FeaturesOf): Map<string, Crowd[]> {
  const good = rows.filter(inCrowds);
  const real = new Map(good.filter(({ system }) => system === REAL).map((row) => [row.video, row]));
  const found = new Map<string, Crowd[]>();
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
        redrawn: shared.map((row) => featuresOf(byPair.get(pairOf(row))!)),
        real: realFeatures,
      })),
    );
  }
  return found;
}

/**
 * Frechet and kernel distances of each system's pictures to the real ones of the same videos. All systems have the same
 * videos and frames, so the Frechet distance's bias is the same for all of them.
 */
export function crowdScores(rows: ScoreRow[], featuresOf: FeaturesOf): CrowdScore[] {
  return [...crowds(rows, featuresOf)].map(([system, seeds]) => {
    const videos = allOf(seeds[0].real), distances = seeds.map((crowd) => frechetOf(crowd, videos));
    return {
      system,
      frechet: mean(distances),
      spread: sampleDeviation(distances),
      interval: jackknifeInterval(
        videos.length,
        (kept) => mean(seeds.map((crowd) => frechetOf(crowd, kept))),
      ),
      kernel: mean(seeds.map(({ redrawn, real }) => kernelDistance(redrawn.flat(), real.flat()))),
      pictures: seeds[0].redrawn.flat().length,
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
export function crowdVerdicts(rows: ScoreRow[], featuresOf: FeaturesOf, metric: string): Verdict[] {
  return CLAIMS.flatMap((claim) => {
    const both = rows.filter(({ system }) => [OURS, claim.against, REAL].includes(system));
    // The same pairs for both, whichever failed.
    const pairs = [OURS, claim.against].map((name) =>
      new Set(both.filter(({ system, reason }) => system === name && reason === "").map(pairOf))
    );
    const shared = both.filter((row) => row.system === REAL || pairs.every((set) => set.has(pairOf(row))));
    const found = crowds(shared, featuresOf), ours = found.get(OURS), theirs = found.get(claim.against);
    const paper = paperDifference(claim, "fid");
    if (!ours || !theirs || paper === null) return [];
    const videos = allOf(ours[0].real);
    const bySeed = (all: Crowd[], kept: number[]) =>
      new Map(all.map((crowd) => [crowd.seed, frechetOf(crowd, kept)]));
    const less = (own: SeedMeans, other: SeedMeans) => mean([...own.values()]) - mean([...other.values()]);
    const [own, other] = [bySeed(ours, videos), bySeed(theirs, videos)];
    const difference = less(own, other), trainings = trainingGroups(own, other);
    const error = jackknifeError(videos.length, (kept) => less(bySeed(ours, kept), bySeed(theirs, kept)));
    const interval = error === null
      ? null
      : differenceInterval({ difference, videoError: (draw) => error * draw.normal(), trainings });
    const outcome = outcomeOf({ difference, interval, adjusted: 0, better: "lower" });
    const seeds: [number, number] = [ours.length, theirs.length];
    return [{
      question: claim.question,
      against: claim.against,
      metric,
      paper,
      ours: difference,
      interval,
      videos: videos.length,
      seeds,
      verdict: verdictOf(outcome, { paper, better: "lower", seeds }),
    }];
  });
}
