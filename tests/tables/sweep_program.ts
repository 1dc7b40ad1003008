/** Trains one tiny discriminator as a job of the tables' trainings: arguments are the prepared folder and the run's. */
import { tiny } from "../../lib/training/config.ts";
import { runSweep } from "../../lib/tables/sweep.ts";

const [prepared, run] = Deno.args;
const config = { ...tiny, pretrain: { ...tiny.pretrain, steps: 60, evaluateEvery: 20 } };
await runSweep(
  [{ name: "discriminator of Ours", seed: 1, kind: "discriminator", run, config, steps: 60 }],
  {
    prepared,
    processes: 1,
  },
);
Deno.exit(0);
