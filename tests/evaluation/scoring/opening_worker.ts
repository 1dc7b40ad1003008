/** A scoring process whose judge knows how made clips are made, and which may die over a clip. */
import { FACE_FEATURES } from "../../../lib/evaluation/judges/feature_network.ts";
import { openScorer } from "../../../lib/evaluation/scoring/scorer.ts";
import { serveScores } from "../../../lib/evaluation/scoring/serve_scores.ts";
import { openingJudge } from "./opening_judge.ts";

await serveScores(async (prepared) => {
  const scorer = await openScorer(prepared, { judge: openingJudge(), features: FACE_FEATURES });
  return {
    ...scorer,
    score(job) {
      if (job.key.video === Deno.env.get("KIT_DIE_OVER") && job.run !== "") Deno.exit(9);
      return scorer.score(job);
    },
  };
});
