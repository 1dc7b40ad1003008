/**
 * A scoring process whose judge knows how made clips are made. Of a video by a system it may die, with KIT_DIE_OVER, or
 * never come to an end, with KIT_HANG_OVER. The file KIT_ALIVE is locked as long as it lives, and has a line more.
 */
import { FACE_FEATURES } from "../../../lib/evaluation/judges/face_networks.ts";
import type { ScoreJob } from "../../../lib/evaluation/scoring/score_jobs.ts";
import { openScorer } from "../../../lib/evaluation/scoring/scorer.ts";
import { openingJudge } from "./opening_judge.ts";
import { serveScores } from "../../../lib/evaluation/scoring/scoring_processes.ts";

const alive = await Deno.open(Deno.env.get("KIT_ALIVE")!, { create: true, append: true });
await alive.lock(false);
await alive.write(new TextEncoder().encode("\n"));
const isOver = ({ key, run }: ScoreJob, name: string) =>
  Deno.env.get(name) === `${run === "" ? "real" : "dubbed"} ${key.video}`;

await serveScores(async (prepared) => {
  const scorer = await openScorer(prepared, { judge: openingJudge(), features: FACE_FEATURES });
  return {
    ...scorer,
    score(job) {
      if (isOver(job, "KIT_DIE_OVER")) Deno.exit(9);
      if (isOver(job, "KIT_HANG_OVER")) return new Promise(() => {});
      return scorer.score(job);
    },
  };
});
