import { fileURLToPath } from "node:url";
import { ONE_CORE, runJobs, serveJobs, workersFor } from "../../base/worker_pool.ts";
import type { ScoringTools } from "../judges/judge_source.ts";
import { storeScore } from "./score_folder.ts";
import { rowOf, type ScoreJob } from "./score_jobs.ts";
import { failedVideo } from "./score_pair.ts";
import type { ScoreRow } from "./score_row.ts";
import type { Scorer } from "./scorer.ts";

const WORKER = fileURLToPath(new URL("./score_worker.ts", import.meta.url));
/** Memory that one scoring process takes with a generator of full width, with room to spare. */
const WORKER_BYTES = 2e9;

/** Has jobs scored and their rows stored, and says when each is done. */
export type ScoreJobs = (jobs: ScoreJob[], onDone: (row: ScoreRow) => void) => Promise<void>;

/**
 * Scores jobs in processes of their own, as many as there are cores and memory for. A process that dies over a job gives
 * a row with the reason. Throws KitError for a fault that every job would meet.
 */
export function scoringProcesses(
  { workers = workersFor(WORKER_BYTES), script = WORKER, ...tools }: ScoringTools & {
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
        const row = rowOf(job, failedVideo(`crashed: ${outcome.crash}`));
        await storeScore(job.out, row);
        onDone(row);
      },
    });
  };
}

/** What a scoring process does; the scorer is opened at the first job. */
export function serveScores(openFor: (prepared: string) => Promise<Scorer>): Promise<never> {
  let scorer: Scorer | undefined;
  return serveJobs(() =>
    Promise.resolve(async (job: ScoreJob) => {
      scorer ??= await openFor(job.prepared);
      return await scorer.score(job);
    })
  );
}
