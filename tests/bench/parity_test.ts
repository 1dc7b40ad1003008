import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { largestDifference, parity, PARITY_TOLERANCE } from "../../lib/bench/parity.ts";
import { tf } from "../../lib/native/tf.ts";

Deno.test("the largest difference is relative to the largest value expected", () => {
  const expected = tf.tensor1d([1, -8, 2]);
  assert.equal(largestDifference(tf.tensor1d([1, -8, 2]), expected), 0);
  assert.equal(largestDifference(tf.tensor1d([2, -8, 0]), expected), 0.25);
  assert.equal(largestDifference(tf.tensor1d([1, -8]), expected), Infinity);
  // NaN is no small difference, nor is any comparison with it true.
  assert.ok(!(largestDifference(tf.tensor1d([1, NaN, 2]), expected) < PARITY_TOLERANCE));
});

Deno.test("a Python that is none, or has no PyTorch, is refused before anything is saved", async () => {
  await assert.rejects(parity([], { python: "no-such-python" }), /no-such-python cannot be run .*--python/);
  // Deno is no Python: it does not know the flag.
  await assert.rejects(parity([], { python: Deno.execPath() }), /cannot load PyTorch .*--python/);
});

// PyTorch is 600 MB: it is here only where `deno task parity` or `deno task bench --compare` has fetched it.
const fetched = existsSync(fileURLToPath(new URL("../../.native/bench/done", import.meta.url)));
if (!fetched) console.log("skipped: parity with PyTorch itself, which `deno task parity` fetches");

Deno.test({
  name: "a network that PyTorch saved in both forms answers as PyTorch does",
  ignore: !fetched,
  fn: async () => {
    const rows = await parity(["visual-quality"]);
    assert.deepEqual(rows.map(({ form, tensors, parameters, same }) => [form, tensors, parameters, same]), [
      ["zip", 28, 14_113_793, true],
      ["stream", 28, 14_113_793, true],
    ]);
    // The comparison can tell: two inputs are further apart than the two networks on one.
    for (const row of rows) {
      assert.ok(Number(row["two inputs apart"]) > 100 * Number(row["largest difference"]));
    }
  },
});
