import assert from "node:assert/strict";
import { compile } from "../../lib/native/compile.ts";
import { type AdamConfig, adamDefaults, adamInit, type AdamState, adamStep } from "../../lib/nn/adam.ts";
import type { Params } from "../../lib/nn/params.ts";
import { binding, type Tensor, tf } from "../../lib/native/tf.ts";

/** Adam in double precision, as Kingma and Ba write it. */
function reference(
  start: number[],
  gradientsAt: (step: number) => number[],
  steps: number,
  config: AdamConfig,
) {
  const { learningRate, beta1, beta2, epsilon } = config;
  const x = [...start], m = start.map(() => 0), v = start.map(() => 0);
  for (let t = 1; t <= steps; t++) {
    gradientsAt(t).forEach((g, k) => {
      m[k] = beta1 * m[k] + (1 - beta1) * g;
      v[k] = beta2 * v[k] + (1 - beta2) * g * g;
      const mHat = m[k] / (1 - beta1 ** t), vHat = v[k] / (1 - beta2 ** t);
      x[k] -= learningRate * mHat / (Math.sqrt(vHat) + epsilon);
    });
  }
  return x;
}

const start = [1, -2, 0.5, 1000];
const gradientsAt = (t: number) => [Math.sin(t), 1e-9 * t, -3, 1e4 / t];

/** Runs our Adam, eager or compiled. */
function run(steps: number, config: AdamConfig, enabled: boolean): { x: number[]; powers: number[] } {
  let params: Params = { w: tf.tensor1d(start), "n/moving_mean": tf.tensor1d([7]) };
  let state = adamInit(params);
  assert.deepEqual(Object.keys(state.m), ["w"], "statistics have no moments");
  const step = compile(
    (p: Params, s: AdamState, g: Tensor, rate: Tensor) =>
      adamStep({ params: p, gradients: { w: g }, state: s }, rate, config),
    { enabled },
  );
  for (let t = 1; t <= steps; t++) {
    ({ params, state } = step(params, state, tf.tensor1d(gradientsAt(t)), tf.scalar(config.learningRate)));
  }
  assert.deepEqual(Array.from(params["n/moving_mean"].dataSync()), [7]);
  return { x: Array.from(params.w.dataSync()), powers: Array.from(state.powers.dataSync()) };
}

for (const enabled of [false, true]) {
  Deno.test(`ten steps are Kingma and Ba's, ${enabled ? "compiled" : "eager"}`, () => {
    for (const config of [adamDefaults, { learningRate: 0.05, beta1: 0.5, beta2: 0.99, epsilon: 1e-3 }]) {
      const { x, powers } = run(10, config, enabled), expected = reference(start, gradientsAt, 10, config);
      expected.forEach((value, k) => {
        const moved = value - start[k];
        // The last parameter is so large that float32 rounds its steps.
        const tolerance = 1e-3 * Math.abs(moved) + 1e-7 * Math.abs(start[k]) * 10;
        assert.ok(Math.abs(x[k] - value) < tolerance, `parameter ${k}: ${x[k]}, expected ${value}`);
      });
      assert.ok(
        Math.abs(powers[0] - config.beta1 ** 10) < 1e-6 && Math.abs(powers[1] - config.beta2 ** 10) < 1e-6,
      );
    }
  });
}

Deno.test("the first step is the learning rate, whatever the gradient's size", () => {
  const { x } = run(1, { ...adamDefaults, learningRate: 0.01 }, false);
  assert.ok(Math.abs(x[0] - (start[0] - 0.01)) < 1e-6);
  assert.ok(Math.abs(x[2] - (start[2] + 0.01)) < 1e-6);
});

Deno.test("a step leaves what it was given as it was, and no tensor or variable behind", () => {
  const params = { w: tf.tensor1d(start), large: tf.ones([5000]) }, state = adamInit(params);
  const gradients = { w: tf.tensor1d([1, 2, 3, 4]), large: tf.ones([5000]) }, rate = tf.scalar(0.1);
  const whole = () =>
    [params, state.m, state.v].map(({ w, large }) => [...w.dataSync(), ...large.dataSync()]);
  const before = whole();
  const step = () => adamStep({ params, gradients, state }, rate);
  const moved = () => tf.tidy(() => Array.from(step().params.w.dataSync()));
  const first = moved(), tensors = binding.getNumOfTensors(); // what was given is in TensorFlow's memory by now
  assert.deepEqual(moved(), first, "the same from the same");
  assert.deepEqual(whole(), before);
  assert.equal(binding.getNumOfTensors(), tensors);
});

Deno.test("the paper's rate is 1e-4", () => assert.equal(adamDefaults.learningRate, 1e-4));
