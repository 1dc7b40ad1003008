import assert from "node:assert/strict";
import { random, randomStream } from "../../lib/base/random.ts";

Deno.test("random numbers are the same everywhere, and their state is one number", () => {
  const r = random(1);
  assert.deepEqual([r.uniform(), r.uniform(), r.uniform()], [
    0.6270739405881613,
    0.002735721180215478,
    0.5274470399599522,
  ]);
  const again = random(r.state);
  assert.deepEqual([again.uniform(), again.below(10)], [r.uniform(), r.below(10)]);
});

Deno.test("whole numbers below n come out equally often", () => {
  const r = random(5), counts = new Array(7).fill(0);
  for (let k = 0; k < 7000; k++) counts[r.below(7)]++;
  assert.ok(counts.every((count) => Math.abs(count - 1000) < 150), counts.join());
});

Deno.test("a stream depends on its name alone", () => {
  const numbers = (...names: (string | number)[]) => {
    const rng = randomStream(...names);
    return Array.from({ length: 5 }, () => rng.uniform());
  };
  assert.deepEqual(numbers(1, "look", 3), numbers(1, "look", 3));
  assert.notDeepEqual(numbers(1, "look", 3), numbers(1, "look", 4));
  assert.notDeepEqual(numbers(1, "look", 3), numbers(2, "look", 3));
});

Deno.test("uniform numbers have mean 1/2 and variance 1/12, normal ones 0 and 1", () => {
  const rng = randomStream("moments"), count = 20000;
  const moments = (next: () => number) => {
    const values = Array.from({ length: count }, next), mean = values.reduce((a, b) => a + b) / count;
    return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count];
  };
  const [meanU, varianceU] = moments(() => rng.uniform()), [meanN, varianceN] = moments(rng.normal);
  assert(Math.abs(meanU - 0.5) < 0.01 && Math.abs(varianceU - 1 / 12) < 0.003, `${meanU} ${varianceU}`);
  assert(Math.abs(meanN) < 0.03 && Math.abs(varianceN - 1) < 0.05, `${meanN} ${varianceN}`);
});

Deno.test("a shuffle keeps every item", () => {
  const list = Array.from({ length: 50 }, (_, i) => i), mixed = randomStream("cards").shuffle(list);
  assert.notDeepEqual(mixed, list);
  assert.deepEqual(mixed.toSorted((a, b) => a - b), list);
});
