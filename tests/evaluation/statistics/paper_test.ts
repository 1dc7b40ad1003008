import assert from "node:assert/strict";
import { TABLE_1, TABLE_2 } from "../../../lib/evaluation/statistics/paper.ts";

Deno.test("the tables give the changes that the paper names: LSE-D -7.7 %, LSE-C +9.6 %", () => {
  const [plain, , , ours] = TABLE_1;
  assert.equal((100 * (ours.lseD / plain.lseD - 1)).toFixed(1), "-7.7");
  assert.equal((100 * (ours.lseC / plain.lseC - 1)).toFixed(1), "9.6");
  assert.deepEqual(TABLE_2.at(-1), ours);
});
