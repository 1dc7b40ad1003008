import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { exists } from "../../lib/base/files.ts";
import { writeParquet } from "../../lib/base/parquet.ts";
import { loadCheckpoint, saveCheckpoint } from "../../lib/training/checkpoint.ts";
import { tf } from "../../lib/native/tf.ts";
import { tiny } from "../../lib/training/config.ts";
import { train } from "../../lib/training/gan.ts";
import { measuredRows, rowsPath, shippedRun, storeRun } from "../../lib/training/stored_run.ts";
import { logPath, readLog } from "../../lib/training/log.ts";
import { pretrain } from "../../lib/training/pretrain.ts";
import { bestPath, lastPath, loadDiscriminator, readRun } from "../../lib/training/run.ts";
import { makeTinyRun } from "./tiny_run.ts";
import { inFolder } from "../in_folder.ts";

/** A run folder as `pretrain` leaves it after `step` steps. */
async function endedRun(folder: string, step: number, bestStep = 2): Promise<string> {
  const run = await makeTinyRun(folder), best = await loadCheckpoint(bestPath(run));
  await saveCheckpoint(lastPath(run), { ...best, state: { step, random: 5, best: 0.5, bestStep } });
  await writeParquet(logPath(run), [{ step: 1, "train/loss": 0.75 }]);
  return run;
}

const absent = "no such data";

Deno.test("a kept run says how its training ended, without its data and without the state to go on from", () =>
  inFolder(async (folder) => {
    const { steps, patience, evaluateEvery } = tiny.pretrain, long = patience * evaluateEvery;
    const ends = [[steps, 2, "steps"], [steps - 1, steps - 1 - long, "patience"], [
      3,
      2,
      "interrupted",
    ]] as const;
    for (const [step, bestStep, ended] of ends) {
      const run = await endedRun(await Deno.makeTempDir({ dir: folder }), step, bestStep);
      const to = join(folder, `kept ${ended}`), asked = { run: to, config: tiny, resume: true };
      await storeRun(run, to);
      assert.deepEqual(await pretrain(absent, asked), { run: to, step, best: 0.5, ended });
      assert.deepEqual((await readRun(to)).ended, { step, best: 0.5, ended });
      assert.deepEqual(await readLog(to), await readLog(run));
      assert.equal((await loadDiscriminator(to)).step, 0);
      assert.equal(await exists(lastPath(to)), false);
      await assert.rejects(pretrain(absent, { ...asked, steps: 9 }), (error) => {
        assert.ok(error instanceof KitError);
        return /is kept without the state.*Train another run/.test(error.message);
      });
      await assert.rejects(pretrain(absent, { ...asked, settings: ["pretrain.clips=2"] }), /is kept without/);
    }
  }));

Deno.test("weights are kept in half floats, but for those that half floats cannot hold", () =>
  inFolder(async (folder) => {
    const run = await endedRun(folder, 4), to = join(folder, "kept");
    const best = await loadCheckpoint(bestPath(run)), { discriminator } = best.groups;
    const large = "video/0/norm/moving_variance";
    discriminator[large] = tf.fill(discriminator[large].shape, 1e6);
    await saveCheckpoint(bestPath(run), best);
    await storeRun(run, to);
    const { params } = await loadDiscriminator(to);
    for (const [name, kept] of Object.entries(params)) {
      const values = discriminator[name].dataSync(), halves = kept.dataSync();
      const exact = name === large;
      values.forEach((value, k) => {
        const off = Math.abs(halves[k] - value);
        assert.ok(
          exact ? off === 0 : off <= Math.abs(value) / 2048 + 3e-8,
          `${name}: ${halves[k]}, not ${value}`,
        );
      });
    }
    const [own, kept] = await Promise.all([run, to].map((path) => Deno.stat(bestPath(path))));
    assert.ok(kept.size < 0.62 * own.size, `${kept.size} of ${own.size} bytes`);
  }));

Deno.test("of a branch the log is kept alone, and train returns as pretrain does", () =>
  inFolder(async (folder) => {
    const run = await endedRun(folder, 4), to = join(folder, "kept");
    await storeRun(run, to, { weights: false });
    assert.equal(await exists(bestPath(to)), false);
    assert.equal((await train(absent, { run: to, config: tiny, resume: true })).step, 4);
  }));

Deno.test("a run that never came to a checkpoint is not kept", () =>
  inFolder(async (folder) => {
    const run = await makeTinyRun(folder), to = join(folder, "kept");
    await assert.rejects(storeRun(run, to), KitError);
    assert.equal(await exists(to), false);
  }));

Deno.test("rows are measured anew of a run, and read of a kept one, number for number", () =>
  inFolder(async (folder) => {
    const run = await endedRun(folder, 4), to = join(folder, "kept");
    let times = 0;
    const make = () => {
      times++;
      return Promise.resolve([{ clip: "a/b", value: 0.1 + 0.2, none: NaN, sure: times > 1 }]);
    };
    await measuredRows(run, "scores", make);
    const rows = await measuredRows(run, "scores", make);
    assert.equal(times, 2);
    await storeRun(run, to);
    assert.deepEqual(await measuredRows(to, "scores", make), rows);
    assert.equal(times, 2);
    await assert.rejects(measuredRows(to, "others", make), (error) => {
      assert.ok(error instanceof KitError);
      return error.message.includes(rowsPath(to, "others"));
    });
  }));

Deno.test("the runs that come with the kit are a discriminator and a generator; one that was taken away is named", async () => {
  for (const kind of ["discriminator", "generator"] as const) {
    assert.equal((await readRun(await shippedRun(kind), kind)).kind, kind);
  }
  await inFolder((folder) =>
    assert.rejects(
      shippedRun("generator", { stored: folder }),
      (error) =>
        error instanceof KitError && /comes with the kit is not at .*generator.*--run/.test(error.message),
    )
  );
});
