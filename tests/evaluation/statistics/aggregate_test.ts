import assert from "node:assert/strict";
import { randomStream } from "../../../lib/base/random.ts";
import { aggregate } from "../../../lib/evaluation/statistics/aggregate.ts";
import { frechetScores, frechetVerdicts } from "../../../lib/evaluation/statistics/frechet_scores.ts";
import { metricOf } from "../../../lib/evaluation/metrics/metrics.ts";
import { keyOf, REAL, type ScoreRow, SHUFFLED } from "../../../lib/evaluation/scoring/score_row.ts";
import { checkSeparation } from "../../../lib/evaluation/statistics/judge_statement.ts";
import {
  compareSystems,
  inWords,
  outcomeOf,
  syncVerdicts,
  verdictOf,
} from "../../../lib/evaluation/statistics/verdicts.ts";
import { madeScores, scoreRow } from "../made_scores.ts";

const near = (found: number, expected: number, most = 1e-9) =>
  assert.ok(Math.abs(found - expected) < most, `${found}, not ${expected}`);

Deno.test("means over seeds of means over videos, their spread, and what went in", () => {
  const rows = [
    scoreRow({ seed: 1, video: "a", sound: "b", lse_d: 6 }),
    scoreRow({ seed: 1, video: "b", sound: "a", lse_d: 8 }),
    scoreRow({ seed: 2, video: "a", sound: "b", lse_d: 7 }),
    scoreRow({ seed: 2, video: "b", sound: "a", lse_d: 11, seconds: 3, frames: 75 }),
    // Its own sound: no dubbing, so it counts for L1 and not for LSE.
    scoreRow({ seed: 1, video: "a", sound: "a", lse_d: 1, l1: 0.02 }),
    scoreRow({ seed: 2, video: "c", sound: "a", reason: "34 frames" }),
    scoreRow({ system: REAL, seed: 0, video: "a", sound: "a", lse_d: 5 }),
  ];
  const [real, ours] = aggregate(rows);
  assert.deepEqual([real.system, ours.system], [REAL, "Ours"]);
  assert.deepEqual(ours.seeds, [1, 2]);
  assert.deepEqual([ours.videos, ours.failed, ours.seconds, ours.frames], [2, 1, 11, 275]);
  const { mean, spread, videos, failed, interval } = ours.scores.lse_d!;
  assert.deepEqual([mean, videos, failed], [8, 2, 1]);
  near(spread!, Math.SQRT2); // of 7 and 9
  assert.deepEqual([interval!.low, interval!.high], [6.5, 9.5]); // the two videos' means over seeds
  assert.deepEqual([ours.scores.l1!.mean, ours.scores.l1!.spread, ours.scores.l1!.interval], [
    0.02,
    null,
    null,
  ]);
  assert.equal(ours.scores.psnr, undefined);
  assert.equal(real.scores.lse_d!.mean, 5);
});

Deno.test("a judge that separates real from shuffled passes, one that does not is refused with its numbers", () => {
  const { share, lseD, videos } = checkSeparation(madeScores([], { apart: 3 }), { judge: "made judge" });
  assert.deepEqual([share, videos], [1, 12]);
  near(lseD.shuffled - lseD.real, 3);
  assert.throws(
    () => checkSeparation(madeScores([], { apart: 0 }), { judge: "made judge" }),
    /KitError: made judge does not tell real video from real video with other sound: LSE-D .*12 videos/,
  );
  assert.throws(
    () => checkSeparation(madeScores([], { apart: -3 }), { judge: "turned" }),
    /turned does not tell/,
  );
  // Right in one of the two scores only.
  const half = madeScores([], { apart: 3 }).map((row) => ({ ...row, lse_c: row.system === REAL ? 4 : 5 }));
  assert.throws(() => checkSeparation(half, { judge: "half" }), /half does not tell/);
  const few = madeScores([], { videos: 2 });
  assert.throws(() => checkSeparation(few, { judge: "j" }), /Only 2 videos could be judged/);
  const failed = madeScores([]).map((row) =>
    row.system === SHUFFLED ? { ...row, lse_d: null, lse_c: null } : row
  );
  assert.throws(() => checkSeparation(failed, { judge: "j" }), /Only 0 videos/);
});

const SYSTEMS = [1, 2, 3].flatMap((seed) => [
  { system: "Ours", seed, lseD: 6, lseC: 6 },
  { system: "w/o LSTM", seed, lseD: 7, lseC: 5 },
  { system: "w/o CBAM", seed, lseD: 6, lseC: 6 },
  { system: "Wav2Lip", seed, lseD: 5, lseC: 7 },
]);

