import { ROOT } from "../../lib/base/root.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { exists } from "../../lib/base/files.ts";
import { random } from "../../lib/base/random.ts";
import { initSyncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { compile } from "../../lib/native/compile.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { tf } from "../../lib/native/tf.ts";
import { type Config, tiny } from "../../lib/training/config.ts";
import { readLog } from "../../lib/training/log.ts";
import { pretrain } from "../../lib/training/pretrain.ts";
import { pretrainLoss, syncTensors } from "../../lib/training/pretrain_step.ts";
import { repeatStep } from "../../lib/training/repeat_step.ts";
import { trainingStep } from "../../lib/training/training_step.ts";
import { lastPath, loadDiscriminator, readRun } from "../../lib/training/run.ts";
import { openSafetensors } from "../../lib/weights/safetensors.ts";
import { badBatchPath } from "../../lib/training/bad_batch.ts";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { sampleSyncBatch } from "../../lib/dataset/batches.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";
import { until } from "../waiting.ts";
import { assertSameLog } from "./same_log.ts";

Deno.test("one batch is learnt by heart in a few dozen steps", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
    const generated = await sampleSyncBatch(dataset, random(1), {
      clips: 2,
      windows: 4,
      minShift: 5,
      voicedOnly: true,
    });
    const batch = syncTensors(generated), rate = tf.scalar(1e-3);
    const params = initSyncDiscriminator({ lstm: "front", cbam: true, width: 0.06 }, 1);
    const step = compile(trainingStep(pretrainLoss), { donate: [0] });
    const steps = repeatStep((network, given) => step(network, given, rate), params, { batch, steps: 40 });
    const losses = steps.map(({ loss }) => loss);
    assert.ok(losses[0] > 0.5, `it knows nothing at first: ${losses[0]}`);
    assert.ok(losses.at(-1)! < 0.1, `loss after 40 steps: ${losses.at(-1)}`);
    disposeParams(params);
    tf.dispose([batch, rate]);
  }));

Deno.test("a run that was stopped and gone on with has the numbers of one that was not", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS);
    // A falling rate falls along all steps: a run that was given fewer at first is another one.
    const steady: Config = { ...tiny, pretrain: { ...tiny.pretrain, decay: "none" } };
    const before = tf.memory().numTensors;
    const straight = join(folder, "straight"), resumed = join(folder, "re sumed");
    const result = await pretrain(data, { run: straight, config: steady });
    assert.deepEqual([result.step, result.ended], [8, "steps"]);
    const writers = 1; // TensorBoard's writer stays open, one for each run folder
    assert.equal(tf.memory().numTensors, before + writers, "no tensor is left behind");

    await pretrain(data, { run: resumed, config: steady, steps: 4 });
    const half = await readLog(resumed);
    assert.deepEqual(half.map(({ step }) => step), [1, 2, 3, 4, 4], "four steps and an evaluation");
    await assert.rejects(
      pretrain(data, { run: resumed, config: steady }),
      /re sumed holds a run already.*--resume/,
    );
    const end = await pretrain(data, { run: resumed, config: steady, steps: 8, resume: true });
    assert.equal(end.step, 8);
    assertSameLog(await readLog(resumed), await readLog(straight));
    assert.equal(end.best, result.best);

    const again = await pretrain(data, { run: resumed, config: steady, steps: 8, resume: true });
    assert.deepEqual([again.step, again.best], [8, end.best], "nothing is left to do");
    assert.equal(tf.memory().numTensors, before + 2 * writers);
    const { params, step } = await loadDiscriminator(resumed);
    assert.ok(step === 4 || step === 8);
    disposeParams(params);
    assert.equal((await readRun(resumed)).data.clips, 2);
  }));

