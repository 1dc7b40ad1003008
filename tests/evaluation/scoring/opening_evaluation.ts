/** An evaluation as a process of its own, to be killed: prepared folder, score folder and run. See `opening_worker.ts`. */
import { fileURLToPath } from "node:url";
import { evaluate, scoringProcesses } from "../../../lib/evaluation/scoring/evaluate.ts";
import { describeSystems } from "../../../lib/evaluation/scoring/evaluated_system.ts";
import { planPairs, setupOf } from "../../../lib/evaluation/scoring/evaluation_plan.ts";
import { FACE_FEATURES } from "../../../lib/evaluation/judges/feature_network.ts";
import { openingJudge } from "./opening_judge.ts";

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
const { rows, scored } = await evaluate({ prepared, out, pairs, judge, systems, setup }, { scoreJobs });
console.log(JSON.stringify({ rows, scored }));