Deno.test("Ours is better, worse or not shown to differ, as it was made; the paper's claims get their verdicts", () => {
  const rows = madeScores(SYSTEMS);
  const found = compareSystems(rows, { against: ["w/o LSTM", "w/o CBAM", "Wav2Lip"] });
  const outcome = (against: string, name: string) =>
    found.find((one) => one.against === against && one.metric.name === name)!.outcome;
  assert.deepEqual(["lse_d", "lse_c"].map((name) => outcome("w/o LSTM", name)), ["better", "better"]);
  assert.deepEqual(["lse_d", "lse_c"].map((name) => outcome("Wav2Lip", name)), ["worse", "worse"]);
  assert.deepEqual(
    ["lse_d", "l1"].map((name) => outcome("w/o CBAM", name)),
    Array(2).fill("no difference shown"),
  );
  const verdicts = syncVerdicts(found).map(({ against, metric, verdict }) =>
    `${against} ${metric} ${verdict}`
  );
  assert.deepEqual(verdicts, [
    "w/o LSTM LSE-D confirmed",
    "w/o LSTM LSE-C confirmed",
    "w/o CBAM LSE-D not shown",
    "w/o CBAM LSE-C not shown",
    // The paper's table has Ours ahead of Wav2Lip on LSE-D and behind on LSE-C.
    "Wav2Lip LSE-D contradicted",
    "Wav2Lip LSE-C confirmed",
  ]);
  const lstm = syncVerdicts(found)[0];
  near(lstm.paper!, 6.207 - 6.537, 1e-6);
  near(lstm.ours, -1, 0.1);
  const words = inWords(found.find(({ against }) => against === "w/o LSTM")!);
  assert.match(
    words,
    /^LSE-D: Ours better than w\/o LSTM by -\S+ \(95 % -\S+ to -\S+\), p = 0\.0\d\d after Holm, 12 videos, 3 and 3 seeds, 100 %/,
  );
});

Deno.test("systems are compared on the videos that both have; with one seed the words say so", () => {
  const rows = madeScores(SYSTEMS.filter(({ seed }) => seed === 1)).filter((row) =>
    !(row.system === "w/o LSTM" && row.video === "s0/v0")
  );
  const [found] = compareSystems(rows, { against: ["w/o LSTM", "LipGAN"] });
  assert.equal(found.videos, 11);
  assert.match(inWords(found), /11 videos, one training each/);
  assert.ok(compareSystems(rows, { against: ["LipGAN"] }).length === 0);
});

Deno.test("jitter is best where it is the real film's: a mouth that does not move is no better", () => {
  const video = (system: string, jitter: number) =>
    Array.from({ length: 9 }, (_, k) => {
      const video = `s1/${k}`, noise = 0.01 * k;
      return scoreRow({ system, video, jitter: jitter + noise, jitter_real: 0.5 });
    });
  const rows = [...video("Ours", 0.5), ...video("Wav2Lip", 0.1), ...video("LipGAN", 1.1)];
  const found = compareSystems(rows, { against: ["Wav2Lip", "LipGAN"] });
  assert.deepEqual(found.map(({ metric, outcome }) => `${metric.name} ${outcome}`), [
    "jitter better",
    "jitter better",
  ]);
  assert.match(inWords(found[0]), /^jitter, px, from the real film's: Ours better than Wav2Lip/);
});

Deno.test("an outcome needs both the interval and the adjusted p", () => {
  const interval = { low: -3, high: -1, level: 0.95 };
  const of = (given: object) =>
    outcomeOf({ difference: -2, interval, adjusted: 0.01, better: "lower", ...given });
  assert.equal(of({}), "better");
  assert.equal(of({ better: "higher" }), "worse");
  assert.equal(of({ adjusted: 0.06 }), "no difference shown");
  assert.equal(of({ interval: { low: -3, high: 1, level: 0.95 } }), "no difference shown");
  assert.equal(of({ interval: null }), "no difference shown");
  const seeds: [number, number] = [3, 3], claimed = { paper: -1, better: "higher" as const };
  assert.equal(verdictOf("worse", { ...claimed, seeds }), "confirmed");
  assert.equal(verdictOf("better", { ...claimed, seeds }), "contradicted");
  assert.equal(verdictOf("worse", { ...claimed, seeds: [1, 3] }), "one training: as claimed");
  assert.equal(verdictOf("better", { ...claimed, seeds: [3, 1] }), "one training: the other way");
  assert.equal(verdictOf("no difference shown", { ...claimed, seeds: [1, 1] }), "not shown");
});

Deno.test("Frechet distance by system: the worse set is farther, the kernel distance of an equal one near 0", () => {
  const rows = madeScores([
    { system: "Ours", lseD: 6, lseC: 6 },
    { system: "w/o LSTM", lseD: 6, lseC: 6 },
  ]);
  const features = new Map<string, Float32Array[]>();
  const featuresOf = (row: ScoreRow) => {
    const key = keyOf(row), shift = row.system === "w/o LSTM" ? 1 : 0;
    if (!features.has(key)) {
      const rng = randomStream("features", key);
      features.set(
        key,
        Array.from({ length: 8 }, () => Float32Array.from({ length: 4 }, () => shift + rng.normal())),
      );
    }
    return features.get(key)!;
  };
  const [ours, without] = frechetScores(rows, featuresOf);
  assert.deepEqual([ours.system, ours.videos, ours.pictures, ours.seeds, ours.spread], [
    "Ours",
    12,
    96,
    1,
    null,
  ]);
  assert.ok(ours.frechet < 0.5 && Math.abs(ours.kernel) < 0.5, JSON.stringify(ours));
  near(without.frechet, 4, 1.5); // shifted by 1 in each of 4 numbers
  assert.ok(without.kernel > 5 * Math.abs(ours.kernel) && without.interval!.low > ours.interval!.high);
  const [verdict, ...others] = frechetVerdicts(rows, featuresOf, "made distance");
  assert.equal(others.length, 0);
  // The paper has Ours with the worse FID of the two.
  assert.deepEqual([verdict.against, verdict.metric, verdict.verdict], [
    "w/o LSTM",
    "made distance",
    "one training: the other way",
  ]);
  near(verdict.ours, ours.frechet - without.frechet);
  assert.equal(metricOf("lse_d").label, "LSE-D");
});
