import assert from "node:assert/strict";
import { random } from "../../lib/base/random.ts";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { sampleSyncBatch } from "../../lib/dataset/batches.ts";
import { initSyncDiscriminator, syncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { cosine, embedWindows } from "../../lib/inference/embed.ts";
import { tf } from "../../lib/native/tf.ts";
import { tiny } from "../../lib/training/config.ts";
import { syncProbability } from "../../lib/training/losses.ts";
import { syncTensors } from "../../lib/training/pretrain_step.ts";
import {
  accuracyOf,
  rocAuc,
  type ScoredPair,
  scorePairs,
  syncAccuracy,
} from "../../lib/training/sync_accuracy.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";

Deno.test("the area under the ROC curve is the chance that a pair in sync scores higher", () => {
  assert.equal(rocAuc([0.9, 0.8], [0.1, 0.2]), 1);
  assert.equal(rocAuc([0.1, 0.2], [0.9, 0.8]), 0);
  assert.equal(rocAuc([0.5, 0.5], [0.5]), 0.5, "ties count a half");
  assert.equal(rocAuc([0.9, 0.4], [0.6, 0.1]), 3 / 4);
  // 0.8 beats all 4, 0.4 beats 2 and ties with 1: (4 + 2.5) / 8.
  assert.equal(rocAuc([0.8, 0.4], [0.1, 0.2, 0.4, 0.6]), 6.5 / 8);
  const r = random(1), [p, n] = [40, 60].map((count) => Array.from({ length: count }, () => r.below(20)));
  const chance = p.flatMap((a) => n.map((b) => a > b ? 1 : a === b ? 0.5 : 0) as number[]);
  const byHand = chance.reduce((a, b) => a + b, 0) / chance.length;
  assert.ok(Math.abs(rocAuc(p, n) - byHand) < 1e-12);
  rocAuc([NaN], [NaN, 0.5]); // scores of a network that went wrong end as well
});

Deno.test("the cosine of two embeddings", () => {
  assert.ok(Math.abs(cosine(Float32Array.of(1, 2, 2), Float32Array.of(2, 4, 4)) - 1) < 1e-7);
  assert.equal(cosine(Float32Array.of(1, 0), Float32Array.of(0, 3)), 0);
  assert.equal(cosine(Float32Array.of(0, 0), Float32Array.of(0, 3)), 0);
});

Deno.test("accuracy: in sync above a half, off sync from the least shift on, both weigh the same in the loss", () => {
  const pair = (shift: number, probability: number, voiced = true): ScoredPair => ({
    clip: "a/b",
    frame: 0,
    shift,
    probability,
    voiced,
  });
  const pairs = [
    pair(0, 0.9),
    pair(0, 0.4),
    pair(5, 0.2),
    pair(-5, 0.6),
    pair(7, 0.1),
    pair(3, 0.99), // too near to be off sync
    pair(0, 0.01, false), // nobody speaks
  ];
  const found = accuracyOf(pairs, { minShift: 5 });
  assert.deepEqual([found.inSync, found.offSync, found.pairs], [1 / 2, 2 / 3, 5]);
  assert.equal(found.auc, (3 + 2) / 6);
  const loss = (-(Math.log(0.9) + Math.log(0.4)) / 2 - (Math.log(0.8) + Math.log(0.4) + Math.log(0.9)) / 3) /
    2;
  assert.ok(Math.abs(found.loss - loss) < 1e-6);
  assert.equal(accuracyOf(pairs, { minShift: 5, voicedOnly: false }).pairs, 6);
});

Deno.test("windows are scored as training sees them, at every shift that both fit", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "val");
    const params = initSyncDiscriminator(tiny.discriminator, 1);
    const before = tf.memory().numTensors;
    const pairs = await scorePairs(dataset, params, { every: 10, reach: 15 });
    assert.equal(tf.memory().numTensors, before);
    // 36 windows; 0, 10, 20, 30 are scored, at shifts that stay within them.
    const counts = [0, 10, 20, 30].map((f) => pairs.filter(({ frame }) => frame === f).length);
    assert.deepEqual(counts, [16, 26, 31, 21]);

    const clip = await dataset.clip(0);
    const { audio, video } = embedWindows(params, clip, [3, 20]);
    const tensors = syncTensors(
      await sampleSyncBatch(dataset, random(1), { clips: 1, windows: 2, minShift: 5, voicedOnly: true }),
    );
    assert.equal(
      audio[0].length,
      syncDiscriminator(scope(params), tensors as never).audio.shape[1],
    );
    assert.equal(video.length, 2);
    const scored = pairs.find(({ frame, shift }) => frame === 20 && shift === 0)!;
    assert.ok(Math.abs(scored.probability - cosine(audio[1], video[1])) < 1e-5);
    assert.equal(scored.clip, "made/clip2");
    disposeParams(params);
  }));

Deno.test("embedded windows are the batches': the same pair has the same probability", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, [{ split: "val" }]), "val");
    const params = initSyncDiscriminator(tiny.discriminator, 1);
    const { mel, faces } = syncTensors(
      await sampleSyncBatch(dataset, random(5), { clips: 1, windows: 2, minShift: 5, voicedOnly: true }),
    );
    const made = syncDiscriminator(scope(params), { mel, faces });
    const probability = syncProbability(made).dataSync()[0];
    const pairs = await scorePairs(dataset, params, { every: 1, reach: 0 });
    assert.ok(pairs.some((pair) => Math.abs(pair.probability - probability) < 1e-5), `${probability}`);
    disposeParams(params);
  }));

Deno.test("clips without two windows of speech are named", () =>
  inFolder(async (folder) => {
    const params = initSyncDiscriminator(tiny.discriminator, 1);
    const dataset = await openDataset(await makePrepared(folder, [{ split: "val", silent: true }]), "val");
    await assert.rejects(
      syncAccuracy(dataset, params),
      /no held-out clip with two windows of speech 5 frames apart/,
    );
    const { pairs } = await syncAccuracy(dataset, params, { voicedOnly: false });
    assert.ok(pairs > 0);
    disposeParams(params);
  }));
