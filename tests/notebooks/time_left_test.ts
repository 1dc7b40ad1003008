import assert from "node:assert/strict";
import { secondsLeft } from "../../lib/notebooks/time_left.ts";

const plan = [{ name: "01", cells: 2 }, { name: "02", cells: 3 }];
const last = { "01": [10, 20], "02": [30, 40, 50] };

Deno.test("the last run's times are what is left, less what has run", () => {
  assert.equal(secondsLeft({ plan, ended: {}, running: 0 }, last), 150);
  assert.equal(secondsLeft({ plan, ended: {}, running: 4 }, last), 146);
  assert.equal(secondsLeft({ plan, ended: {}, running: 99 }, last), 140);
  assert.equal(secondsLeft({ plan, ended: { "01": [10, 20], "02": [30] }, running: 5 }, last), 85);
});

Deno.test("a machine of half the speed needs twice as long", () => {
  const left = secondsLeft({ plan, ended: { "01": [20, 40] }, running: 0 }, last);
  assert.ok(left > 230 && left < 240, `${left}`);
});

Deno.test("cells that no run has timed count the mean of those that ended", () => {
  assert.equal(secondsLeft({ plan, ended: { "01": [10, 20] }, running: 0 }, {}), 45);
  assert.equal(secondsLeft({ plan, ended: {}, running: 0 }, {}), 25);
});
