import assert from "node:assert/strict";
import { random } from "../../lib/base/random.ts";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { sampleGeneratorBatch, sampleSyncBatch } from "../../lib/dataset/batches.ts";
import { generator } from "../../lib/models/generator.ts";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { initSyncDiscriminator, syncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { compile } from "../../lib/native/compile.ts";
import { adamInit } from "../../lib/nn/adam.ts";
import { disposeParams, type Params } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { flattenAdam } from "../../lib/training/checkpoint.ts";
import { tiny } from "../../lib/training/config.ts";
import {
  discriminatorStep,
  generatorStep,
  generatorTensors,
  recalibrateGenerator,
} from "../../lib/training/gan_steps.ts";
import { lowerWindows } from "../../lib/training/lower_halves.ts";
import { binaryCrossEntropy, syncLoss, syncProbability } from "../../lib/training/losses.ts";
import { syncTensors } from "../../lib/training/pretrain.ts";
import { repeatStep } from "../../lib/training/repeat_step.ts";
import { assertClose } from "../golden.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";

const value = (tensor: Tensor) => tensor.dataSync()[0];
const near = (found: number, expected: number, tolerance = 1e-5) =>
  assert.ok(
    Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${found}, not ${expected}`,
  );

/** `tiny`'s generator steps with another weight of the mouth. */
const stepOf = (phase: "frames" | "windows", mouthWeight = tiny.gan.mouthWeight) =>
  generatorStep({ ...tiny, gan: { ...tiny.gan, mouthWeight } }, phase);
/** Weights of the loss's terms (eq. 6). */
const weightsOf = (syncWeight = 0) => ({ l1: tf.scalar(1 - syncWeight), e_sync: tf.scalar(syncWeight) });

/** Thin networks and batches of made clips. */
async function setting(folder: string) {
  const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
  const options = { frames: 4, poseShift: 0, voicedOnly: true, minShift: 5 };
  const draw = (windows: number) => sampleGeneratorBatch(dataset, random(1), { ...options, windows });
  const pairs = await sampleSyncBatch(dataset, random(2), { size: 4, minShift: 5, voicedOnly: true });
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
    const rate = tf.scalar(3e-3), step = compile(stepOf("frames", 0)), weights = weightsOf();
    const losses = repeatStep(
      (all, state, batch) => {
        const { terms, face, ...next } = step({ params: all, state, discriminators: {} }, batch, {
          rate,
          weights,
        });
        face.dispose();
        return { ...next, loss: terms.l1 };
      },
      params,
      { batch: frames, steps: 60 },
    ).map(({ loss }) => loss);
    assert.ok(
      losses.at(-1)! < 0.05 && losses.at(-1)! < losses[0] / 4,
      `L1 ${losses[0]}, then ${losses.at(-1)}`,
    );
    disposeParams(params);
  }));

Deno.test("the mouth counts for more, the mean weight is 1", () =>
  inFolder(async (folder) => {
    const { frames, params } = await setting(folder);
    const rate = tf.scalar(0), state = adamInit(params);
    const l1 = (mouthWeight: number, target: Tensor) =>
      tf.tidy(() =>
        value(
          stepOf("frames", mouthWeight)({ params, state, discriminators: {} }, { ...frames, target }, {
            rate,
            weights: weightsOf(),
          }).terms.l1,
        )
      );
    const { face } = generator(scope(params, { training: true }), frames as { mel: Tensor; faces: Tensor });
    const everywhere = tf.add(face, 0.1);
    near(l1(0, everywhere), 0.1);
    near(l1(5, everywhere), 0.1, 1e-4);
    const mouth = tf.pad(tf.fill([30, 44], 0.1), [[50, 16], [26, 26]]).reshape([1, 96, 96, 1]);
    const share = 30 * 44 / 96 ** 2;
    near(l1(0, tf.add(face, mouth)), 0.1 * share);
    near(l1(5, tf.add(face, mouth)), 0.1 * share * 6 / (1 + 5 * share));
  }));

Deno.test("a window step is a frame step and E_sync by the discriminator's word", () =>
  inFolder(async (folder) => {
    const { windows, params, discriminator } = await setting(folder);
    const rate = tf.scalar(1e-3), state = adamInit(params);
    const take = (syncWeight: number) =>
      stepOf("windows")({ params, state, discriminators: { discriminator } }, windows, {
        rate,
        weights: weightsOf(syncWeight),
      });
    const [without, within] = [take(0), take(0.5)];
    const alone = stepOf("frames")({ params, state, discriminators: {} }, windows, {
      rate,
      weights: weightsOf(),
    });
    for (const [name, tensor] of Object.entries(alone.params)) {
      const distance = value(tf.max(tf.abs(tf.sub(without.params[name], tensor))));
      assert.ok(distance < 1e-4, `${name} without the sync term: ${distance}`);
    }
    const { face } = generator(scope(params, { training: true }), windows as { mel: Tensor; faces: Tensor });
    assertClose(within.face, face, "drawn faces");
    const lips = { mel: windows.syncMel, faces: lowerWindows(within.face) };
    const judged = syncDiscriminator(scope(discriminator), lips);
    near(value(within.terms.e_sync), value(syncLoss(syncProbability(judged))), 1e-4);
    near(value(within.terms.l1), value(alone.terms.l1));
    const moved = (next: Params) =>
      value(tf.norm(tf.sub(next["audio/5/conv/kernel"], alone.params["audio/5/conv/kernel"])));
    assert.ok(moved(within.params) > 100 * moved(without.params) + 1e-6, "the sync term pulls");
  }));

Deno.test("the discriminator's turn: real in sync 1, real off sync 0, generated 0", () =>
  inFolder(async (folder) => {
    const { windows, pairs, discriminator } = await setting(folder);
    const generated = lowerWindows(windows.target), generatedMel = windows.syncMel;
    const trained = { params: discriminator, state: adamInit(discriminator) };
    const turn = { generated: windows.target, batch: windows, pairs };
    const next = discriminatorStep("discriminator", tiny.gan)(trained, turn, { rate: tf.scalar(1e-3) });
    const mel = tf.concat([pairs.mel, generatedMel], 0), faces = tf.concat([pairs.faces, generated], 0);
    const probability = syncProbability(
      syncDiscriminator(scope(discriminator, { training: true }), { mel, faces }),
    );
    const p = Array.from(probability.dataSync());
    near(value(next.loss), value(binaryCrossEntropy(probability, tf.tensor1d([1, 0, 1, 0, 0, 0]))));
    near(value(next.logged.d_real), (p[0] + p[2]) / 2);
    near(value(next.logged.d_generated), (p[4] + p[5]) / 2);
    const after = syncProbability(syncDiscriminator(scope(next.params, { training: true }), { mel, faces }));
    const loss = value(binaryCrossEntropy(after, tf.tensor1d([1, 0, 1, 0, 0, 0])));
    assert.ok(loss < value(next.loss), "it learns");
  }));

Deno.test("compiled turns give eager's numbers", () =>
  inFolder(async (folder) => {
    const { windows, params, discriminator } = await setting(folder);
    const turn = { params, state: adamInit(params), discriminators: { discriminator } };
    const rates = { rate: tf.scalar(1e-3), weights: weightsOf(0.03) };
    const [eager, compiled] = [false, true].map((enabled) =>
      compile(stepOf("windows"), { enabled })(turn, windows, rates)
    );
    for (const name of ["l1", "e_sync"]) near(value(compiled.terms[name]), value(eager.terms[name]));
    assertClose(compiled.face, eager.face, "drawn faces");
    const before = tf.memory().numTensors, step = compile(stepOf("windows"));
    const { face, terms, params: next, state } = step(turn, windows, rates);
    tf.dispose([face, terms, next, flattenAdam(state)] as never);
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("recalibration moves statistics and nothing else", () =>
  inFolder(async (folder) => {
    const { dataset, params } = await setting(folder);
    const before = tf.memory().numTensors;
    const done = await recalibrateGenerator(params, { dataset, draw: random(1), config: tiny });
    for (const [name, tensor] of Object.entries(done)) {
      const distance = tf.tidy(() => value(tf.max(tf.abs(tf.sub(tensor, params[name])))));
      assert.equal(distance > 0, name.includes("/moving_"), name);
    }
    disposeParams(done);
    assert.equal(tf.memory().numTensors, before);
    disposeParams(params);
  }));
