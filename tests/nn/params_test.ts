import assert from "node:assert/strict";
import {
  countParameters,
  disposeParams,
  initialize,
  isStatistic,
  type Specs,
  trainable,
} from "../../lib/nn/params.ts";
import { tf } from "../../lib/native/tf.ts";

const specs: Specs = {
  "audio/0/conv/kernel": { shape: [3, 3, 16, 32], fanIn: 144 },
  "audio/0/norm/scale": { shape: [32], value: 1 },
  "audio/0/norm/moving_mean": { shape: [32], value: 0 },
};

Deno.test("parameters start uniform within 1 / sqrt(fan in), or at their constant", () => {
  const params = initialize(specs, 1);
  const data = Array.from(params["audio/0/conv/kernel"].dataSync()), bound = 1 / 12;
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const spread = Math.sqrt(data.reduce((a, b) => a + b * b, 0) / data.length);
  assert.ok(data.every((v) => Math.abs(v) <= bound));
  assert.ok(Math.abs(mean) < 0.03 * bound, `mean ${mean}`);
  assert.ok(Math.abs(spread - bound / Math.sqrt(3)) < 0.02 * bound, `spread ${spread}`);
  assert.deepEqual(Array.from(params["audio/0/norm/scale"].dataSync()), new Array(32).fill(1));
  disposeParams(params);
});

Deno.test("a parameter's start depends on the seed and its name alone", () => {
  const name = "audio/0/conv/kernel";
  const [whole, alone, other] = [
    initialize(specs, 1),
    initialize({ [name]: specs[name] }, 1),
    initialize(specs, 2),
  ];
  assert.deepEqual(whole[name].dataSync(), alone[name].dataSync());
  assert.notDeepEqual(whole[name].dataSync(), other[name].dataSync());
  [whole, alone, other].forEach(disposeParams);
});

Deno.test("statistics are neither trained nor counted; disposing frees all", () => {
  const before = tf.memory().numTensors;
  const params = tf.tidy(() => initialize(specs, 1));
  assert.equal(tf.memory().numTensors, before + 3, "parameters outlive the tidy they are made in");
  assert.ok(isStatistic("audio/0/norm/moving_mean") && !isStatistic("audio/0/norm/scale"));
  assert.deepEqual(Object.keys(trainable(params)), ["audio/0/conv/kernel", "audio/0/norm/scale"]);
  assert.equal(countParameters(specs), 3 * 3 * 16 * 32 + 32);
  disposeParams(params);
  assert.equal(tf.memory().numTensors, before);
});
