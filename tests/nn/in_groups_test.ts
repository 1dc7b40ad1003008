import assert from "node:assert/strict";
import { inGroups, normOf } from "../../lib/nn/in_groups.ts";
import { tf } from "../../lib/native/tf.ts";

const params = () => ({
  "a/bias": tf.tensor1d([1, -2]),
  "a/kernel": tf.fill([80, 80], 0.5),
  "b/scale": tf.tensor2d([[3], [4]]),
});

Deno.test("small parameters are computed together, large ones alone, and each comes back in its shape", () => {
  const sizes: number[] = [];
  const [sum, product] = inGroups([params(), params()], (x, y) => {
    sizes.push(x.size);
    return [tf.add(x, y), tf.mul(x, y)];
  });
  assert.deepEqual(sizes, [4, 6400]);
  assert.deepEqual(Object.keys(sum).sort(), ["a/bias", "a/kernel", "b/scale"]);
  assert.deepEqual(sum["b/scale"].arraySync(), [[6], [8]]);
  assert.deepEqual(product["a/bias"].arraySync(), [1, 4]);
  assert.deepEqual(product["a/kernel"].shape, [80, 80]);
});

Deno.test("the norm is that of all parameters as one vector", () => {
  assert.ok(Math.abs(normOf(params()).dataSync()[0] - Math.sqrt(1 + 4 + 9 + 16 + 6400 / 4)) < 1e-4);
});
