import assert from "node:assert/strict";
import { gradientCheck } from "../../lib/nn/gradient_check.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";

const params = () => ({ x: tf.tensor1d([0.5, -1, 2]) as Tensor, unused: tf.ones([2]) as Tensor });

Deno.test("right gradients pass, and a parameter that nothing depends on has slope 0", () => {
  const given = params(), before = tf.memory().numTensors;
  const [x, unused] = gradientCheck((p) => tf.sum(tf.mul(tf.sin(p.x), tf.square(p.x))), given);
  assert.equal(x.parameter, "x");
  assert.equal(x.shape, "3");
  assert.ok(x["relative error"] < 1e-3, JSON.stringify(x));
  assert.ok(Math.abs(x.gradient) > 0.1);
  assert.deepEqual([unused.gradient, unused["finite difference"], unused["relative error"]], [0, 0, 0]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a gradient that is wrong by a factor is found out", () => {
  const wrong = tf.customGrad((x) => ({
    value: tf.square(x as Tensor),
    // Half of what it should be.
    gradFunc: (dy: Tensor) => tf.mul(dy, x as Tensor),
  }));
  const [x] = gradientCheck((p) => tf.sum(wrong(p.x)), params());
  assert.ok(Math.abs(x["relative error"] - 0.5) < 1e-3, JSON.stringify(x));
});
