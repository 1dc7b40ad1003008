// Systems side by side, video by video, with intervals and verdicts: `deno task evaluate`.
import { basename, join, resolve } from "node:path";
import { evaluate } from "../evaluation/evaluate.ts";
import {
  type FeatureSource,
  type JudgeSource,
  openClipJudge,
  openFeatures,
} from "../evaluation/judges/judge_source.ts";
import { trainOwnJudge } from "../evaluation/judges/own_judge.ts";
import type { SyncnetProtocol } from "../evaluation/judges/syncnet_inputs.ts";
import { describeSystems, type EvaluatedSystem } from "../evaluation/scoring/evaluated_system.ts";
import { type EvaluationPairs, planPairs } from "../evaluation/scoring/pairs.ts";
import { scoredFeatures, scoresPath } from "../evaluation/scoring/score_folder.ts";
import { type EvaluationSetup, setupOf } from "../evaluation/scoring/score_jobs.ts";
import { REAL, SHUFFLED } from "../evaluation/scoring/score_row.ts";
import { scoringProcesses } from "../evaluation/scoring/scoring_processes.ts";
import type { SystemScores } from "../evaluation/statistics/aggregate.ts";
import {
  captionOf,
  type EvaluationReport,
  reportOf,
  tablesOf,
} from "../evaluation/statistics/evaluation_report.ts";
import { frechetResults } from "../evaluation/statistics/frechet_scores.ts";
import { judgeStatement, refuseOwnCase, separationText } from "../evaluation/statistics/judge_statement.ts";
import { inWords, OURS } from "../evaluation/statistics/verdicts.ts";
import { writeTable } from "../figures/table.ts";
import { configure } from "../training/config.ts";

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
    evaluated: pairs.clips,
    seeds: systems.map(({ seed }) => seed),
    config: configure(preset),
    steps: judgeSteps,
  });
  return { kind: "run", run };
}

/** Writes the tables of a report into a folder. Throws KitError when it is not writable. */
export async function writeReport(report: EvaluationReport, folder: string): Promise<void> {
  for (const [name, rows, what] of tablesOf(report)) {
    if (rows.length > 0) {
      await writeTable(name, rows, { folder, caption: captionOf(what, report) });
      continue;
    }
    // What an earlier call wrote of other rows would contradict the rest.
    for (const end of ["md", "parquet"]) await Deno.remove(join(folder, `${name}.${end}`)).catch(() => {});
  }
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
  const plan = { prepared, out, pairs, setup, systems };
  const { rows, separation, scored } = await evaluate(plan, { scoreJobs, retryFailed });

  const featuresOf = await scoredFeatures(out, rows);
  const report = reportOf(rows, frechetResults(rows, { featuresOf, network: network.name }), {
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
