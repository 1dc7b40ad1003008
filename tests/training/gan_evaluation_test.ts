import assert from "node:assert/strict";
import { random } from "../../lib/base/random.ts";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { sampleGeneratorBatch } from "../../lib/dataset/batches.ts";
import { generator } from "../../lib/models/generator.ts";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { initSyncDiscriminator, syncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { tiny } from "../../lib/training/config.ts";
import { lowerWindows, mouthRegion } from "../../lib/training/face_regions.ts";
import { evaluateGenerator } from "../../lib/training/gan_evaluation.ts";
import { generatorTensors } from "../../lib/training/gan_steps.ts";
import { syncLoss, syncProbability } from "../../lib/training/losses.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";

Deno.test("the mouth region is lips and what moves with them: rows 50 to 79, columns 26 to 69", () => {
  const rows = tf.mul(tf.range(0, 96).reshape([1, 96, 1, 1]), tf.ones([2, 96, 96, 3]));
  const region = mouthRegion(rows);
  assert.deepEqual(region.shape, [2, 30, 44, 3]);
  assert.deepEqual([tf.min(region).dataSync()[0], tf.max(region).dataSync()[0]], [50, 79]);
});

Deno.test("held-out losses are means over the same windows each time, in evaluation mode", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "val");
    const models = {
      generator: initGenerator(tiny.generator, 1),
      discriminators: { discriminator: initSyncDiscriminator(tiny.discriminator, 2) },
      config: tiny,
    };
    const before = tf.memory().numTensors;
    const found = await evaluateGenerator(dataset, models);
    assert.deepEqual(await evaluateGenerator(dataset, models), found);
    assert.equal(tf.memory().numTensors, before);

    const rng = random(tiny.seed), sums = { l1: 0, mouth_l1: 0, e_sync: 0 };
    for (let pass = 0; pass < 10; pass++) {
      const options = {
        frames: 0,
        windows: 4,
        poseShift: 0,
        reference: tiny.gan.reference,
        voicedOnly: true,
        minShift: tiny.gan.minShift,
      };
      const batch = generatorTensors(await sampleGeneratorBatch(dataset, rng, options));
      tf.tidy(() => {
        const { face } = generator(scope(models.generator), batch as { mel: Tensor; faces: Tensor });
        const lower = { mel: batch.syncMel, faces: lowerWindows(face) };
        const judged = syncDiscriminator(scope(models.discriminators.discriminator), lower);
        const l1 = (a: Tensor, b: Tensor) => tf.mean(tf.abs(tf.sub(a, b))).dataSync()[0];
        sums.l1 += l1(face, batch.target) / 10;
        sums.mouth_l1 += l1(mouthRegion(face), mouthRegion(batch.target)) / 10;
        sums.e_sync += syncLoss(syncProbability(judged)).dataSync()[0] / 10;
      });
      tf.dispose(batch);
    }
    for (const name of ["l1", "mouth_l1", "e_sync"] as const) {
      assert.ok(
        Math.abs(found[name]! - sums[name]) < 1e-4 * Math.max(1, sums[name]),
        `${name}: ${found[name]}, ${sums[name]}`,
      );
    }
    disposeParams(models.generator);
    disposeParams(models.discriminators.discriminator);
  }));
