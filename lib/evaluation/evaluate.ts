import { KitError } from "../base/errors.ts";
import { holdFolder } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import type { EvaluatedSystem } from "./scoring/evaluated_system.ts";
import { forgetFailures, mergeScores, openScoreFolder } from "./scoring/score_folder.ts";
import { type JobPlan, realJobs, type ScoreJob, systemJobs } from "./scoring/score_jobs.ts";
import { keyOf, type ScoreRow } from "./scoring/score_row.ts";
import type { ScoreJobs } from "./scoring/scoring_processes.ts";
import { checkSeparation, type Separation } from "./statistics/judge_statement.ts";

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
  plan: JobPlan & { systems: EvaluatedSystem[] },
  { scoreJobs, retryFailed = false }: { scoreJobs: ScoreJobs; retryFailed?: boolean },
): Promise<Evaluated> {
  const { out, setup, systems } = plan;
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
  const separation = checkSeparation(rows, setup);
  await score("scoring the systems", systems.flatMap((system) => systemJobs(system, plan)));
  return { rows, separation, scored };
}
