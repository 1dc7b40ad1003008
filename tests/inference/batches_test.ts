import assert from "node:assert/strict";
import { inBatches } from "../../lib/inference/batches.ts";
import { tf } from "../../lib/native/tf.ts";

Deno.test("five items pass in batches of two, the last filled up with zeros; no tensor is left", () => {
  const before = tf.memory().numTensors, seen: number[][] = [];
  const said = [...inBatches([1, 2, 3, 4, 5], {
    size: 2,
    inputs: { pair: { shape: [1, 2], write: (value, place) => place.set([value, 10 * value]) } },
    network({ pair }) {
      assert.deepEqual(pair.shape, [2, 1, 2]);
      seen.push([...pair.dataSync()]);
      return { sum: tf.sum(pair, [1, 2]), twice: tf.mul(pair, 2) };
    },
  })];
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(seen, [[1, 10, 2, 20], [3, 30, 4, 40], [5, 50, 0, 0]]);
  assert.deepEqual(said.map(({ sum }) => [...sum]), [[11], [22], [33], [44], [55]]);
  assert.deepEqual([...said[4].twice], [10, 100]);
});
