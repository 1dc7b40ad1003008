import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import type { ClipJudge } from "../judges/clip_judge.ts";
import { FEATURE_EVERY, type FeatureNetwork } from "../judges/face_networks.ts";
import type { EvaluatedSystem } from "./evaluated_system.ts";
import type { EvaluationPairs, Pair } from "./pairs.ts";
import type { ScoredVideo } from "./score_pair.ts";
import { REAL, type ScoreKey, type ScoreRow, SHUFFLED } from "./score_row.ts";

/** What decides, beside the systems, what the scores of a folder mean; a folder keeps to one. */
export interface EvaluationSetup {
  /** The prepared folder's name, and a hash of its clips and of the pairs. */
  data: string;
  pairs: string;
  judge: string;
  judge_version: string;
  protocol: string;
  /** The network whose features the Frechet distance compares, and every how many frames one is taken. */
  features: string;
  featureEvery: number;
}

/** What an evaluation's scores depend on, beside the systems. */
export function setupOf(
  prepared: string,
  { pairs, judge, features }: { pairs: EvaluationPairs; judge: ClipJudge; features: FeatureNetwork },
): EvaluationSetup {
  const text = JSON.stringify([pairs.own, pairs.cross]);
  return {
    data: basename(resolve(prepared)),
    pairs: createHash("sha256").update(text).digest("hex").slice(0, 12),
    judge: judge.name,
    judge_version: judge.version,
    protocol: judge.protocol,
    features: features.name,
    featureEvery: FEATURE_EVERY,
  };
}

/** One row to be had. */
export interface ScoreJob {
  /** The prepared folder, and the score folder. */
  prepared: string;
  out: string;
  key: ScoreKey;
  /** The system's run folder and a hash of its weights; empty for real video. */
  run: string;
  weights: string;
}

/** The row of a job and what became of its pair. */
export const rowOf = ({ key, run, weights }: ScoreJob, scored: ScoredVideo): ScoreRow => {
  const { scores, frames, seconds, distances, reason } = scored;
  return { ...key, run, weights, frames, seconds, ...scores, distances, reason };
};

/** What jobs are made for. */
export interface JobPlan {
  prepared: string;
  out: string;
  pairs: EvaluationPairs;
  setup: EvaluationSetup;
}

/** The jobs of pairs by one system. */
function jobsOf(
  pairs: Pair[],
  { name: system, seed, run, weights }: Omit<EvaluatedSystem, "data">,
  { prepared, out, setup: { judge, judge_version, protocol } }: JobPlan,
): ScoreJob[] {
  return pairs.map((pair) => ({
    ...{ prepared, out, run, weights },
    key: { system, seed, judge, judge_version, protocol, ...pair },
  }));
}

/** The jobs of the two rows that every table has: real video, and real video with other sound. */
export function realJobs(plan: JobPlan): ScoreJob[] {
  const real = { seed: 0, run: "", weights: "" }, { own, cross } = plan.pairs;
  return [
    ...jobsOf(own, { name: REAL, ...real }, plan),
    ...jobsOf(cross, { name: SHUFFLED, ...real }, plan),
  ];
}

/** A system's jobs. */
export const systemJobs = (system: EvaluatedSystem, plan: JobPlan): ScoreJob[] =>
  jobsOf([...plan.pairs.own, ...plan.pairs.cross], system, plan);
