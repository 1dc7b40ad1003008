/** One training of the tables in a process of its own (see `runSweep`). */
import { KitError } from "../base/errors.ts";
import { serveJobs } from "../base/worker_pool.ts";
import { branchRun } from "../training/branch.ts";
import { train } from "../training/gan.ts";
import { pretrain } from "../training/pretrain.ts";
import { isRun } from "../training/run.ts";
import type { TrainingJob } from "./sweep.ts";

const SECOND = 1000;

await serveJobs(() =>
  Promise.resolve(async ({ job, prepared }: TrainingJob, tell: (step: number) => void) => {
    const { run, config, discriminator, from } = job;
    let told = 0;
    const onStep = (step: number) => {
      if (Date.now() - told < SECOND) return;
      told = Date.now();
      tell(step);
    };
    if (from !== undefined) await branchRun(from, run, config);
    const resume = await isRun(run), options = { run, config, resume, onStep };
    const { step, best, ended } = job.kind === "discriminator"
      ? await pretrain(prepared, options)
      : await train(prepared, { ...options, discriminator });
    if (ended === "interrupted") {
      throw new KitError(`${run} was interrupted`, "The same command goes on with it");
    }
    return { step, best, ended };
  })
);
