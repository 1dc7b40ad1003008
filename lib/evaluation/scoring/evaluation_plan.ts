import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { hashShare } from "../../prepare/splits.ts";
import { readSelected } from "../../dataset/manifest.ts";
import { KitError } from "../../base/errors.ts";
import type { ClipJudge } from "../judges/clip_judge.ts";
import { crossPairs } from "./cross_pairs.ts";
import type { EvaluatedSystem } from "./evaluated_system.ts";
import { type Pair, readList } from "./evaluation_list.ts";
import { FEATURE_EVERY, type FeatureNetwork } from "../judges/feature_network.ts";
import type { EvaluationSetup } from "./score_folder.ts";
import { REAL, type ScoreKey, SHUFFLED } from "./score_row.ts";
import type { ScoreJob } from "./scorer.ts";

/** Which videos are scored: each clip with its own sound, and the dubbed pairs. */
export interface EvaluationPairs {
  own: Pair[];
  cross: Pair[];
  /** Clips among them that are in the train split: whoever learnt from this folder has seen them. */
  seen: number;
  /** Where the pairs come from, in words. */
  source: string;
}

/**
 * The pairs of a list, or the cross pairs of a prepared folder's test split, and every clip with its own sound.
 * Throws KitError when the list cannot be read or names absent clips, or the test split has fewer than two clips.
 */
export async function planPairs(
  prepared: string,
  { list, clips = Infinity, seed = 1 }: { list?: string; clips?: number; seed?: number } = {},
): Promise<EvaluationPairs> {
  const rows = await readSelected(prepared), splits = new Map(rows.map(({ id, split }) => [id, split]));
  let cross: Pair[];
  if (list === undefined) {
    // By a hash of their names: the first few are of many speakers then.
    const test = rows.filter(({ split }) => split === "test")
      .toSorted((a, b) => hashShare(a.id) - hashShare(b.id));
    if (test.length < 2) {
      throw new KitError(
        `${prepared} has ${test.length} clips in its test split that its filters keep, two are needed`,
        "Prepare more clips, or give other shares with `prepare --split`",
      );
    }
    cross = crossPairs(test.slice(0, clips), { seed });
  } else {
    const listed = await readList(list, { folder: prepared, ids: rows.map(({ id }) => id) });
    cross = listed.slice(0, clips);
  }
  const videos = [...new Set(cross.map(({ video }) => video))].sort();
  const named = new Set(cross.flatMap(({ video, sound }) => [video, sound]));
  return {
    own: videos.map((video) => ({ video, sound: video })),
    // A list's pair of a clip with itself is there as an own one already.
    cross: cross.filter(({ video, sound }) => video !== sound),
    seen: [...named].filter((id) => splits.get(id) === "train").length,
    source: list === undefined ? `cross pairs of the test split, seed ${seed}` : `list ${basename(list)}`,
  };
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

/** What jobs are made for. */
export interface JobPlan {
  prepared: string;
  out: string;
  pairs: EvaluationPairs;
  judge: ClipJudge;
}

const keyOfPair = ({ video, sound }: Pair, system: string, seed: number, judge: ClipJudge): ScoreKey => ({
  ...{ system, seed, video, sound },
  ...{ judge: judge.name, judge_version: judge.version, protocol: judge.protocol },
});

/** The jobs of the two rows that every table has: real video, and real video with other sound. */
export function realJobs({ prepared, out, pairs, judge }: JobPlan): ScoreJob[] {
  const jobs = (system: string, all: Pair[]) =>
    all.map((pair) => ({ prepared, out, key: keyOfPair(pair, system, 0, judge), run: "", weights: "" }));
  return [...jobs(REAL, pairs.own), ...jobs(SHUFFLED, pairs.cross)];
}

/** A system's jobs. */
export function systemJobs(system: EvaluatedSystem, { prepared, out, pairs, judge }: JobPlan): ScoreJob[] {
  const { name, seed, run, weights } = system;
  return [...pairs.own, ...pairs.cross].map((pair) => ({
    ...{ prepared, out, run, weights },
    key: keyOfPair(pair, name, seed, judge),
  }));
}
