/** One training of the tables in a process of its own: the job comes in KIT_SUITE_JOB, lines of JSON go out. */
import { KitError } from "../base/errors.ts";
import { openAnswers } from "../base/processes.ts";
import { branchRun } from "../training/branch.ts";
import { train } from "../training/gan.ts";
import { pretrain } from "../training/pretrain.ts";
import { isRun } from "../training/run.ts";
import type { SweepJob } from "./sweep_plan.ts";

const SECOND = 1000;
const say = openAnswers();

// The input stays open as long as the call that started this training lives: without it, nobody hears of its end.
(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(1);
})();

const { job, prepared }: { job: SweepJob; prepared: string } = JSON.parse(Deno.env.get("KIT_SUITE_JOB")!);
const { run, config, discriminator, from } = job;
let said = 0;
function onStep(step: number): void {
  if (Date.now() - said < SECOND) return;
  said = Date.now();
  say({ step });
}

try {
  if (from !== undefined) await branchRun(from, run, config);
  const resume = await isRun(run), options = { run, config, resume, onStep };
  const { step, best, ended } = job.kind === "discriminator"
    ? await pretrain(prepared, options)
    : await train(prepared, { ...options, discriminator });
  say({ done: { step, best, ended } });
  Deno.exit(0);
} catch (error) {
  if (!(error instanceof KitError)) throw error;
  say({ fault: error.what, remedy: error.remedy });
  Deno.exit(1);
}
