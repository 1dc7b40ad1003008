import assert from "node:assert/strict";
import { random } from "../../lib/base/random.ts";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { sampleGeneratorBatch, sampleSyncBatch } from "../../lib/dataset/batches.ts";
import { generator } from "../../lib/models/generator.ts";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { initSyncDiscriminator, syncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { compile } from "../../lib/native/compile.ts";
import { disposeParams, isStatistic, type Params } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { tiny } from "../../lib/training/config.ts";
import { withSystem } from "../../lib/training/systems.ts";
import { lossWeights } from "../../lib/training/discriminators.ts";
import { lowerWindows } from "../../lib/training/face_regions.ts";
import { openNetworks } from "../../lib/training/gan.ts";
import { recalibrateGenerator } from "../../lib/training/gan_evaluation.ts";
import { discriminatorStep, ganStep, generatorStep, generatorTensors } from "../../lib/training/gan_steps.ts";
import { binaryCrossEntropy, syncLoss, syncProbability } from "../../lib/training/losses.ts";
import { syncTensors } from "../../lib/training/pretrain_step.ts";
import { repeatStep } from "../../lib/training/repeat_step.ts";
import { beginTraining } from "../../lib/training/training_step.ts";
import { assertClose } from "../golden.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";

const value = (tensor: Tensor) => tensor.dataSync()[0];
const near = (found: number, expected: number, tolerance = 1e-5) =>
  assert.ok(
    Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${found}, not ${expected}`,
  );

/** `tiny`'s generator step with another weight of the mouth. */
const stepOf = (mouthWeight = tiny.gan.mouthWeight) =>
  generatorStep({ ...tiny, gan: { ...tiny.gan, mouthWeight } }, "frames");
const PAIRS = { clips: 2, windows: 2, minShift: 5, voicedOnly: true };

/** Weights of the loss's terms (eq. 6). */
const weightsOf = (syncWeight = 0) => ({ l1: tf.scalar(1 - syncWeight), e_sync: tf.scalar(syncWeight) });

/** Thin networks and batches of made clips. */
async function setting(folder: string) {
  const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
  const options = { frames: 4, poseShift: 0, voicedOnly: true, minShift: 5 };
  const draw = (windows: number) => sampleGeneratorBatch(dataset, random(1), { ...options, windows });
  const pairs = await sampleSyncBatch(dataset, random(2), PAIRS);
  return {
    dataset,
    frames: generatorTensors(await draw(0)),
    windows: generatorTensors(await draw(2)),
    pairs: syncTensors(pairs),
    params: initGenerator({ kind: "wav2lip", width: 0.03 }, 1),
    discriminator: initSyncDiscriminator({ lstm: "front", cbam: true, width: 0.03 }, 2),
  };
}

Deno.test("lower halves go to the discriminator as the data set gives them", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
    const options = { frames: 0, windows: 2, poseShift: 0, voicedOnly: true, minShift: 5 };
    const generated = await sampleGeneratorBatch(dataset, random(1), options);
    const { target } = generatorTensors(generated);
    const windows = lowerWindows(target);
    assert.deepEqual(windows.shape, [2, 48, 96, 15]);
    // Row 48 + y of frame f is row y of channels 3 f on.
    const [all, lower] = [target.arraySync() as number[][][][], windows.arraySync() as number[][][][]];
    for (const [w, y, x, f] of [[0, 0, 0, 0], [1, 10, 50, 3], [1, 47, 95, 4]]) {
      assert.deepEqual(lower[w][y][x].slice(3 * f, 3 * f + 3), all[5 * w + f][48 + y][x]);
    }
  }));

Deno.test("a generator learns a batch of frames by heart", () =>
  inFolder(async (folder) => {
    const { frames, params } = await setting(folder);
    const rate = tf.scalar(3e-3), step = compile(stepOf(0), { donate: [0] });
    const batch = { batch: frames, discriminators: {}, weights: weightsOf() };
    const steps = repeatStep((network, given) => step(network, given, rate), params, { batch, steps: 90 });
    const losses = steps.map(({ loss }) => loss);
    assert.ok(
      losses.at(-1)! < 0.05 && losses.at(-1)! < losses[0] / 4,
      `L1 ${losses[0]}, then ${losses.at(-1)}`,
    );
    disposeParams(params);
  }));

Deno.test("the mouth counts for more, the mean weight is 1", () =>
  inFolder(async (folder) => {
    const { frames, params } = await setting(folder);
    const rate = tf.scalar(0), network = beginTraining(params);
    const l1 = (mouthWeight: number, target: Tensor) =>
      tf.tidy(() => {
        const batch = { batch: { ...frames, target }, discriminators: {}, weights: weightsOf() };
        return value(stepOf(mouthWeight)(network, batch, rate).aux.terms.l1);
      });
    const { face } = generator(scope(params, { training: true }), frames as { mel: Tensor; faces: Tensor });
    const everywhere = tf.add(face, 0.1);
    near(l1(0, everywhere), 0.1);
    near(l1(5, everywhere), 0.1, 1e-4);
    const mouth = tf.pad(tf.fill([30, 44], 0.1), [[50, 16], [26, 26]]).reshape([1, 96, 96, 1]);
    const share = 30 * 44 / 96 ** 2;
    near(l1(0, tf.add(face, mouth)), 0.1 * share);
    near(l1(5, tf.add(face, mouth)), 0.1 * share * 6 / (1 + 5 * share));
  }));

Deno.test("a window step is a frame step and the discriminator's E_sync", () =>
  inFolder(async (folder) => {
    const { windows, params, discriminator } = await setting(folder);
    const network = beginTraining(params);
    const take = (discriminators: Record<string, Params>, syncWeight: number) => {
      const batch = { batch: windows, discriminators, weights: weightsOf(syncWeight) };
      const { network: next, aux } = stepOf()(network, batch, tf.scalar(1e-3));
      return { params: next.params, ...aux };
    };
    const alone = take({}, 0);
    const [without, within] = [take({ discriminator }, 0), take({ discriminator }, 0.5)];
    for (const [name, tensor] of Object.entries(alone.params)) {
      const distance = value(tf.max(tf.abs(tf.sub(without.params[name], tensor as Tensor))));
      assert.ok(distance < 1e-4, `${name} without the sync term: ${distance}`);
    }
    const { face } = generator(scope(params, { training: true }), windows as { mel: Tensor; faces: Tensor });
    assertClose(within.face, face, "generated faces");
    const lips = { mel: windows.syncMel, faces: lowerWindows(within.face) };
    const embedded = syncDiscriminator(scope(discriminator), lips);
    near(value(within.terms.e_sync), value(syncLoss(syncProbability(embedded))), 1e-4);
    near(value(within.terms.l1), value(alone.terms.l1));
    const moved = (next: Params) =>
      value(tf.norm(tf.sub(next["audio/5/conv/kernel"], alone.params["audio/5/conv/kernel"])));
    assert.ok(moved(within.params) > 100 * moved(without.params) + 1e-6, "the sync term pulls");
  }));

Deno.test("with the statistics of frames, windows are drawn by them and leave them as they are", () =>
  inFolder(async (folder) => {
    const { windows, params } = await setting(folder), faces = windows as { mel: Tensor; faces: Tensor };
    const batch = { batch: windows, discriminators: {}, weights: weightsOf() }, rate = tf.scalar(1e-3);
    for (const windowStatistics of ["frames", "batch"] as const) {
      const kept = windowStatistics === "frames";
      const step = generatorStep({ ...tiny, gan: { ...tiny.gan, windowStatistics } }, "windows");
      const { network, aux } = step(beginTraining(params), batch, rate);
      assertClose(aux.face, generator(scope(params, { training: !kept }), faces).face, windowStatistics);
      const moved = Object.keys(params).filter(isStatistic).filter((name) =>
        network.params[name].dataSync().some((value, k) => value !== params[name].dataSync()[k])
      );
      assert.equal(moved.length > 0, !kept);
      assert.notDeepEqual(
        network.params["face/0/0/conv/kernel"].dataSync(),
        params["face/0/0/conv/kernel"].dataSync(),
      );
    }
  }));

Deno.test("the discriminator's turn: real in sync 1, real off sync 0, generated 0", () =>
  inFolder(async (folder) => {
    const { windows, pairs, discriminator } = await setting(folder);
    const generated = lowerWindows(windows.target), generatedMel = windows.syncMel;
    const seen = { generated: windows.target, batch: windows, pairs };
    const step = discriminatorStep("discriminator", tiny.gan);
    const next = step(beginTraining(discriminator), seen, tf.scalar(1e-3));
    // Four real windows of two clips, then the generated ones.
    const mel = tf.concat([pairs.mel, generatedMel], 0), faces = tf.concat([pairs.faces, generated], 0);
    const lossOf = (params: Params) => {
      const { audio, video } = syncDiscriminator(scope(params), { mel, faces });
      const seen = tf.gather(video, [0, 0, 1, 1, 2, 2, 3, 3, 4, 5]);
      const heard = tf.gather(audio, [0, 1, 0, 1, 2, 3, 2, 3, 4, 5]);
      const p = Array.from(syncProbability({ audio: heard, video: seen }).dataSync());
      const [inSync, offSync, made] = [[p[0], p[3], p[4], p[7]], [p[1], p[2], p[5], p[6]], [p[8], p[9]]];
      const bce = (values: number[], label: number) =>
        value(binaryCrossEntropy(tf.tensor1d(values), tf.fill([values.length], label)));
      return { inSync, made, loss: bce(inSync, 1) / 2 + (bce(offSync, 0) + bce(made, 0)) / 4 };
    };
    const before = lossOf(discriminator), mean = (p: number[]) => p.reduce((a, b) => a + b) / p.length;
    near(value(next.loss), before.loss);
    near(value(next.aux.d_real), mean(before.inSync));
    near(value(next.aux.d_generated), mean(before.made));
    const { loss } = lossOf(next.network.params);
    for (const [name, tensor] of Object.entries(discriminator).filter(([name]) => isStatistic(name))) {
      assert.deepEqual(next.network.params[name].dataSync(), tensor.dataSync(), `${name} stays`);
    }
    assert.ok(loss < value(next.loss), "it learns");
  }));

Deno.test("compiled steps give eager's numbers, and neither gains a tensor; a frozen discriminator stays", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
    const options = { frames: 0, windows: 2, poseShift: 0, voicedOnly: true, minShift: 5 };
    const generator = await sampleGeneratorBatch(dataset, random(1), options);
    const pairs = await sampleSyncBatch(dataset, random(2), PAIRS);
    for (const config of [tiny, withSystem(tiny, "Wav2Lip + quality")]) {
      const weights = lossWeights(config.gan, "windows", { syncWeight: 0.03 });
      const [eager, compiled] = [false, true].map((compiled) => {
        const before = tf.memory().numTensors;
        const take = ganStep(config, { compiled });
        let networks = openNetworks(config);
        const frozen = config === tiny ? [] : Object.values(networks.discriminator!.params);
        const start = tf.memory().numTensors;
        const rows = [1, 2, 3].map(() => {
          const step = take(networks, { generator, pairs }, { step: config.gan.frameSteps, weights });
          networks = step.networks;
          assert.equal(tf.memory().numTensors, start, "no tensor is gained");
          return { ...step.terms, ...step.turns };
        });
        assert.ok(frozen.every((tensor) => !tensor.isDisposed), "what is frozen is no step's own");
        tf.dispose(networks);
        assert.equal(tf.memory().numTensors, before);
        return rows;
      });
      eager.forEach((row, k) => Object.entries(row).forEach(([name, loss]) => near(compiled[k][name], loss)));
      assert.notEqual(eager[0].l1, eager[2].l1);
    }
  }));

Deno.test("recalibration moves statistics and nothing else", () =>
  inFolder(async (folder) => {
    const { dataset, params } = await setting(folder);
    const before = tf.memory().numTensors;
    const done = await recalibrateGenerator(params, { dataset, config: tiny });
    for (const [name, tensor] of Object.entries(done)) {
      const distance = tf.tidy(() => value(tf.max(tf.abs(tf.sub(tensor, params[name])))));
      assert.equal(distance > 0, name.includes("/moving_"), name);
    }
    disposeParams(done);
    assert.equal(tf.memory().numTensors, before);
    disposeParams(params);
  }));
