import assert from "node:assert/strict";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import {
  binaryCrossEntropy,
  contrastiveLoss,
  generatorLoss,
  pairProbabilities,
  reconstructionLoss,
  syncLoss,
  syncProbability,
} from "../../lib/training/losses.ts";
import { slope } from "../golden.ts";

const value = (tensor: Tensor) => tensor.dataSync()[0];
const near = (found: number, expected: number, tolerance = 1e-6) =>
  assert.ok(
    Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${found}, not ${expected}`,
  );

Deno.test("P of sync is the cosine (eq. 4)", () => {
  const audio = tf.tensor2d([[1, 2, 2], [1, 0, 0], [3, 4, 0], [0, 0, 0]]);
  const video = tf.tensor2d([[2, 4, 4], [0, 5, 0], [4, 3, 0], [1, 2, 3]]);
  const p = Array.from(syncProbability({ audio, video }).dataSync());
  [1, 0, 24 / 25, 0].forEach((expected, k) => near(p[k], expected));
});

Deno.test("P of all pairs within groups is the cosine of each window seen with each window heard", () => {
  const [audio, video] = [4, 5].map((seed) => tf.randomUniform([6, 5], 0, 1, "float32", seed));
  const found = pairProbabilities({ audio, video }, 3);
  assert.deepEqual(found.shape, [2, 3, 3]);
  const of = found.arraySync() as number[][][];
  for (let group = 0; group < 2; group++) {
    for (let seen = 0; seen < 3; seen++) {
      for (let heard = 0; heard < 3; heard++) {
        const one = (x: Tensor, k: number) => tf.slice(x, [3 * group + k, 0], [1, 5]);
        const pair = { audio: one(audio, heard), video: one(video, seen) };
        near(of[group][seen][heard], value(syncProbability(pair)));
      }
    }
  }
  const single = pairProbabilities({ audio, video }, 1), rows = syncProbability({ audio, video }).dataSync();
  single.dataSync().forEach((p, k) => near(p, rows[k]));
});

Deno.test("binary cross entropy, and ln 2 for knowing nothing", () => {
  near(
    value(binaryCrossEntropy(tf.tensor1d([0.8, 0.3]), tf.tensor1d([1, 0]))),
    -(Math.log(0.8) + Math.log(0.7)) / 2,
  );
  near(value(binaryCrossEntropy(tf.tensor1d([0.5, 0.5]), tf.tensor1d([1, 0]))), Math.LN2);
  const weights = tf.tensor1d([0.9, 0.1]);
  near(
    value(binaryCrossEntropy(tf.tensor1d([0.8, 0.3]), tf.tensor1d([1, 0]), weights)),
    -(0.9 * Math.log(0.8) + 0.1 * Math.log(0.7)),
  );
  // Certain and wrong is bad, not endless; float32 holds 1 - 1e-6 only roughly.
  near(value(binaryCrossEntropy(tf.tensor1d([0, 1]), tf.tensor1d([1, 0]))), -Math.log(1e-6), 1e-2);
});

Deno.test("E_sync is the mean of -log P (eq. 5)", () => {
  near(value(syncLoss(tf.tensor1d([0.5, 0.25]))), 1.5 * Math.LN2);
  near(value(syncLoss(tf.tensor1d([1]))), 0);
});

Deno.test("L1 (eq. 3), and with the mouth counting more", () => {
  const generated = tf.tensor4d([0, 1, 0.5, 0.5], [1, 2, 2, 1]),
    target = tf.tensor4d([1, 1, 0, 1], [1, 2, 2, 1]);
  near(value(reconstructionLoss(generated, target)), 0.5);
  const weights = tf.tensor4d([4, 0, 0, 0], [1, 2, 2, 1]);
  near(value(reconstructionLoss(generated, target, weights)), 1);
});

Deno.test("the generator's loss is lambda1 L1 + lambda2 E_sync (eq. 6)", () => {
  const terms = { l1: tf.scalar(0.2), e_sync: tf.scalar(3) };
  const weights = (lambda2: number) => ({ l1: tf.scalar(1 - lambda2), e_sync: tf.scalar(lambda2) });
  near(value(generatorLoss(terms, weights(0.03))), 0.97 * 0.2 + 0.03 * 3);
  near(value(generatorLoss(terms, weights(0))), 0.2);
});

Deno.test("LipGAN's contrastive loss: squared distance together, what is missing to the margin 1 apart", () => {
  const distance = tf.tensor1d([0.5, 0.5, 0.25, 2]), apart = tf.tensor1d([0, 1, 1, 1]);
  near(value(contrastiveLoss(distance, apart)), (0.25 + 0.25 + 0.5625 + 0) / 4);
  near(value(contrastiveLoss(distance, apart, tf.tensor1d([4, 0, 0, 0]))), 0.25);
});

Deno.test("the gradient through cosine and cross entropy is what finite differences see", () => {
  const audio = tf.randomUniform([4, 6], 0.1, 1, "float32", 1),
    video = tf.randomUniform([4, 6], 0.1, 1, "float32", 2);
  const loss = (a: Tensor) =>
    binaryCrossEntropy(syncProbability({ audio: a, video }), tf.tensor1d([1, 0, 1, 0]));
  const direction = tf.randomNormal([4, 6], 0, 1, "float32", 3);
  near(
    value(tf.sum(tf.mul(tf.grad(loss as never)(audio), direction))),
    slope(loss, audio, direction, 1e-3),
    2e-2,
  );
  const labels = tf.tile(tf.reshape(tf.eye(2), [1, 2, 2]), [2, 1, 1]), weights = tf.fill([2, 2, 2], 1 / 8);
  const ofPairs = (a: Tensor) =>
    binaryCrossEntropy(pairProbabilities({ audio: a, video }, 2), labels, weights);
  near(
    value(tf.sum(tf.mul(tf.grad(ofPairs as never)(audio), direction))),
    slope(ofPairs, audio, direction, 1e-3),
    2e-2,
  );
  for (const f of [loss, ofPairs]) {
    const zero = tf.grad(f as never)(tf.zeros([4, 6]));
    assert.ok(Array.from(zero.dataSync()).every(Number.isFinite), "an embedding of zeros gives no NaN");
  }
});
