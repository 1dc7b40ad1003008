import assert from "node:assert/strict";
import {
  batchNormTraining,
  blockLstm,
  leakyRelu,
  matMul,
  meanAndMax,
  relu,
} from "../../lib/native/kernels.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { assertClose, gradientsOf, readGolden, slope, under } from "../golden.ts";

const values = (tensor: Tensor) => Array.from(tensor.dataSync());

Deno.test("relu and its gradient", () => {
  const x = tf.tensor1d([-2, -0, 0, 0.5, 3]);
  assert.deepEqual(values(relu(x)).map((v) => v + 0), [0, 0, 0, 0.5, 3]);
  assert.deepEqual(values(tf.grad((t) => relu(t))(x, tf.tensor1d([1, 2, 3, 4, 5]))), [0, 0, 0, 4, 5]);
});

Deno.test("a product of matrices and its gradients are those of plain ops", () => {
  const [a, b, r] = [[3, 4], [4, 2], [3, 2]].map((shape, k) =>
    tf.randomNormal(shape, 0, 1, "float32", k + 1)
  );
  assertClose(matMul(a, b), tf.matMul(a as never, b as never), "product");
  const fused = gradientsOf(({ a, b }) => matMul(a, b), { a, b }, r);
  const plain = gradientsOf(({ a, b }) => tf.matMul(a as never, b as never), { a, b }, r);
  for (const name of ["a", "b"]) assertClose(fused[name], plain[name], name);
});

Deno.test("leaky relu and its gradient", () => {
  const x = tf.tensor1d([-2, -0.5, 0.5, 3]);
  assert.deepEqual(values(leakyRelu(x, 0.25)), [-0.5, -0.125, 0.5, 3]);
  const gradient = tf.grad((t) => leakyRelu(t, 0.25))(x, tf.tensor1d([1, 2, 3, 4]));
  assert.deepEqual(values(gradient), [0.25, 0.5, 3, 4]);
});

Deno.test("batch norm by the batch's statistics is PyTorch's, forward and back", async () => {
  const { tensors } = await readGolden("batch_norm");
  const c = under(tensors, "training/");
  const { y, mean, variance } = batchNormTraining(c.x, { scale: c.scale, offset: c.offset, epsilon: 1e-5 });
  assertClose(y, c.output, "y");
  const moved = (old: Tensor, now: Tensor) => tf.add(tf.mul(old, 0.9), tf.mul(now, 0.1));
  assertClose(moved(c.moving_mean, mean), c["after/moving_mean"], "mean");
  assertClose(moved(c.moving_variance, variance), c["after/moving_variance"], "unbiased variance");
  const gradients = gradientsOf(
    ({ x, scale, offset }) => batchNormTraining(x, { scale, offset, epsilon: 1e-5 }).y,
    { x: c.x, scale: c.scale, offset: c.offset },
    c.r,
  );
  for (const [name, gradient] of Object.entries(gradients)) assertClose(gradient, c[`grad/${name}`], name);
});

Deno.test("mean and largest value, with their gradients; equal ones share", () => {
  const x = tf.tensor2d([[1, 4, 4, -1], [8, 2, 0, 2]]);
  const { mean, max } = meanAndMax(x, [1]);
  assert.deepEqual([mean.shape, values(mean), values(max)], [[2, 1], [2, 3], [4, 8]]);
  const ofMean = tf.grad((t: Tensor) => tf.sum(meanAndMax(t, [1]).mean))(x);
  assert.deepEqual(values(ofMean), new Array(8).fill(0.25));
  const both = tf.grad((t: Tensor) => {
    const pooled = meanAndMax(t, [1]);
    return tf.sum(tf.add(tf.mul(pooled.mean, 4), tf.mul(pooled.max, 10)));
  })(x);
  assert.deepEqual(values(both), [1, 6, 6, 1, 11, 1, 1, 1]);
});

Deno.test("the LSTM is PyTorch's: hidden states, gates, gradients", async () => {
  const { tensors } = await readGolden("lstm");
  const c = under(tensors, "lstm/");
  const timeFirst = (t: Tensor) => tf.transpose(t, [1, 0, 2]);
  const made = blockLstm(timeFirst(c.x), { kernel: c.kernel, bias: c.bias });
  assertClose(timeFirst(made.hidden), c.output, "hidden");
  for (const gate of ["input", "cell", "forget", "output"] as const) {
    assertClose(timeFirst(made[gate]), c[`gates/${gate}`], gate);
  }
  const gradients = gradientsOf(
    ({ x, kernel, bias }) => timeFirst(blockLstm(timeFirst(x), { kernel, bias }).hidden),
    { x: c.x, kernel: c.kernel, bias: c.bias },
    c.r,
  );
  for (const [name, gradient] of Object.entries(gradients)) assertClose(gradient, c[`grad/${name}`], name);
});

Deno.test("the LSTM's cell state has a gradient too, as finite differences see it", () => {
  const x = tf.randomNormal([4, 2, 3], 0, 1, "float32", 1);
  const kernel = tf.randomNormal([3 + 5, 4 * 5], 0, 0.4, "float32", 2), bias = tf.zeros([20]);
  const f = (k: Tensor) => {
    const { cell, hidden } = blockLstm(x, { kernel: k, bias });
    return tf.sum(tf.add(tf.square(cell), hidden));
  };
  const direction = tf.randomNormal(kernel.shape, 0, 1, "float32", 3);
  const analytic = tf.sum(tf.mul(tf.grad(f as never)(kernel), direction)).dataSync()[0];
  const seen = slope(f, kernel, direction);
  assert.ok(Math.abs(analytic - seen) < 1e-3 * Math.abs(seen), `${analytic}, seen ${seen}`);
});
