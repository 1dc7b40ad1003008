import { ROOT } from "../../lib/base/root.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { exists } from "../../lib/base/files.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { tf } from "../../lib/native/tf.ts";
import { loadCheckpoint } from "../../lib/training/checkpoint.ts";
import { type Config, tiny } from "../../lib/training/config.ts";
import { train } from "../../lib/training/gan.ts";
import { readLog } from "../../lib/training/log.ts";
import { lastPath, loadDiscriminator, loadGenerator, readRun } from "../../lib/training/run.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";
import { assertSameLog } from "./same_log.ts";
import { makeTinyRun } from "./tiny_run.ts";
import { until } from "../waiting.ts";

/** A folder with made clips and a discriminator that knows nothing. */
async function setting(folder: string) {
  const data = await makePrepared(join(folder, "data"), FEW_CLIPS);
  return { data, discriminator: await makeTinyRun(folder) };
}

const withGan = (gan: Partial<Config["gan"]>): Config => ({ ...tiny, gan: { ...tiny.gan, ...gan } });

/** Whether training changed the discriminator that it began with. */
async function discriminatorMoved(run: string, pretrained: string): Promise<boolean> {
  const { params } = await loadDiscriminator(pretrained);
  const { groups } = await loadCheckpoint(lastPath(run), ["discriminator"]);
  const moved = Object.entries(params).some(([name, tensor]) =>
    tf.tidy(() => tf.max(tf.abs(tf.sub(groups.discriminator[name], tensor))).dataSync()[0]) > 0
  );
  [params, groups.discriminator].forEach(disposeParams);
  return moved;
}

Deno.test("frames with L1, then windows with L1 + E_sync and the discriminator in turns; stopped or not, the same", () =>
  inFolder(async (folder) => {
    const { data, discriminator } = await setting(folder);
    const before = tf.memory().numTensors;
    const straight = join(folder, "straight"), resumed = join(folder, "re sumed");
    const result = await train(data, { run: straight, config: tiny, discriminator });
    assert.deepEqual([result.step, result.ended], [6, "steps"]);
    const writers = 1; // TensorBoard's writer stays open, one for each run folder
    assert.equal(tf.memory().numTensors, before + writers, "no tensor is left behind");

    const log = await readLog(straight);
    const rows = log.filter((row) => typeof row["train/l1"] === "number");
    assert.deepEqual(rows.map(({ step }) => step), [1, 2, 3, 4, 5, 6]);
    const switched = tiny.gan.syncWeight;
    assert.deepEqual(rows.map((row) => row["train/sync_weight"]), [0, 0, 0, switched, switched, switched]);
    for (const name of ["train/e_sync", "train/d_loss", "train/d_real", "train/d_generated"]) {
      assert.deepEqual(rows.map((row) => typeof row[name] === "number"), [
        false,
        false,
        false,
        true,
        true,
        true,
      ], name);
    }
    const evaluations = log.filter((row) => typeof row["val/l1"] === "number");
    assert.deepEqual(evaluations.map(({ step }) => step), [3, 6]);
    assert.equal(result.best, evaluations[1]["val/loss"], "with the sync term the best starts anew");

    const frames = await train(data, { run: resumed, config: tiny, discriminator, steps: 3 });
    // The sync term was switched on as the frames ended; what is told is the best of what was trained.
    assert.equal(frames.best, evaluations[0]["val/loss"]);
    const again = await train(data, { run: resumed, config: tiny, discriminator, steps: 3, resume: true });
    assert.deepEqual(again, frames);
    const end = await train(data, { run: resumed, config: tiny, discriminator, steps: 6, resume: true });
    assertSameLog(await readLog(resumed), log);
    assert.equal(end.best, result.best);
    assert.equal(tf.memory().numTensors, before + 2 * writers);

    const { params, config } = await loadGenerator(resumed);
    const own = await readRun(resumed, "generator");
    assert.deepEqual(own.config.discriminator, config.discriminator, "the run tells of its discriminator");
    assert.equal(await discriminatorMoved(resumed, discriminator), true);
    disposeParams(params);
    assert.equal(tf.memory().numTensors, before + 2 * writers);
  }));

