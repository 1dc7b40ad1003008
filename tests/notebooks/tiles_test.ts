import assert from "node:assert/strict";
import { tf } from "../../lib/native/tf.ts";
import { attentionLayers, channelTiles, planeTile, stepTile } from "../../lib/notebooks/tiles.ts";

Deno.test("the channels of one item are planes, each with a range around 0", () => {
  const x = tf.tensor([1, 10, 2, -20, 0, 0, 0, 0], [2, 1, 2, 2]);
  const [first, second] = channelTiles(x, { label: (k) => `c${k}` });
  assert.deepEqual([first.label, first.height, first.width, [...first.values as Float32Array]], ["c0", 1, 2, [
    1,
    2,
  ]]);
  assert.deepEqual([[...second.values as Float32Array], second.range], [[10, -20], [-20, 20]]);
  assert.equal(channelTiles(tf.zeros([1, 1, 2, 9])).length, 8);
  assert.deepEqual([...planeTile("p", tf.tensor([3, 4, 1, 2], [2, 2, 1, 1])).values as Float32Array], [
    3,
    4,
  ]);
});

Deno.test("states of an LSTM stand with units upwards and steps to the right", () => {
  const states = tf.tensor([1, 2, 3, 4, 5, 6], [1, 3, 2]); // three steps of two units
  const { height, width, values, upwards, range } = stepTile("h", states);
  assert.deepEqual([height, width, upwards, range], [2, 3, true, [0, 1]]);
  assert.deepEqual([...values as Float32Array], [1, 3, 5, 2, 4, 6]);
  assert.deepEqual(stepTile("h", states, { signed: true }).range, [-6, 6]);
});

Deno.test("attention comes by layer, of one item, with its encoder", () => {
  const maps = {
    "video/0": { channel: tf.tensor([0.1, 0.2], [2, 1]), spatial: tf.tensor([3, 4, 1, 2], [2, 1, 2, 1]) },
    "audio/0": { channel: tf.tensor([0.6, 0.5], [2, 1]), spatial: tf.tensor([5, 6], [2, 1, 1, 1]) },
  };
  const [video, audio] = attentionLayers(maps);
  assert.deepEqual([video.name, video.input, video.h, video.w], ["video/0", "face", 1, 2]);
  assert.deepEqual([...video.spatialMap], [3, 4]);
  assert.equal(audio.input, "sound");
  assert.ok(Math.abs(audio.channelWeights[0] - 0.6) < 1e-6);
});
