/** Trains one tiny discriminator as a job of the tables' trainings: arguments are the prepared folder, the run's and its steps. */
import { tiny } from "../../lib/training/config.ts";
import { runSweep } from "../../lib/tables/sweep.ts";

const [prepared, run] = Deno.args, steps = Number(Deno.args[2]);
const config = { ...tiny, pretrain: { ...tiny.pretrain, steps, evaluateEvery: 10 } };
await runSweep(
  [{ name: "discriminator of Ours", seed: 1, kind: "discriminator", run, config, steps }],
  { prepared, processes: 1 },
);
Deno.exit(0);
