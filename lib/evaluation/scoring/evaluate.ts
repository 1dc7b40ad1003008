import { availableParallelism, freemem } from "node:os";
import { fileURLToPath } from "node:url";
import { ONE_CORE, runJobs } from "../../base/worker_pool.ts";
import { KitError } from "../../base/errors.ts";
import { holdFolder } from "../../base/files.ts";
import { Progress } from "../../base/progress.ts";
import type { EvaluatedSystem } from "./evaluated_system.ts";
import { type JobPlan, realJobs, systemJobs } from "./evaluation_plan.ts";
import type { ScoringTools } from "../judges/judge_source.ts";
import { failedPair } from "./score_pair.ts";
import {
  type EvaluationSetup,
  forgetFailures,
  mergeScores,
  openScoreFolder,
  storeScore,
} from "./score_folder.ts";
import { keyOf, type ScoreRow } from "./score_row.ts";
import { rowOf, type ScoreJob } from "./scorer.ts";
import { checkSeparation, type Separation } from "../judges/separation.ts";

const WORKER = fileURLToPath(new URL("./evaluate_worker.ts", import.meta.url));
/** Memory that one scoring process takes with a generator of full width, with room to spare. */
const WORKER_BYTES = 2e9;

/** Has jobs scored and their rows stored, and says when each is done. */
export type ScoreJobs = (jobs: ScoreJob[], onDone: (row: ScoreRow) => void) => Promise<void>;

const defaultWorkers = () =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / WORKER_BYTES)));

/**
 * Scores jobs in processes of their own, as many as there are cores and memory for. A process that dies over a job gives
 * a row with the reason. Throws KitError for a fault that every job would meet.
 */
export function scoringProcesses(
  { workers = defaultWorkers(), script = WORKER, ...tools }: ScoringTools & {
    workers?: number;
    /** The process to start, where it is not that of the kit. */
    script?: string;
  },
): ScoreJobs {
  return async (jobs, onDone) => {
    const env = { ...ONE_CORE, KIT_SCORING_TOOLS: JSON.stringify(tools) };
    await runJobs<ScoreJob, ScoreRow>(script, jobs, {
      ...{ workers, env },
      onOutcome: async (job, outcome) => {
        if ("answer" in outcome) return onDone(outcome.answer);
        const row = rowOf(job, failedPair(`crashed: ${outcome.crash}`));
        await storeScore(job.out, row);
        onDone(row);
      },
    });
  };
}

/** Throws KitError when a folder holds scores of a system whose weights have changed since. */
function refuseOtherWeights(rows: ScoreRow[], systems: EvaluatedSystem[], out: string): void {
  for (const { name, seed, weights, run } of systems) {
    const old = rows.find((row) => row.system === name && row.seed === seed && row.weights !== weights);
    if (!old) continue;
    throw new KitError(
      `${out} holds scores of ${name}, seed ${seed}, with weights ${old.weights}; ${run} has ${weights} now`,
      "The run went on or is another one: evaluate into another folder",
    );
  }
}

/** What an evaluation leaves behind. */
export interface Evaluated {
  /** All rows of the score folder. */
  rows: ScoreRow[];
  /** How the judge tells real video from shuffled. */
  separation: Separation;
  /** Rows that were scored now; the others were there. */
  scored: number;
}

/**
 * Scores real video, real video with other sound, and every system on the same pairs of clips, into a score folder. What
 * is there is not scored again, so a killed evaluation goes on where it was, and systems may be added later. The judge
 * is held against the real video first: no system is scored by one that cannot tell.
 * Throws KitError when the folder holds scores of another setup or of other weights, when another call works in it, or
 * when the judge cannot tell.
 */
export async function evaluate(
  plan: JobPlan & { setup: EvaluationSetup; systems: EvaluatedSystem[] },
  { scoreJobs, retryFailed = false }: { scoreJobs: ScoreJobs; retryFailed?: boolean },
): Promise<Evaluated> {
  const { out, setup, systems, judge } = plan;
  using _held = await holdFolder(out);
  await openScoreFolder(out, setup);
  if (retryFailed) await forgetFailures(out);
  let rows = await mergeScores(out), scored = 0;
  refuseOtherWeights(rows, systems, out);
  const score = async (label: string, jobs: ScoreJob[]) => {
    const there = new Set(rows.map(keyOf));
    const missing = jobs.filter(({ key }) => !there.has(keyOf(key)));
    if (missing.length === 0) return;
    using progress = new Progress(label, jobs.length, {
      unit: "videos",
      start: jobs.length - missing.length,
    });
    let done = jobs.length - missing.length, failed = 0;
    await scoreJobs(missing, ({ reason }) => {
      if (reason !== "") failed++;
      scored++;
      progress.update(++done, failed > 0 ? `${failed} failed` : undefined);
    });
    rows = await mergeScores(out);
  };
  await score("judging real video", realJobs(plan));
  const separation = checkSeparation(rows, { judge: judge.name });
  await score("scoring the systems", systems.flatMap((system) => systemJobs(system, plan)));
  return { rows, separation, scored };
}