Deno.test("a frozen discriminator stays as it was, and the sync term waits for a low enough E_sync", () =>
  inFolder(async (folder) => {
    const { data, discriminator } = await setting(folder), run = join(folder, "run");
    const windowsAlone = { frameSteps: 0, windowStatistics: "batch" } as const;
    const config = withGan({
      discriminator: "frozen",
      ...windowsAlone,
      evaluateEvery: 2,
      syncWhenBelow: 1e-9,
    });
    const weights = async () => (await readLog(run)).flatMap((row) => row["train/sync_weight"] ?? []);
    await train(data, { run, config, discriminator, steps: 2 });
    assert.deepEqual(await weights(), [0, 0]);
    const settings = ["gan.syncWhenBelow=100", "gan.syncWeight=0.5", "gan.evaluateEvery=3"];
    await train(data, { run, config, discriminator, resume: true, steps: 4, settings });
    assert.deepEqual(await weights(), [0, 0, 0, 0.5], "switched on by the evaluation after step 3");
    assert.equal(await discriminatorMoved(run, discriminator), false);
  }));

Deno.test("a killed training goes on from its last checkpoint", () =>
  inFolder(async (folder) => {
    const { data, discriminator } = await setting(folder), run = join(folder, "killed");
    const config = withGan({ frameSteps: 100_000, evaluateEvery: 3 });
    const script = `import { train } from "./lib/training/gan.ts";
      const [data, run, discriminator, config] = Deno.args;
      await train(data, { run, discriminator, config: JSON.parse(config), steps: 100000 });`;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", "--quiet", script, data, run, discriminator, JSON.stringify(config)],
      cwd: ROOT,
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => exists(lastPath(run)), process);
    process.kill("SIGKILL");
    assert.equal((await process.status).signal, "SIGKILL");
    const killedAt = (await readLog(run)).at(-1)!.step;
    const result = await train(data, { run, config, discriminator, steps: killedAt + 2, resume: true });
    assert.equal(result.step, killedAt + 2);
    const steps = (await readLog(run)).filter((row) => typeof row["train/l1"] === "number").map(({ step }) =>
      step
    );
    assert.deepEqual(steps, Array.from({ length: killedAt + 2 }, (_, k) => k + 1), "each step once");
  }));

Deno.test("what cannot be trained on or with is named", () =>
  inFolder(async (folder) => {
    const { data, discriminator } = await setting(folder), run = join(folder, "run");
    const refuses = (work: Promise<unknown>, message: RegExp) =>
      assert.rejects(work, (error) => {
        assert.ok(error instanceof KitError, `${error}`);
        assert.match(error.message, message);
        return true;
      });
    const options = { run, config: tiny, discriminator };
    await refuses(
      train(data, { ...options, discriminator: join(folder, "none") }),
      /none is not a run folder/,
    );
    await refuses(train(join(folder, "none"), options), /none is not a prepared folder/);
    const noVal = await makePrepared(join(folder, "no val"), [{ split: "train" }]);
    await refuses(train(noVal, options), /no val has no clip in its val split/);
    const silent = await makePrepared(join(folder, "silent"), [{ split: "train" }, {
      split: "val",
      silent: true,
    }]);
    await refuses(train(silent, options), /silent has no clip with two windows/);
    assert.ok(!await exists(run), "nothing was written");
    await refuses(
      train(data, { ...options, run: discriminator, resume: true }),
      /holds a discriminator, not a generator/,
    );

    await train(data, { ...options, config: withGan({ steps: 1 }) });
    await refuses(train(data, options), /run holds a run already\. Go on with --resume/);
    await Deno.truncate(lastPath(run), 10_000);
    await refuses(train(data, { ...options, resume: true }), /last\.safetensors/);
  }));
