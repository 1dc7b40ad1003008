import assert from "node:assert/strict";
import { describeInception, inception } from "../../lib/models/inception.ts";
import { countParameters, disposeParams, initialize } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { tf } from "../../lib/native/tf.ts";

Deno.test("it has the 23,850,960 parameters of FID's Inception: 21,785,568 and 1008 classes of 2048 features", () => {
  const specs = describeInception({ width: 1 }).specs;
  assert.equal(countParameters(specs), 21_785_568 + 1008 * (2048 + 1));
  assert.deepEqual(specs["fc/kernel"].shape, [2048, 1008]);
});

Deno.test("only the last block's pooled branch takes the largest value", () => {
  const { layers } = describeInception({ width: 0.03 });
  const branches = layers.filter(({ path }) => path.endsWith("/branch_pool/conv"));
  assert.equal(branches.length, 9);
  const largest = layers.filter(({ kind, h, from }) => kind === "pool" && h === from.h);
  assert.deepEqual(largest.map(({ path }) => path), ["Mixed_7c"]);
});

Deno.test("pictures of any size in, features and class scores out, nothing left behind", () => {
  const params = initialize(describeInception({ width: 0.03 }).specs, 1);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const images = tf.randomUniform([2, 40, 60, 3]);
    const { features, logits } = inception(scope(params), images);
    // 320, four times 384 and 192 filters at this width.
    assert.deepEqual([features.shape, logits.shape], [[2, 10 + 4 * 12 + 8], [2, 1008]]);
    // An image of 299 x 299 is taken as it is, so drawing one to that size beforehand changes nothing.
    const drawn = tf.image.resizeBilinear(images as never, [299, 299], false, true);
    const same = tf.max(tf.abs(tf.sub(inception(scope(params), drawn).features, features))).dataSync()[0];
    assert.ok(same < 1e-6, `${same}`);
  });
  assert.equal(tf.memory().numTensors, before);
  disposeParams(params);
});
