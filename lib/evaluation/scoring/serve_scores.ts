import { serveJobs } from "../../base/worker_pool.ts";
import type { ScoreJob, Scorer } from "./scorer.ts";

/** What a scoring process does (see `scoringProcesses`); the scorer is opened at the first job. */
export function serveScores(openFor: (prepared: string) => Promise<Scorer>): Promise<never> {
  let scorer: Scorer | undefined;
  return serveJobs(() =>
    Promise.resolve(async (job: ScoreJob) => {
      scorer ??= await openFor(job.prepared);
      return await scorer.score(job);
    })
  );
}
