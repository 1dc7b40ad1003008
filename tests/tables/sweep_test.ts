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
import { kill, until, untilLetGo } from "../waiting.ts";

const STEPS = 60;
const PROGRAM = fileURLToPath(new URL("./sweep_program.ts", import.meta.url));
const clips = (["train", "train", "train", "val", "val"] as const).map((split) => ({ split }));

Deno.test("killed trainings end with the call that started them, and the next call goes on to the same log", () =>
  inFolder(async (folder) => {
    const prepared = await makePrepared(join(folder, "prepared"), clips);
    const program = (run: string) => {
      const args = ["run", "-A", "--quiet", PROGRAM, prepared, run, `${STEPS}`];
      return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" });
    };
    /** Kills a training's call after its first checkpoint; returns the last step that was trained all the same. */
    const killedAt = async (run: string) => {
      const killed = program(run).spawn();
      await until(() => exists(lastPath(run)), killed);
      kill(killed);
      await killed.output();
      await untilLetGo(join(run, ".lock"));
      return (await readLog(run)).at(-1)!.step;
    };
    // On a busy machine one may come to its end before it is killed; those that go on without their call always do.
    let run = join(folder, "run 0");
    for (let k = 1; await killedAt(run) === STEPS; k++) {
      assert.ok(k < 20, "the training's own process does not end with the call");
      run = join(folder, `run ${k}`);
    }

    const { code, stderr } = await program(run).output();
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
