import assert from "node:assert/strict";
import { cbam, channelAttention, spatialAttention } from "../../lib/nn/cbam.ts";
import { countParameters } from "../../lib/nn/params.ts";
import { describe, scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { assertClose, gradientsOf, readGolden, slope, under } from "../golden.ts";

/** Parameters of one CBAM over maps of `channels` channels. */
const specsOf = (channels: number) => describe(1, (net, input) => cbam(net, input(9, 9, channels))).specs;

Deno.test("CBAM is PyTorch's: output, both maps, every gradient", async () => {
  const { tensors } = await readGolden("cbam");
  for (const name of ["small", "odd", "narrow"]) {
    const c = under(tensors, `${name}/`);
    const { y, maps } = cbam(scope(c), c.x);
    assertClose(y, c.output, `${name}: output`);
    assertClose(maps.channel, c.channel_map, `${name}: channel attention`);
    assertClose(maps.spatial, c.spatial_map, `${name}: spatial attention`);
    const inputs = Object.keys(c).filter((key) => key.startsWith("grad/")).map((key) => key.slice(5));
    assert.equal(inputs.length, 7);
    const gradients = gradientsOf(
      (all) => cbam(scope(all), all.x).y,
      Object.fromEntries(inputs.map((key) => [key, c[key]])),
      c.r,
    );
    for (const key of inputs) assertClose(gradients[key], c[`grad/${key}`], `${name}: gradient of ${key}`);
  }
});

Deno.test("the maps have gradients as well, for whoever trains on them", async () => {
  const { tensors } = await readGolden("cbam");
  const c = under(tensors, "odd/");
  const gradient = tf.grad((x: Tensor) => tf.sum(cbam(scope(c), x).maps.spatial))(c.x);
  const apart = tf.grad((x: Tensor) => {
    const channel = tf.reshape(channelAttention(scope(c), x), [3, 1, 1, 64]);
    return tf.sum(spatialAttention(scope(c), tf.mul(x, channel)));
  })(c.x);
  assertClose(gradient, apart, "through the map");
});

Deno.test("equal maxima share their gradient, so that a flat background does not multiply it", () => {
  const params = Object.fromEntries(
    Object.entries(specsOf(4)).map(([name, { shape }]) => [name, tf.fill(shape, 0.03) as Tensor]),
  );
  const loss = (x: Tensor) => tf.sum(cbam(scope(params), x).y);
  const flat = tf.ones([1, 9, 9, 4]), whole = tf.ones(flat.shape);
  const gradient = tf.sum(tf.grad(loss)(flat)).dataSync()[0];
  const seen = slope(loss, flat, whole, 0.05);
  assert.ok(Math.abs(gradient - seen) < 1e-3 * seen, `${gradient}, seen ${seen}`);
});

Deno.test("its size: a shared MLP with reduction 16, 2 hidden units at least, and a 7x7 kernel", () => {
  assert.equal(countParameters(specsOf(512)), 2 * 512 * 32 + 32 + 512 + 7 * 7 * 2 + 1);
  assert.deepEqual(specsOf(8)["mlp/0/kernel"].shape, [8, 2]);
});
