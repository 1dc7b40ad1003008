import assert from "node:assert/strict";
import { secondsLeft } from "../../lib/notebooks/reproduce.ts";

const plan = [{ name: "01", steps: 2 }, { name: "02", steps: 3 }];
const before = [{ name: "01", steps: 2, seconds: 30 }, { name: "02", steps: 3, seconds: 120 }];

Deno.test("what notebooks took before is what is left, less what the first of them has run", () => {
  const left = (running: number) => secondsLeft({ ended: [], running, rest: plan }, before);
  assert.deepEqual([0, 4, 99].map(left), [150, 146, 120]);
});

Deno.test("a machine of half the speed needs twice as long", () => {
  const ended = [{ name: "01", steps: 2, seconds: 60 }];
  assert.equal(secondsLeft({ ended, running: 10, rest: plan.slice(1) }, before), 230);
});

Deno.test("nobody knows how long a notebook takes that was never timed; one that has a cell more takes a cell longer", () => {
  const rest = [{ name: "02", steps: 4 }];
  assert.equal(secondsLeft({ ended: [], running: 0, rest }, before), 160);
  assert.equal(
    secondsLeft({ ended: [], running: 0, rest: [...rest, { name: "03", steps: 1 }] }, before),
    undefined,
  );
  const ended = [{ name: "03", steps: 1, seconds: 5 }];
  assert.equal(secondsLeft({ ended, running: 0, rest }, before), 160, "nor does it tell of this machine");
});
