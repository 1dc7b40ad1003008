import assert from "node:assert/strict";
import { lstm } from "../../lib/nn/lstm.ts";
import { countParameters } from "../../lib/nn/params.ts";
import { describe, scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { assertClose, gradientsOf, readGolden, under } from "../golden.ts";

Deno.test("the LSTM is PyTorch's: hidden states, gates, every gradient", async () => {
  const { tensors } = await readGolden("lstm");
  const c = under(tensors, "lstm/");
  const states = (inputs: Record<string, Tensor>) => lstm(scope(inputs), inputs.x);
  const { hidden, ...gates } = states(c);
  assertClose(hidden, c.output, "hidden");
  assert.deepEqual(Object.keys(gates), ["cell", "input", "forget", "output"]);
  for (const [name, gate] of Object.entries(gates)) assertClose(gate, c[`gates/${name}`], name);
  const { x, kernel, bias } = c;
  const gradients = gradientsOf((inputs) => states(inputs).hidden, { x, kernel, bias }, c.r);
  for (const [name, gradient] of Object.entries(gradients)) {
    assertClose(gradient, c[`grad/${name}`], `gradient of ${name}`);
  }
});

Deno.test("a state depends on what came before, not on what comes after", () => {
  const { specs } = describe(1, (net, input) => lstm(net, input(5, 3), { units: 4 }));
  const params = Object.fromEntries(
    Object.entries(specs).map((
      [name, { shape }],
      k,
    ) => [name, tf.randomNormal(shape, 0, 1, "float32", k + 1)]),
  );
  const x = tf.randomNormal([2, 5, 3], 0, 1, "float32", 9);
  const changed = tf.add(x, tf.oneHot(tf.tensor1d([2], "int32"), 5).reshape([1, 5, 1]));
  const [before, after] = [x, changed].map((t) => lstm(scope(params), t).hidden);
  const difference = tf.sum(tf.abs(tf.sub(before, after)), [0, 2]).arraySync() as number[];
  assert.deepEqual(difference.map((d) => d > 1e-6), [false, false, true, true, true]);
});

Deno.test("its size is PyTorch's with one bias", () => {
  const { specs } = describe(1, (net, input) => lstm(net, input(16, 80)));
  assert.equal(countParameters(specs), 4 * 80 * (80 + 80) + 4 * 80);
});
