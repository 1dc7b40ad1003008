/** An evaluation as a process of its own, to be killed: prepared folder, score folder and run. See `opening_worker.ts`. */
import { fileURLToPath } from "node:url";
import { evaluate } from "../../../lib/evaluation/evaluate.ts";
import { describeSystems } from "../../../lib/evaluation/scoring/evaluated_system.ts";
import { setupOf } from "../../../lib/evaluation/scoring/score_jobs.ts";
import { FACE_FEATURES } from "../../../lib/evaluation/judges/face_networks.ts";
import { openingJudge } from "./opening_judge.ts";
import { scoringProcesses } from "../../../lib/evaluation/scoring/scoring_processes.ts";
import { planPairs } from "../../../lib/evaluation/scoring/pairs.ts";

const [prepared, out, run] = Deno.args, judge = openingJudge();
Deno.env.set("KIT_ALIVE", `${out}.alive`);
const pairs = await planPairs(prepared), systems = await describeSystems([run]);
const scoreJobs = scoringProcesses({
  workers: 2,
  script: fileURLToPath(new URL("./opening_worker.ts", import.meta.url)),
  // The made judge needs none of these.
  judge: { kind: "run", run: "" },
  features: { kind: "face" },
});
const setup = setupOf(prepared, { pairs, judge, features: FACE_FEATURES });
const { rows, scored } = await evaluate({ prepared, out, pairs, systems, setup }, { scoreJobs });
console.log(JSON.stringify({ rows, scored }));
