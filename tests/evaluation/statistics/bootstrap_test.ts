import assert from "node:assert/strict";
import { mean } from "d3-array";
import { randomStream } from "../../../lib/base/random.ts";
import {
  bootstrapInterval,
  jackknifeInterval,
  percentileInterval,
  sampleDeviation,
} from "../../../lib/evaluation/statistics/bootstrap.ts";
import { readGolden } from "../../golden.ts";

const { tensors } = await readGolden("evaluation");

Deno.test("the interval of a mean is scipy's percentile bootstrap, up to what drawing changes", () => {
  const values = [...tensors["paired/many"].dataSync()];
  const [low, high] = tensors["paired/interval"].dataSync();
  const found = bootstrapInterval(values, { resamples: 20000 })!;
  assert.ok(Math.abs(found.low - low) < 0.02 * (high - low), `${found.low}, not ${low}`);
  assert.ok(Math.abs(found.high - high) < 0.02 * (high - low), `${found.high}, not ${high}`);
  assert.deepEqual(bootstrapInterval(values), bootstrapInterval(values), "a fixed seed");
  assert.notDeepEqual(bootstrapInterval(values), bootstrapInterval(values, { seed: 2 }));
});

Deno.test("95 % intervals of drawn samples hold the true mean about 19 times of 20", () => {
  let held = 0;
  for (let k = 0; k < 300; k++) {
    const rng = randomStream("sample", k);
    const { low, high } = bootstrapInterval(Array.from({ length: 40 }, () => 5 + rng.normal()), {
      resamples: 400,
    })!;
    if (low < 5 && high > 5) held++;
  }
  assert.ok(held > 0.9 * 300 && held < 0.98 * 300, `${held} of 300`);
});

Deno.test("quantiles are numpy's, and too few values have neither interval nor deviation", () => {
  // numpy.quantile([1, 2, 3, 4], [0.025, 0.975])
  const { low, high } = percentileInterval([4, 1, 3, 2]);
  assert.ok(Math.abs(low - 1.075) < 1e-12 && Math.abs(high - 3.925) < 1e-12);
  assert.equal(bootstrapInterval([1]), null);
  assert.equal(jackknifeInterval(1, () => 0), null);
  assert.equal(sampleDeviation([3]), null);
  assert.equal(sampleDeviation([1, 3]), Math.SQRT2);
});

Deno.test("the jackknife gives a mean the interval that its formula gives", () => {
  const values = [...tensors["paired/many"].dataSync()].slice(0, 20), n = values.length;
  const error = sampleDeviation(values)! / Math.sqrt(n);
  const { low, high } = jackknifeInterval(n, (kept) => mean(kept, (k) => values[k])!)!;
  assert.ok(Math.abs(high - low - 2 * 1.96 * error) < 1e-9);
  assert.ok(Math.abs((low + high) / 2 - mean(values)!) < 1e-12);
  // Of 60 videos 20 groups are left out, of three each.
  const sizes = new Set<number>();
  jackknifeInterval(60, (kept) => (sizes.add(kept.length), kept.length));
  assert.deepEqual(sizes, new Set([57, 60]));
});
