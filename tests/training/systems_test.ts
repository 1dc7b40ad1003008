import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { sampleGeneratorBatch } from "../../lib/dataset/batches.ts";
import { dub } from "../../lib/tasks/dub.ts";
import { KitError } from "../../lib/base/errors.ts";
import { random } from "../../lib/base/random.ts";
import { compile } from "../../lib/native/compile.ts";
import { disposeParams, initialize } from "../../lib/nn/params.ts";
import { tf } from "../../lib/native/tf.ts";
import { configure, tiny } from "../../lib/training/config.ts";
import {
  DISCRIMINATORS,
  discriminatorsIn,
  lossWeights,
  trainedIn,
} from "../../lib/training/discriminators.ts";
import { branchRun } from "../../lib/training/branch.ts";
import { train } from "../../lib/training/gan.ts";
import { discriminatorStep, generatorTensors } from "../../lib/training/gan_steps.ts";
import { readLog } from "../../lib/training/log.ts";
import { pretrain } from "../../lib/training/pretrain.ts";
import { repeatStep } from "../../lib/training/repeat_step.ts";
import { loadDiscriminator, loadGenerator, readRun } from "../../lib/training/run.ts";
import {
  configureSystem,
  needsDiscriminator,
  systemOf,
  systems,
  withSystem,
} from "../../lib/training/systems.ts";
import { makeFaceVideo } from "../prepare/face_video.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";
import { assertSameLog } from "./same_log.ts";
import { makeTinyRun } from "./tiny_run.ts";

const NAMES = Object.keys(systems);

Deno.test("the systems are those of Tables 1 and 2, each told by its switches", () => {
  assert.deepEqual(NAMES, [
    ...["Ours", "w/o LSTM", "w/o CBAM", "w/o LSTM & CBAM"],
    ...["Wav2Lip", "Wav2Lip + quality", "LipGAN", "Speech2Vid"],
  ]);
  for (const name of NAMES) {
    const config = withSystem(tiny, name);
    assert.equal(systemOf(config), name);
    const { steps, frameSteps, frames, windows } = config.gan, budget = tiny.gan;
    assert.deepEqual(
      [steps, frameSteps, frames, windows],
      [budget.steps, budget.frameSteps, budget.frames, budget.windows],
      "the budget is the preset's",
    );
  }
  assert.deepEqual(withSystem(tiny, "Ours"), tiny);
  assert.throws(
    () => withSystem(tiny, "DeepFake"),
    /no system "DeepFake"\. Use one of "Ours", .*"Speech2Vid"/,
  );
  assert.equal(configureSystem("small", { system: "LipGAN", settings: ["seed=3"] }).seed, 3);
});

Deno.test("which discriminators play, which are trained, and by which weights", () => {
  const { gan } = withSystem(configure("paper"), "Wav2Lip + quality");
  assert.deepEqual([discriminatorsIn(gan, "frames"), discriminatorsIn(gan, "windows")], [["quality"], [
    "discriminator",
    "quality",
  ]]);
  assert.deepEqual(trainedIn(gan, "windows"), ["quality"]);
  const weights = lossWeights(gan, "windows", { syncWeight: 0.03 });
  assert.deepEqual([weights.e_sync, weights.quality], [0.03, 0.07]);
  assert.ok(Math.abs(weights.l1 - 0.9) < 1e-12);
  const lipgan = withSystem(configure("paper"), "LipGAN").gan;
  assert.deepEqual(lossWeights(lipgan, "frames", { syncWeight: 0 }), { l1: 1, contrastive: 0.01 });
  const plain = withSystem(configure("paper"), "Wav2Lip").gan;
  assert.ok(Math.abs(plain.syncWeight - 0.01) < 1e-12 && trainedIn(plain, "windows").length === 0);
  assert.deepEqual(discriminatorsIn(withSystem(tiny, "Speech2Vid").gan, "windows"), []);
});

for (const name of ["Wav2Lip + quality", "LipGAN", "Speech2Vid"]) {
  Deno.test(`${name} is trained, stopped or not the same`, () =>
    inFolder(async (folder) => {
      const data = await makePrepared(join(folder, "data"), FEW_CLIPS), config = withSystem(tiny, name);
      const discriminator = join(folder, "expert");
      if (needsDiscriminator(config)) {
        await pretrain(data, {
          run: discriminator,
          config: { ...config, pretrain: { ...config.pretrain, steps: 2 } },
        });
      }
      const given = needsDiscriminator(config) ? { discriminator } : {};
      const straight = join(folder, "straight"), resumed = join(folder, "resumed");
      const before = tf.memory().numTensors;
      await train(data, { run: straight, config, ...given });
      assert.ok(tf.memory().numTensors <= before + 1, "no tensor is left behind");
      const log = await readLog(straight), rows = log.filter((row) => typeof row["train/l1"] === "number");
      const logs = (key: string) => rows.map((row) => typeof row[key] === "number");
      const always = rows.map(() => true);
      if (name === "LipGAN") {
        for (const key of ["train/contrastive", "train/d_loss", "train/distance_off_sync"]) {
          assert.deepEqual(logs(key), always, key);
        }
        assert.ok(rows.every((row) => row["train/contrastive_weight"] === 0.01));
      } else if (name === "Wav2Lip + quality") {
        for (const key of ["train/quality", "train/q_loss"]) assert.deepEqual(logs(key), always, key);
        assert.deepEqual(logs("train/e_sync"), [false, false, false, true, true, true]);
        assert.ok(!logs("train/d_loss").includes(true), "the expert is frozen");
      } else assert.ok(!logs("train/d_loss").includes(true) && !logs("train/e_sync").includes(true));

      await train(data, { run: resumed, config, ...given, steps: 3 });
      await train(data, { run: resumed, config, ...given, steps: 6, resume: true });
      assertSameLog(await readLog(resumed), log);
      const { params, config: held } = await loadGenerator(resumed);
      assert.equal(held.generator.kind, systems[name].generator);
      assert.equal((await readRun(resumed)).config.system, name);
      disposeParams(params);

      if (name !== "Wav2Lip + quality") {
        const video = await makeFaceVideo(join(folder, "film.mp4"), { seconds: 1 });
        const out = join(folder, "out.mp4"), { frames } = await dub(video, video, { run: resumed, out });
        assert.ok(frames >= 24 && (await Deno.stat(out)).size > 1000);
      }
    }));
}

