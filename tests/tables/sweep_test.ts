import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exists } from "../../lib/base/files.ts";
import { tiny } from "../../lib/training/config.ts";
import { readLog } from "../../lib/training/log.ts";
import { lastPath } from "../../lib/training/run.ts";
import type { SweepJob } from "../../lib/tables/sweep_plan.ts";
import { readSweepRecord, runSweep } from "../../lib/tables/sweep.ts";
import { inFolder, makePrepared } from "../prepared.ts";
import { until, untilLetGo } from "../waiting.ts";

const STEPS = 60;
const PROGRAM = fileURLToPath(new URL("./sweep_program.ts", import.meta.url));
const clips = (["train", "train", "train", "val", "val"] as const).map((split) => ({ split }));

Deno.test("killed trainings end with the call that started them, and the next call goes on to the same log", () =>
  inFolder(async (folder) => {
    const prepared = await makePrepared(join(folder, "prepared"), clips), run = join(folder, "run");
    const args = ["run", "-A", "--quiet", PROGRAM, prepared, run, `${STEPS}`];
    const program = () => new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" });
    const killed = program().spawn();
    await until(() => exists(lastPath(run)), killed);
    killed.kill("SIGKILL");
    await killed.output();
    await untilLetGo(join(run, ".lock"));
    const left = (await readLog(run)).at(-1)!.step;
    assert.ok(left < STEPS, `the training's own process has ended too, at step ${left}`);

    const { code, stderr } = await program().output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const trained = (await readLog(run)).filter((row) =>
      row["train/loss"] !== null && row["train/loss"] !== undefined
    );
    assert.deepEqual(trained.map(({ step }) => step), Array.from({ length: STEPS }, (_, k) => k + 1));
  }));

Deno.test("a failing training is named with its seed, and another configuration's folder is refused", () =>
  inFolder(async (folder) => {
    const job: SweepJob = {
      ...{ name: "discriminator of Ours", seed: 3, kind: "discriminator", run: join(folder, "run") },
      ...{ config: tiny, steps: 8 },
    };
    const prepared = join(folder, "absent");
    await assert.rejects(
      runSweep([job], { prepared, processes: 1 }),
      /^KitError: discriminator of Ours, seed 3: .*absent/,
    );
    assert.equal((await readSweepRecord(job))?.done, undefined);
    await assert.rejects(
      runSweep([{ ...job, config: { ...tiny, seed: 4 } }], { prepared, processes: 1 }),
      /holds a training of discriminator of Ours with another configuration\. Remove it/,
    );
  }));
