import assert from "node:assert/strict";
import { maxPool, meanOfNeighbours, pool } from "../../lib/nn/pool.ts";
import { scope } from "../../lib/nn/scope.ts";
import { tf } from "../../lib/native/tf.ts";

/** 0, 1, 2, ... in rows. */
const ramp = (rows: number, columns: number) =>
  tf.reshape(tf.range(0, rows * columns), [1, rows, columns, 1]);

Deno.test("the largest of each window, what fills none left out", () => {
  const wide = maxPool(scope({}), ramp(4, 6), pool(3, [1, 2]));
  assert.deepEqual(wide.shape, [1, 2, 2, 1]);
  assert.deepEqual([...wide.dataSync()], [14, 16, 20, 22]);
  assert.deepEqual([...maxPool(scope({}), ramp(5, 5), pool(3, 2)).dataSync()], [12, 14, 22, 24]);
});

Deno.test("padding takes part in no window's answer", () => {
  const padded = maxPool(scope({}), ramp(4, 4), pool(3, 2, 1));
  assert.deepEqual(padded.shape, [1, 2, 2, 1]);
  assert.deepEqual([...padded.dataSync()], [5, 7, 13, 15]);
});

Deno.test("the mean of neighbours counts those in the picture only", () => {
  const mean = meanOfNeighbours(ramp(3, 4));
  assert.deepEqual(mean.shape, [1, 3, 4, 1]);
  // A corner has four, an edge six, the middle nine: on a ramp each mean is that of the rows' and columns' ends.
  assert.deepEqual([...mean.dataSync()], [2.5, 3, 4, 4.5, 4.5, 5, 6, 6.5, 6.5, 7, 8, 8.5]);
});
