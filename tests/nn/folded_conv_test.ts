import assert from "node:assert/strict";
import { random } from "../../lib/base/random.ts";
import { compile, type Named, valueAndGradients } from "../../lib/native/compile.ts";
import { type Tensor, type Tensor4D, tf } from "../../lib/native/tf.ts";
import { convToOneChannel } from "../../lib/nn/folded_conv.ts";

const noise = (shape: number[], seed: number): Tensor => {
  const numbers = random(seed), size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => numbers.uniform() - 0.5), shape);
};

const plain = (x: Tensor, kernel: Tensor4D): Tensor => tf.conv2d(x as Tensor4D, kernel, 1, "same");

/** The output of a convolution, and the gradients of a sum of its squares. */
const evaluated = (convolve: typeof plain) => (parameters: Named) =>
  valueAndGradients(({ x, kernel }) => {
    const y = convolve(x, kernel as Tensor4D);
    return { loss: tf.sum(tf.square(y)), aux: { y } };
  }, parameters);

/** The largest difference of two tensors as a share of the second's largest value. */
const apart = (a: Tensor, b: Tensor) => {
  assert.deepEqual(a.shape, b.shape);
  return tf.div(tf.max(tf.abs(tf.sub(a, b))), tf.max(tf.abs(b))).dataSync()[0];
};

for (const enabled of [false, true]) {
  Deno.test(`a folded convolution and its gradients are the plain one's, ${enabled ? "compiled" : "eager"}`, () => {
    const sizes = [[2, 9, 48], [1, 5, 16], [3, 4, 17], [2, 3, 23], [1, 80, 16], [2, 6, 15], [1, 1, 96]];
    for (const [batch, h, w] of sizes) {
      for (const [rows, columns, channels] of [[7, 7, 2], [3, 3, 1], [1, 9, 3]]) {
        const given = {
          x: noise([batch, h, w, channels], w),
          kernel: noise([rows, columns, channels, 1], h),
        };
        const folded = compile(evaluated(convToOneChannel), { enabled })(given);
        const expected = compile(evaluated(plain), { enabled })(given);
        const what = `[${batch}, ${h}, ${w}] by [${rows}, ${columns}, ${channels}]`;
        assert.ok(apart(folded.aux.y, expected.aux.y) < 1e-5, `output of ${what}`);
        for (const name of ["x", "kernel"]) {
          assert.ok(apart(folded.gradients[name], expected.gradients[name]) < 1e-5, `${name} of ${what}`);
        }
      }
    }
  });
}

Deno.test("a kernel of one weight shifts the map, and what comes in from outside is 0", () => {
  const x = tf.tensor(Float32Array.from({ length: 20 }, (_, k) => k + 1), [1, 1, 20, 1]);
  for (let at = 0; at < 7; at++) {
    const kernel = tf.tensor(Float32Array.from({ length: 7 }, (_, k) => k === at ? 1 : 0), [1, 7, 1, 1]);
    const seen = Array.from(convToOneChannel(x, kernel as Tensor4D).dataSync());
    const moved = Array.from({ length: 20 }, (_, k) => k + at - 3).map((k) => k >= 0 && k < 20 ? k + 1 : 0);
    assert.deepEqual(seen, moved);
  }
});