Deno.test("a killed run goes on from its last checkpoint", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS), run = join(folder, "killed");
    const script = `import { pretrain } from "./lib/training/pretrain.ts";
      import { tiny } from "./lib/training/config.ts";
      await pretrain(Deno.args[0], { run: Deno.args[1], config: tiny, steps: 100000 });`;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", "--quiet", script, data, run],
      cwd: ROOT,
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => exists(lastPath(run)), process);
    process.kill("SIGKILL");
    assert.equal((await process.status).signal, "SIGKILL");

    const killedAt = (await readLog(run)).at(-1)!.step;
    assert.ok(killedAt >= 4 && killedAt % 4 === 0, `an evaluation wrote the log: step ${killedAt}`);
    const result = await pretrain(data, { run, config: tiny, steps: killedAt + 2, resume: true });
    assert.equal(result.step, killedAt + 2);
    const steps = (await readLog(run)).filter((row) => row["train/loss"] !== null).map(({ step }) => step);
    assert.deepEqual(steps, Array.from({ length: killedAt + 2 }, (_, k) => k + 1), "each step once");
  }));

Deno.test("training ends when the held-out loss no longer falls", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS), run = join(folder, "patient");
    // A rate of almost nothing: the first evaluation stays the best one, or another one by a hair.
    const config = {
      ...tiny,
      pretrain: { ...tiny.pretrain, evaluateEvery: 1, patience: 2, learningRate: 1e-12 },
    };
    const result = await pretrain(data, { run, config, steps: 30 });
    assert.equal(result.ended, "patience");
    assert.ok(result.step < 30, `ended at ${result.step}`);
    const again = await pretrain(data, { run, config, resume: true });
    assert.deepEqual([again.step, again.ended], [result.step, "patience"], "it stays ended");
  }));

Deno.test("data that cannot be trained on is named before anything is written", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    const cases: [string, Parameters<typeof makePrepared>[1], RegExp][] = [
      ["no val", [{ split: "train" }], /no val has no clip in its val split.*--split/],
      ["no train", [{ split: "val" }], /no train has no clip in its train split/],
      [
        "silent val",
        [{ split: "train" }, { split: "val", silent: true }],
        /silent val has no clip with two windows/,
      ],
    ];
    for (const [name, clips, message] of cases) {
      const data = await makePrepared(join(folder, name), clips);
      const config = { ...tiny, pretrain: { ...tiny.pretrain, voicedOnly: true } };
      await assert.rejects(pretrain(data, { run, config }), (error) => {
        assert.ok(error instanceof KitError, `${error}`);
        assert.match(error.message, message);
        return true;
      });
      assert.ok(!await exists(run), name);
    }
  }));

Deno.test("a rate that explodes ends training with a plain word", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS), run = join(folder, "run");
    const config = { ...tiny, pretrain: { ...tiny.pretrain, learningRate: 1e30 } };
    await assert.rejects(
      pretrain(data, { run, config }),
      /The loss of step \d is NaN.*bad-batch\.safetensors.*Lower the rate.*pretrain\.learningRate=/,
    );
    const file = await openSafetensors(badBatchPath(run)), { metadata, tensors } = file.header;
    file.close();
    assert.deepEqual(tensors["sync/mel"].shape, [4, 80, 16, 1]);
    const [batch] = JSON.parse(metadata.batches);
    assert.equal(batch.clips.length, 1, "one clip's four windows");
    // The batch can be sampled again from what is said of it.
    const again = await sampleSyncBatch(
      await openDataset(data, "train"),
      random(batch.random),
      batch.options,
    );
    const kept = await openSafetensors(badBatchPath(run));
    assert.deepEqual(await kept.readF32("sync/mel"), again.mel);
    kept.close();
  }));

Deno.test("a step that is not finite leaves the checkpoint before it, and the batch that did it is named", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS), run = join(folder, "run");
    await pretrain(data, { run, config: tiny, steps: 4 });
    const before = await Deno.readFile(lastPath(run));
    const settings = ["pretrain.learningRate=1e30", "pretrain.decay=none"];
    const gone = pretrain(data, { run, config: tiny, steps: 8, resume: true, settings });
    await assert.rejects(gone, /The loss of step \d is NaN/);
    assert.deepEqual(await Deno.readFile(lastPath(run)), before);
    const mended = ["pretrain.learningRate=1e-4"];
    const end = await pretrain(data, { run, config: tiny, steps: 8, resume: true, settings: mended });
    assert.equal(end.step, 8);
    const log = await readLog(run);
    assert.ok(log.every((row) => Number.isFinite(row["train/loss"] ?? 0)), "no row of what failed stays");
  }));
