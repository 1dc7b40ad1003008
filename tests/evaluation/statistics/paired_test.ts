import assert from "node:assert/strict";
import { randomStream } from "../../../lib/base/random.ts";
import { bootstrapInterval } from "../../../lib/evaluation/statistics/bootstrap.ts";
import { holm, pairedDifference, signFlipTest } from "../../../lib/evaluation/statistics/paired.ts";
import { readGolden } from "../../golden.ts";

const { tensors } = await readGolden("evaluation");
/** Trainings of a system by seed; those of the other have other seeds unless told otherwise. */
const bySeed = (scores: number[][], first = 1) => new Map(scores.map((videos, k) => [first + k, videos]));
const paired = (ours: number[][], theirs: number[][]) => ({
  ours: bySeed(ours),
  theirs: bySeed(theirs, 101),
});
const golden = (name: string) => [...tensors[`paired/${name}`].dataSync()];

Deno.test("p of few videos is scipy's exact one, of many what scipy draws", () => {
  const ours = golden("ours"), theirs = golden("theirs");
  const exact = signFlipTest(ours.map((value, k) => value - theirs[k]));
  assert.ok(Math.abs(exact - golden("p_exact")[0]) < 1e-6, `${exact}`);
  const drawn = signFlipTest(golden("many"));
  assert.ok(Math.abs(drawn - golden("p_many")[0]) < 0.015, `${drawn}`);
  assert.equal(signFlipTest([0, 0, 0]), 1);
  assert.equal(signFlipTest([1, 1, 1, 1]), 2 / 16);
  assert.equal(signFlipTest([]), 1);
});

Deno.test("without a difference p is below 0.05 about once in 20", () => {
  let below = 0;
  for (let k = 0; k < 400; k++) {
    const rng = randomStream("null", k);
    if (signFlipTest(Array.from({ length: 10 }, () => rng.normal())) < 0.05) below++;
  }
  assert.ok(below > 6 && below < 36, `${below} of 400`);
});

Deno.test("Holm's adjustment by hand", () => {
  const expected = [...tensors["holm/adjusted"].dataSync()];
  holm([...tensors["holm/p"].dataSync()]).forEach((p, k) => assert.ok(Math.abs(p - expected[k]) < 1e-6));
  assert.deepEqual(holm([]), []);
});

Deno.test("a difference is taken video by video: what videos share does not widen its interval", () => {
  const rng = randomStream("shared");
  const shared = Array.from({ length: 30 }, () => 10 * rng.normal());
  const ours = shared.map((value) => value + 0.1 * rng.normal());
  const theirs = shared.map((value) => value + 1 + 0.1 * rng.normal());
  const found = pairedDifference(paired([ours], [theirs]));
  assert.ok(Math.abs(found.difference + 1) < 0.1);
  assert.ok(found.interval!.high < -0.9 && found.interval!.low > -1.1, JSON.stringify(found.interval));
  assert.ok(found.p < 0.001);
  assert.deepEqual([found.videos, found.seeds, found.sameDirection], [30, [1, 1], 1]);
  // Of one seed each, the interval is that of the mean of the differences.
  const plain = bootstrapInterval(ours.map((value, k) => value - theirs[k]), { seed: 7 })!;
  assert.ok(Math.abs(found.interval!.low - plain.low) < 0.01);
});

Deno.test("several seeds: their spread widens the interval, and seeds that disagree are told", () => {
  const rng = randomStream("seeds");
  const videos = Array.from({ length: 40 }, () => rng.normal());
  const trained = (shift: number) => videos.map((value) => value + shift + 0.05 * rng.normal());
  const alike = pairedDifference(paired([trained(0), trained(0)], [trained(0.2), trained(0.2)]));
  const apart = pairedDifference(paired([trained(-0.5), trained(0.5)], [trained(0.2), trained(0.2)]));
  const width = ({ interval }: typeof alike) => interval!.high - interval!.low;
  assert.ok(width(apart) > 10 * width(alike), `${width(apart)} and ${width(alike)}`);
  assert.ok(apart.interval!.low < 0 && apart.interval!.high > 0);
  assert.deepEqual([alike.sameDirection, apart.sameDirection], [1, 0.5]);
  assert.deepEqual(apart.seeds, [2, 2]);
});

Deno.test("few trainings widen the interval by Student's t, as scipy.stats.t.ppf(0.975) has it", () => {
  const level = (value: number) => new Array<number>(5).fill(value);
  const half = (ours: number[]) => {
    const scores = paired(ours.map(level), [level(0)]);
    const { low, high } = pairedDifference(scores, { resamples: 60_000 }).interval!;
    return (high - low) / 2;
  };
  // Standard errors 1 / sqrt(3) and 0.5 with 2 and 1 degrees of freedom; a single training adds nothing.
  const three = half([-1, 0, 1]), two = half([-0.5, 0.5]);
  assert.ok(Math.abs(three / (4.3027 / Math.sqrt(3)) - 1) < 0.04, `${three}`);
  assert.ok(Math.abs(two / (12.706 * 0.5) - 1) < 0.08, `${two}`);
  assert.equal(half([0.3]), 0);
});

Deno.test("trainings that differ by chance alone are told apart at most once in 20, whatever the videos share", () => {
  let apart = 0;
  for (let k = 0; k < 300; k++) {
    const rng = randomStream("trainings", k), videos = Array.from({ length: 12 }, () => rng.normal());
    const trained = () => {
      const shift = 0.3 * rng.normal();
      return videos.map((value) => value + shift + 0.1 * rng.normal());
    };
    const three = () => [trained(), trained(), trained()];
    const { interval } = pairedDifference(paired(three(), three()), { resamples: 1000 });
    if (interval!.low > 0 || interval!.high < 0) apart++;
  }
  assert.ok(apart <= 22, `${apart} of 300`);
});

Deno.test("what a seed gives to both systems falls out: the interval is that of a paired t test over seeds", () => {
  const level = (value: number) => new Array<number>(5).fill(value);
  const ours = [5, 0, -5].map(level), theirs = [4, -1.1, -5.9].map(level);
  const options = { resamples: 60_000 };
  const found = pairedDifference({ ours: bySeed(ours), theirs: bySeed(theirs) }, options);
  // Differences 1, 1.1 and 0.9: 1 ± 4.3027 * 0.1 / sqrt(3).
  const half = (found.interval!.high - found.interval!.low) / 2;
  assert.ok(Math.abs(half / (4.3027 * 0.1 / Math.sqrt(3)) - 1) < 0.04, `${half}`);
  assert.ok(Math.abs(found.difference - 1) < 1e-9 && found.sameDirection === 1);
  // The same numbers of other seeds say nothing.
  const { interval } = pairedDifference(paired(ours, theirs), options);
  assert.ok(interval!.low < -10 && interval!.high > 10, JSON.stringify(interval));
});

Deno.test("Holm's first is Bonferroni's, its last is the largest p itself, equal p stay equal", () => {
  const found = holm([0.01, 0.01, 0.01, 0.3]);
  [0.04, 0.04, 0.04, 0.3].forEach((p, k) => assert.ok(Math.abs(found[k] - p) < 1e-12, `${found}`));
  assert.deepEqual(holm([0.6, 0.9]), [1, 1]);
  assert.deepEqual(holm([0.02]), [0.02]);
});

Deno.test("scores that do not pair are refused", () => {
  assert.throws(() => pairedDifference(paired([[1, 2]], [[1]])), /1 scores do not pair with 2/);
  assert.throws(() => pairedDifference(paired([], [[1]])), /nothing to compare/);
  assert.equal(pairedDifference(paired([[1]], [[3]])).interval, null);
});
