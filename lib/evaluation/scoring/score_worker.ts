/** A scoring process (see `serveScores`). */
import { openClipJudge, openFeatures, type ScoringTools } from "../judges/judge_source.ts";
import { openScorer } from "./scorer.ts";
import { serveScores } from "./scoring_processes.ts";

const tools: ScoringTools = JSON.parse(Deno.env.get("KIT_SCORING_TOOLS")!);

await serveScores(async (prepared) =>
  await openScorer(prepared, {
    judge: await openClipJudge(tools.judge, prepared),
    features: await openFeatures(tools.features),
  })
);
