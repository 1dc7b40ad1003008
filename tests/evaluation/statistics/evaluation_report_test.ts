import assert from "node:assert/strict";
import {
  aggregateTable,
  cellOf,
  comparisonsOf,
  comparisonTable,
  failureTable,
  systemTable,
  verdictTable,
} from "../../../lib/evaluation/statistics/evaluation_report.ts";
import { REAL, SHUFFLED } from "../../../lib/evaluation/scoring/score_row.ts";
import { syncVerdicts } from "../../../lib/evaluation/statistics/verdicts.ts";
import { madeScores, scoreRow } from "../made_scores.ts";

const SET = {
  ...{ system: "Ours", frechet: 4.5, spread: 0.25, interval: { low: 4, high: 5, level: 0.95 } },
  ...{ kernel: 0.125, pictures: 96, videos: 12, seeds: 2 },
};
const SETS = { scores: [SET], distance: "made distance" };

Deno.test("a cell holds the mean, the spread where there are seeds, and the interval where there are videos", () => {
  const interval = { low: 6.1234567, high: 7, level: 0.95 };
  assert.equal(cellOf({ mean: 6.5, spread: null, interval }), "6.5 [6.123, 7]");
  assert.equal(cellOf({ mean: 6.5, spread: 0.5, interval }), "6.5 ± 0.5 [6.123, 7]");
  assert.equal(cellOf({ mean: 6.5, spread: null, interval: null }), "6.5");
});

Deno.test("every table of systems begins with the real video and the shuffled one, and says what went in", () => {
  const rows = madeScores([1, 2].map((seed) => ({ system: "Ours", seed, lseD: 6, lseC: 6 })));
  const table = systemTable(rows, SETS);
  assert.deepEqual(table.map(({ system }) => system), [REAL, SHUFFLED, "Ours"]);
  const [real, , ours] = table;
  assert.deepEqual([real.seeds, ours.seeds, ours.videos, ours.seconds, ours.frames], [
    "",
    "1, 2",
    12,
    96,
    2400,
  ]);
  assert.match(String(ours["LSE-D (lower)"]), /^\S+ ± \S+ \[\S+, \S+\]$/);
  assert.deepEqual([ours["made distance (lower)"], real["made distance (lower)"]], [
    "4.5 ± 0.25 [4, 5]",
    null,
  ]);
  assert.ok(!("SSIM (higher)" in ours), "a score that nobody has is no column");
  const numbers = aggregateTable(rows, SETS);
  assert.deepEqual(numbers.find(({ metric }) => metric === "made distance"), {
    ...{ system: "Ours", metric: "made distance", better: "lower", mean: 4.5, spread: 0.25, low: 4, high: 5 },
    ...{ seeds: 2, videos: 12, failed: null },
  });
  assert.equal(numbers.filter(({ system, metric }) => system === REAL && metric === "lse_d").length, 1);
});

Deno.test("Ours is set against every other system, never against real video; without Ours nothing is compared", () => {
  const rows = madeScores([
    { system: "Ours", lseD: 6, lseC: 6, noise: 0 },
    { system: "Wav2Lip", lseD: 8, lseC: 4, noise: 0 },
  ]);
  const found = comparisonsOf(rows), table = comparisonTable(found);
  assert.deepEqual([...new Set(table.map(({ against }) => against))], ["Wav2Lip"]);
  const [lse] = table;
  assert.deepEqual([lse.metric, lse.videos, lse.seeds, lse.outcome], ["LSE-D", 12, "1 and 1", "better"]);
  assert.match(
    String(lse.statement),
    /^LSE-D: Ours better than Wav2Lip by -2 \(95 % -2 to -2\), p = 0\.00\d after Holm/,
  );
  // 4096 choices of signs, two of them as far from 0; ten scores are compared or fewer.
  assert.equal(lse.p, 2 / 4096);
  assert.ok(
    Math.abs(Number(lse["Ours less the other"]) + 2) < 1e-9 && Number(lse["p after Holm"]) <= 20 / 4096,
  );
  const [verdict] = verdictTable(syncVerdicts(found));
  assert.deepEqual([verdict.question, verdict.verdict], [
    "Is Ours better than Wav2Lip?",
    "one training: as claimed",
  ]);
  assert.deepEqual(comparisonsOf(rows.filter(({ system }) => system !== "Ours")), []);
});

Deno.test("failures are counted by system and kind", () => {
  const failed = (video: string, reason: string) => scoreRow({ video, reason });
  const table = failureTable([
    scoreRow(),
    failed("a", "too short: 30 frames"),
    failed("b", "too short: 31 frames"),
    failed("c", "silent: -120 dB"),
  ]);
  assert.deepEqual(table, [
    { system: "Ours", reason: "too short", rows: 2, "for example": "a: too short: 30 frames" },
    { system: "Ours", reason: "silent", rows: 1, "for example": "c: silent: -120 dB" },
  ]);
});
