import assert from "node:assert/strict";
import { compile } from "../../lib/native/compile.ts";
import { tf } from "../../lib/native/tf.ts";
import { block, convBlock, convBlocks, residual, transposed, transposedBlock } from "../../lib/nn/conv.ts";
import { countParameters, disposeParams, initialize } from "../../lib/nn/params.ts";
import { describe, join, type Layer, type Scope, scope } from "../../lib/nn/scope.ts";
import type { Tensor } from "../../lib/native/tf.ts";

/** Two layers down, one up, and the first one's output beside it. */
function network(net: Scope, x: Tensor): Tensor {
  const first = convBlock(net.at("first"), x, { ...block(16, 3), cbam: true });
  const inner = convBlocks(net.at("inner"), first, [block(32, 3, 2), ...residual(32, 1)]);
  return join(net, transposedBlock(net.at("up"), inner, transposed(16, 3, 2)), first);
}
const described = (width: number) => describe(width, (net, input) => network(net, input(12, 8, 3)));

Deno.test("a description has the parameters in the order in which they are asked for, at a width", () => {
  const { specs } = described(1);
  assert.deepEqual(Object.keys(specs).slice(0, 2), ["first/conv/kernel", "first/conv/bias"]);
  assert.deepEqual(specs["inner/0/conv/kernel"], { shape: [3, 3, 16, 32], fanIn: 144 });
  assert.deepEqual(specs["up/conv/kernel"].shape, [3, 3, 16, 32]);
  assert.deepEqual(described(0.5).specs["inner/0/conv/kernel"].shape, [3, 3, 8, 16]);
});

Deno.test("its layers say what they are and how large their outputs, and skips what is joined", () => {
  const { layers, skips } = described(1);
  const told = ({ path, kind, h, w, c, cbam }: Layer) =>
    `${path} ${kind} ${h}x${w}x${c}${cbam ? " CBAM" : ""}`;
  assert.deepEqual(layers.map(told), [
    "first/conv convolution 12x8x16 CBAM",
    "inner/0/conv convolution 6x4x32",
    "inner/1/conv residual 6x4x32",
    "up/conv transposed 12x8x16",
  ]);
  assert.deepEqual(layers[1].from, { h: 12, w: 8, c: 16 });
  assert.equal(skips.length, 1);
  assert.ok(skips[0].from === layers[0] && skips[0].to === layers[3]);
});

Deno.test("describing computes nothing and leaves nothing, and what it describes is what is computed", () => {
  const before = tf.memory().numTensors;
  const { specs, layers } = described(0.5);
  assert.equal(tf.memory().numTensors, before);
  const params = initialize(specs, 1), net = scope(params, { training: true });
  tf.tidy(() => {
    const y = network(net, tf.randomNormal([2, 12, 8, 3]));
    assert.deepEqual(y.shape, [2, 12, 8, 16]);
    assert.deepEqual(net.layers, layers);
    assert.deepEqual(Object.keys(net.maps), ["first"]);
    assert.deepEqual(
      Object.keys(net.statistics).sort(),
      Object.keys(specs).filter((name) => name.includes("/moving_")).sort(),
    );
  });
  assert.ok(countParameters(specs) > 0);
  disposeParams(params);
});

Deno.test("what is compiled cannot be described meanwhile", () => {
  const step = compile((x: Tensor) => {
    described(1);
    return x;
  });
  assert.throws(() => step(tf.scalar(1)), /does not nest/);
  assert.equal(described(1).layers.length, 4, "and afterwards it can");
});
