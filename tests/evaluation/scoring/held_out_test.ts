import assert from "node:assert/strict";
import { type HeldOutRow, lseTable, meanAndSpread } from "../../../lib/evaluation/scoring/held_out.ts";

const rows = [1, 3].map((value) => ({
  lse_d_real: value,
  lse_c_real: 2 * value,
  lse_d_shuffled: 10 * value,
})) as unknown as HeldOutRow[];

Deno.test("mean and standard deviation of a column", () => {
  assert.deepEqual(meanAndSpread(rows, "lse_d_real"), { mean: 2, spread: 1 });
});

Deno.test("the LSE table has a row for real, shuffled, generated and dubbed video", () => {
  const table = lseTable(rows);
  assert.equal(table.length, 4);
  assert.deepEqual(table[0], {
    video: "real video, its own sound",
    "LSE-D by this judge": 2,
    "spread D": 1,
    "LSE-C by this judge": 4,
    "spread C": 2,
    clips: 2,
  });
  assert.equal(table[1]["LSE-D by this judge"], 20);
});