Deno.test("a run goes on as the system that it is, without the discriminator's folder; what is of no use is refused", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS),
      discriminator = await makeTinyRun(folder);
    const short = { ...tiny, gan: { ...tiny.gan, steps: 1, frameSteps: 1 } }, compiled = false;
    const ours = join(folder, "ours"), lipgan = join(folder, "lipgan");
    await train(data, { run: ours, config: short, discriminator, compiled });
    await train(data, { run: ours, config: short, steps: 2, resume: true, compiled });
    await train(data, { run: lipgan, config: withSystem(short, "LipGAN"), compiled });
    const { step } = await train(data, { run: lipgan, config: short, steps: 2, resume: true, compiled });
    assert.deepEqual([step, (await readRun(lipgan)).config.system], [2, "LipGAN"]);
    await assert.rejects(
      train(data, { run: join(folder, "more"), config: withSystem(short, "LipGAN"), discriminator }),
      /LipGAN has no pretrained discriminator\. Leave --discriminator out/,
    );
    await assert.rejects(loadDiscriminator(lipgan), /is of LipGAN, which has no sync discriminator/);
  }));

Deno.test("one training on frames serves all systems with its generator: a branch opens its own discriminator", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS), compiled = false;
    const ours = await makeTinyRun(folder), plain = await makeTinyRun(folder, { lstm: "none", cbam: false });
    const short = { ...tiny, gan: { ...tiny.gan, steps: 2, frameSteps: 1 } };
    const frames = join(folder, "frames"), branch = join(folder, "Wav2Lip");
    await train(data, { run: frames, config: short, discriminator: ours, steps: 1, compiled });
    const config = withSystem(short, "Wav2Lip");
    await branchRun(frames, branch, config);
    await assert.rejects(train(data, { run: branch, config, resume: true }), /Wav2Lip needs a pretrained/);
    await train(data, { run: branch, config, discriminator: plain, resume: true, compiled });
    const rows = (await readLog(branch)).filter((row) => typeof row["train/l1"] === "number");
    assert.deepEqual(rows.map(({ step }) => step), [1, 2]);
    const { params } = await loadDiscriminator(branch);
    assert.ok(!("audio/lstm/kernel" in params), "the expert, not the discriminator of the frames run");
    disposeParams(params);
    await assert.rejects(
      branchRun(frames, join(folder, "LipGAN"), withSystem(short, "LipGAN")),
      /LipGAN has another generator than Ours/,
    );
  }));

Deno.test("each variant of Table 1 needs its own discriminator", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS), run = join(folder, "run");
    const refused = async (name: string, discriminator: string | undefined, said: RegExp) =>
      await assert.rejects(train(data, { run, config: withSystem(tiny, name), discriminator }), (error) => {
        assert.ok(error instanceof KitError);
        assert.match(error.message, said);
        return true;
      });
    const ours = await makeTinyRun(folder);
    await refused("Ours", undefined, /Ours needs a pretrained sync discriminator.*pretrain --system "Ours"/);
    await refused("w/o LSTM", ours, /holds the discriminator of "Ours".*pretrain --system "w\/o LSTM"/);
    await refused("Wav2Lip", ours, /holds the discriminator of "Ours"/);
  }));

for (const name of ["contrastive", "quality"] as const) {
  Deno.test(`the ${name} discriminator learns one batch by heart`, () =>
    inFolder(async (folder) => {
      const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
      const options = { frames: 4, windows: 0, poseShift: 0, voicedOnly: true, minShift: 5, offSync: true };
      const batch = generatorTensors(await sampleGeneratorBatch(dataset, random(1), options));
      const generated = tf.randomUniform([4, 96, 96, 3], 0.3, 0.7, "float32", 5);
      // Without norms, larger steps throw the quality discriminator to where its sigmoid is flat.
      const step = compile(discriminatorStep(name, { beta1: 0.9, clipNorm: 0 }), { donate: [0] }),
        rate = tf.scalar(3e-4);
      const steps = repeatStep(
        (network, given) => step(network, given, rate),
        initialize(DISCRIMINATORS[name].specs(tiny), 1),
        { batch: { generated, batch, pairs: {} }, steps: 120 },
      );
      const losses = steps.map(({ loss }) => loss);
      assert.ok(losses.at(-1)! < losses[0] / 4, `${losses[0]}, then ${losses.at(-1)}`);
    }));
}
