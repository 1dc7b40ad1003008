import assert from "node:assert/strict";
import { AUDIO_BLOCKS, VIDEO_BLOCKS } from "../../lib/models/sync_discriminator.ts";
import { tf } from "../../lib/native/tf.ts";
import { tiny } from "../../lib/training/config.ts";
import { gradientByLayer, stepMilliseconds } from "../../lib/training/probe.ts";

const batch = {
  mel: tf.randomUniform([2, 80, 16, 1], -4, 4, "float32", 1),
  faces: tf.randomUniform([2, 48, 96, 15], 0, 1, "float32", 2),
  labels: tf.tensor3d([[[1, 0], [0, 1]]]),
  weights: tf.fill([1, 2, 2], 1 / 4),
};
const without = { ...tiny.discriminator, cbam: false };

Deno.test("every convolution of a fresh network is pulled, by depth and encoder, and nothing is left behind", () => {
  const before = tf.memory().numTensors;
  const rows = gradientByLayer(tiny.discriminator, batch);
  assert.equal(rows.filter(({ encoder }) => encoder === "audio").length, AUDIO_BLOCKS.length);
  assert.deepEqual(
    rows.filter(({ encoder }) => encoder === "video").map(({ depth }) => depth),
    VIDEO_BLOCKS.map((_, k) => k),
  );
  assert.ok(rows.every(({ pull }) => pull > 0 && Number.isFinite(pull)));
  assert.deepEqual(gradientByLayer(tiny.discriminator, batch), rows, "the same seed gives the same network");
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("steps are timed for each network in turn", () => {
  const before = tf.memory().numTensors;
  const times = stepMilliseconds([tiny.discriminator, without], batch, { rounds: 2 });
  assert.equal(times.length, 2);
  assert.ok(times.every((time) => time > 0 && Number.isFinite(time)));
  assert.equal(tf.memory().numTensors, before);
});
