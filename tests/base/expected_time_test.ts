import assert from "node:assert/strict";
import { expectedSeconds } from "../../lib/base/expected_time.ts";

Deno.test("work takes as long as work of its name took, step for step; what was never timed is not guessed", () => {
  const timed = [40, 60].map((seconds) => ({ name: "Ours", steps: 100, seconds }));
  assert.equal(expectedSeconds([{ name: "Ours", steps: 400 }, { name: "Ours", steps: 100 }], timed), 250);
  assert.equal(expectedSeconds([], timed), 0);
  assert.equal(
    expectedSeconds([{ name: "Ours", steps: 400 }, { name: "LipGAN", steps: 1 }], timed),
    undefined,
  );
});
