import assert from "node:assert/strict";
import { randomStream } from "../../../lib/base/random.ts";
import {
  featureStatistics,
  frechetDistance,
  kernelDistance,
} from "../../../lib/evaluation/metrics/frechet.ts";
import { readGolden } from "../../golden.ts";

const { tensors, metadata } = await readGolden("evaluation");

/** A golden set of features, a row each. */
const features = (name: string) => tensors[name].arraySync() as number[][];

for (const name of ["many", "few", "wide"]) {
  const a = features(`${name}/a`), b = features(`${name}/b`);

  Deno.test(`Frechet distance of ${name} features is that of scipy and numpy within 1e-6`, () => {
    const found = frechetDistance(featureStatistics(a), featureStatistics(b));
    const expected = Number(metadata[`${name}/frechet`]);
    assert.ok(Math.abs(found - expected) < 1e-6 * expected, `${found}, not ${expected}`);
    const turned = frechetDistance(featureStatistics(b), featureStatistics(a));
    assert.ok(Math.abs(turned - found) < 1e-6 * found, "the same both ways");
  });

  Deno.test(`kernel distance of ${name} features is that of all pairs`, () => {
    const found = kernelDistance(a, b), expected = Number(metadata[`${name}/kernel`]);
    assert.ok(
      Math.abs(found - expected) < 1e-9 * Math.max(1, Math.abs(expected)),
      `${found}, not ${expected}`,
    );
  });
}

/** Features of independent numbers with a spread and a mean. */
function drawn(count: number, { size = 6, mean = 0, spread = 1, seed = 1 } = {}): number[][] {
  const rng = randomStream(seed);
  return Array.from(
    { length: count },
    () => Array.from({ length: size }, () => mean + spread * rng.normal()),
  );
}

Deno.test("a set is at distance 0 from itself; a shift and a spread cost what the formula says", () => {
  const a = drawn(50), statistics = featureStatistics(a);
  assert.ok(Math.abs(frechetDistance(statistics, statistics)) < 1e-9);
  const moved = featureStatistics(a.map((x) => x.map((v) => v + 2)));
  assert.ok(Math.abs(frechetDistance(statistics, moved) - 6 * 4) < 1e-9);
  // Three times the spread: trace(A + 9 A - 2 * 3 A) = 4 trace(A), and the mean trebles.
  const wide = featureStatistics(a.map((x) => x.map((v) => 3 * v)));
  const variance = Array.from({ length: 6 }, (_, k) => statistics.covariance.values[7 * k])
    .reduce((sum, v) => sum + v, 0);
  const mean = statistics.mean.reduce((sum, v) => sum + v * v, 0);
  assert.ok(Math.abs(frechetDistance(statistics, wide) - 4 * variance - 4 * mean) < 1e-9);
});

Deno.test("few pictures make the Frechet distance of equal sets larger, and leave the kernel distance at 0", () => {
  const distances = (count: number) => {
    const pairs = Array.from({ length: 100 }, (_, k) => [
      drawn(count, { seed: 2 * k + 1 }),
      drawn(count, { seed: 2 * k + 2 }),
    ]);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return {
      frechet: mean(pairs.map(([a, b]) => frechetDistance(featureStatistics(a), featureStatistics(b)))),
      kernel: mean(pairs.map(([a, b]) => kernelDistance(a, b))),
    };
  };
  const few = distances(10), many = distances(200);
  assert.ok(few.frechet > 5 * many.frechet, JSON.stringify({ few, many }));
  assert.ok(Math.abs(few.kernel) < 0.1 && Math.abs(many.kernel) < 0.02, JSON.stringify({ few, many }));
});

Deno.test("what has no statistics or does not compare is refused", () => {
  assert.throws(() => featureStatistics([[1, 2]]), /1 features have no covariance/);
  assert.throws(() => featureStatistics([[1, 2], [1]]), /A feature of 1 numbers stands among others of 2/);
  const a = featureStatistics(drawn(9)), b = featureStatistics(drawn(9, { size: 5 }));
  assert.throws(() => frechetDistance(a, b), /Features of 6 and of 5 numbers/);
  assert.throws(() => kernelDistance([[1]], [[1], [2]]), /1 and 2 features are too few/);
});
