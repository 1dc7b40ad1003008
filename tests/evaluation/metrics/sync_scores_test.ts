import assert from "node:assert/strict";
import { accuracyByShift, rocPoints, syncRoc } from "../../../lib/evaluation/metrics/sync_scores.ts";
import type { ScoredPair } from "../../../lib/training/sync_accuracy.ts";

const pair = (shift: number, probability: number, voiced = true): ScoredPair => ({
  ...{ clip: "s/1", frame: 0 },
  ...{ shift, probability, voiced },
});
const PAIRS = [
  ...[pair(0, 0.9), pair(0, 0.8), pair(0, 0.4), pair(0, 0.1, false)],
  ...[pair(5, 0.2), pair(5, 0.7), pair(-7, 0.3), pair(2, 0.95)],
];

Deno.test("accuracy by shift counts P > 0.5 as right in sync only, shifts in order", () => {
  const name = "windows of speech";
  assert.deepEqual(accuracyByShift(PAIRS), [
    { shift: -7, accuracy: 1, name },
    { shift: 0, accuracy: 2 / 3, name },
    { shift: 2, accuracy: 0, name },
    { shift: 5, accuracy: 0.5, name },
  ]);
  const [, atZero] = accuracyByShift(PAIRS, { voicedOnly: false });
  assert.deepEqual(atZero, { shift: 0, accuracy: 0.5, name: "all windows" });
});

Deno.test("the ROC leaves small shifts out: 8 of 9 comparisons are right", () => {
  // In sync 0.9, 0.8, 0.4 against off sync 0.2, 0.7, 0.3: only 0.4 < 0.7 is wrong.
  const { auc, name } = syncRoc(PAIRS);
  assert.ok(Math.abs(auc - 8 / 9) < 1e-12);
  assert.equal(name, "windows of speech");
  assert.ok(Math.abs(syncRoc(PAIRS, { minShift: 1 }).auc - 8 / 12) < 1e-12, "0.95 at shift 2 beats all");
});

Deno.test("the curve goes from nothing accepted to all accepted and stays short", () => {
  const noisy = (offset: number) => Array.from({ length: 3000 }, (_, i) => offset + Math.sin(i * 12.9898));
  const points = rocPoints(noisy(0.5), noisy(0));
  assert.ok(points.length <= 402);
  assert.deepEqual(points[0], { falsePositive: 0, truePositive: 0 });
  assert.deepEqual(points.at(-1), { falsePositive: 1, truePositive: 1 });
  assert.ok(points.every((p, i) => i === 0 || p.truePositive >= points[i - 1].truePositive));
});
