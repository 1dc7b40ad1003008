// Systems side by side, video by video, with intervals and verdicts: `deno task evaluate`.
import { basename, resolve } from "node:path";
import type { SystemScores } from "../evaluation/statistics/aggregate.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import { describeSystems, type EvaluatedSystem } from "../evaluation/scoring/evaluated_system.ts";
import { type EvaluationSetup, setupOf } from "../evaluation/scoring/score_jobs.ts";
import {
  type FeatureSource,
  type JudgeSource,
  openClipJudge,
  openFeatures,
} from "../evaluation/judges/judge_source.ts";
import { judgeStatement, refuseOwnCase, separationText } from "../evaluation/statistics/judge_statement.ts";
import { trainOwnJudge } from "../evaluation/judges/own_judge.ts";
import { scoresPath } from "../evaluation/scoring/score_folder.ts";
import { REAL, SHUFFLED } from "../evaluation/scoring/score_row.ts";
import type { SyncnetProtocol } from "../evaluation/judges/syncnet_inputs.ts";
import { inWords, OURS } from "../evaluation/statistics/verdicts.ts";
import { type EvaluationReport, frechetResults, reportOf, writeReport } from "./evaluation_report.ts";
import { configure } from "../training/config.ts";
import { scoringProcesses } from "../evaluation/scoring/scoring_processes.ts";
import { type EvaluationPairs, planPairs } from "../evaluation/scoring/pairs.ts";

export interface EvaluateOptions {
  /** Run folders of generators. */
  runs: string[];
  /** The score folder; one that is there goes on. */
  out: string;
  /** A list in Wav2Lip's format, in place of cross pairs of the test split. */
  list?: string;
  /** So many pairs only. */
  clips?: number;
  /** Seed of the cross pairs. */
  seed?: number;
  /** Run folder of a discriminator that judges. */
  judge?: string;
  /** SyncNet as `import` writes it, and the protocol it judges by. */
  syncnet?: string;
  protocol?: SyncnetProtocol;
  /** Inception as `import` writes it. */
  inception?: string;
  /** A prepared folder for the kit's own judge to learn from, and what its training is like. */
  judgeData?: string;
  preset?: string;
  judgeSteps?: number;
  workers?: number;
  retryFailed?: boolean;
}

/** An evaluation's report, and where it is. */
export interface Evaluation extends EvaluationReport {
  out: string;
  setup: EvaluationSetup;
  /** Videos that were scored now; the others were there. */
  scored: number;
}

/** The judge that the caller has, or one trained for this evaluation. */
async function judgeSource(
  prepared: string,
  { pairs, systems, options }: {
    pairs: EvaluationPairs;
    systems: EvaluatedSystem[];
    options: EvaluateOptions;
  },
): Promise<JudgeSource> {
  const { syncnet, protocol = "LRS", judge, judgeData, out, preset = "small", judgeSteps } = options;
  if (syncnet !== undefined) return { kind: "syncnet", file: syncnet, protocol };
  if (judge !== undefined) {
    refuseOwnCase(judge, systems);
    return { kind: "run", run: judge };
  }
  const run = await trainOwnJudge(prepared, {
    out,
    data: judgeData,
    evaluated: [...pairs.own, ...pairs.cross].flatMap(({ video, sound }) => [video, sound]),
    seeds: systems.map(({ seed }) => seed),
    config: configure(preset),
    steps: judgeSteps,
  });
  return { kind: "run", run };
}

/**
 * Scores systems on pairs of clips into a score folder, and writes tables beside the scores. A killed evaluation goes on
 * where it was; systems may be added by another call. Without a judge it trains one.
 * Throws KitError for a list, run, judge or score folder that cannot be used, and for a judge that cannot tell.
 */
export async function evaluateSystems(prepared: string, options: EvaluateOptions): Promise<Evaluation> {
  const { runs, out, list, clips, seed, inception, workers, retryFailed } = options;
  const systems = await describeSystems(runs);
  const pairs = await planPairs(prepared, { list, clips, seed });
  const source = await judgeSource(prepared, { pairs, systems, options });
  const featureSource: FeatureSource = inception === undefined
    ? { kind: "face" }
    : { kind: "inception", file: inception };
  // Opened here once, so that a judge that cannot be used is refused before anything is begun.
  const judge = await openClipJudge(source, prepared), network = await openFeatures(featureSource);
  judge.dispose();
  const setup = setupOf(prepared, { pairs, judge, features: network });
  const scoreJobs = scoringProcesses({ judge: source, features: featureSource, workers });
  const { rows, separation, scored } = await evaluate({ prepared, out, pairs, systems, setup }, {
    scoreJobs,
    retryFailed,
  });

  const report = reportOf(rows, await frechetResults(rows, { out, features: network.name }), {
    pairs: { source: `${basename(resolve(prepared))}, ${pairs.source}`, seen: pairs.seen },
    judge: await judgeStatement(source, { prepared, rows, systems }),
    separation: separationText(separation),
    features: network.name,
  });
  await writeReport(report, out);
  return { ...report, out, setup, scored };
}

const line = ({ system, seeds, videos, seconds, frames, failed, scores }: SystemScores): string => {
  const of = (name: "lse_d" | "lse_c") => scores[name]?.mean.toFixed(3) ?? "none";
  const trained = system === REAL || system === SHUFFLED
    ? ""
    : `, ${seeds.length} seed${seeds.length > 1 ? "s" : ""}`;
  return `${system}${trained}: LSE-D ${of("lse_d")}, LSE-C ${of("lse_c")}; ${videos} videos, ` +
    `${seconds.toFixed(1)} s, ${frames} frames${failed > 0 ? `, ${failed} rows failed` : ""}`;
};

/** The report for a person. */
export function evaluationLines(report: EvaluationReport & Pick<Evaluation, "out" | "scored">): string[] {
  const { judge, separation, systems, comparisons, verdicts, out, scored, pairs } = report;
  return [
    judge.text,
    ...judge.doubts.map((doubt) => `not independent: ${doubt}`),
    separation,
    `pairs: ${pairs.source}${pairs.seen > 0 ? `; ${pairs.seen} clips are in the train split` : ""}`,
    ...systems.map(line),
    ...(systems.some(({ system }) => system === OURS)
      ? comparisons.map(inWords)
      : [`${OURS} is not among the systems: nothing is compared`]),
    ...verdicts.map(({ question, metric, verdict }) => `${question} By ${metric}: ${verdict}`),
    `${scored} videos scored now; rows in ${scoresPath(out)}, tables beside them`,
  ];
}
