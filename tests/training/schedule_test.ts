import assert from "node:assert/strict";
import { averageDecay, rateShare } from "../../lib/training/schedule.ts";

const near = (found: number, expected: number) =>
  assert.ok(Math.abs(found - expected) < 1e-9, `${found}, not ${expected}`);

Deno.test("without warm-up and decay the rate stays as it is", () => {
  for (const step of [0, 1, 99, 500]) assert.equal(rateShare(step, 100, { warmup: 0, decay: "none" }), 1);
});

Deno.test("the rate rises in a straight line to its height", () => {
  const share = (step: number) => rateShare(step, 1000, { warmup: 9, decay: "none" });
  [0.1, 0.2, 0.3].forEach((expected, step) => near(share(step), expected));
  near(share(9), 1);
  near(share(500), 1);
});

Deno.test("then it falls along half a cosine, to almost 0 at the last step, and stays there", () => {
  const share = (step: number) => rateShare(step, 110, { warmup: 10, decay: "cosine" });
  near(share(10), 1);
  near(share(60), 0.5);
  near(share(10 + 25), (1 + Math.SQRT1_2) / 2);
  assert.ok(share(109) > 0 && share(109) < 3e-4);
  assert.equal(share(500), 0);
});

Deno.test("the average forgets its start: little stays at first, as much as asked for later", () => {
  near(averageDecay(0, 0.99), 0.1);
  near(averageDecay(8, 0.99), 0.5);
  near(averageDecay(10000, 0.99), 0.99);
  assert.equal(averageDecay(5, 0), 0);
});
