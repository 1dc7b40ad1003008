import { KitError } from "../../base/errors.ts";
import { openAnswers, serveLines } from "../../base/processes.ts";
import type { ScoreJob, Scorer } from "./scorer.ts";

/**
 * What a scoring process does: reads one job a line, writes one answer a line (see `scoringProcesses`), and ends with its
 * input. The scorer is opened at the first job.
 */
export async function serveScores(openFor: (prepared: string) => Promise<Scorer>): Promise<never> {
  const say = openAnswers();
  let scorer: Scorer | undefined;

  async function answer(line: string): Promise<void> {
    try {
      const job: ScoreJob = JSON.parse(line);
      scorer ??= await openFor(job.prepared);
      say({ row: await scorer.score(job) });
    } catch (error) {
      // A fault that the next video would meet too (a full disk, a run that is gone) ends the whole work.
      if (error instanceof KitError) say({ fault: error.what, remedy: error.remedy });
      else say({ crashed: String((error as Error).stack ?? error).slice(0, 1000) });
    }
  }

  say({ ready: true });
  // When the process that gave the jobs was killed, the video in hand is left.
  return await serveLines(answer);
}
