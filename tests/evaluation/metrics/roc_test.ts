import assert from "node:assert/strict";
import { roc } from "../../../lib/evaluation/metrics/roc.ts";

Deno.test("the area is the share of pairs in the right order, ties counting half", () => {
  assert.equal(roc([0.9, 0.8], [0.1, 0.2, 0.3]).auc, 1);
  assert.equal(roc([0.1], [0.9]).auc, 0);
  assert.equal(roc([0.5, 0.5], [0.5]).auc, 0.5);
  // 0.8 beats all 4, 0.4 beats 2 and ties with 1: (4 + 2.5) / 8.
  assert.ok(Math.abs(roc([0.8, 0.4], [0.1, 0.2, 0.4, 0.6]).auc - 6.5 / 8) < 1e-12);
});

Deno.test("the curve goes from nothing accepted to all accepted and stays short", () => {
  const noisy = (offset: number) =>
    Float32Array.from({ length: 3000 }, (_, i) => offset + Math.sin(i * 12.9898));
  const { points } = roc(noisy(0.5), noisy(0));
  assert.ok(points.length <= 402);
  assert.deepEqual(points[0], { falsePositive: 0, truePositive: 0 });
  assert.deepEqual(points.at(-1), { falsePositive: 1, truePositive: 1 });
  assert.ok(points.every((p, i) => i === 0 || p.truePositive >= points[i - 1].truePositive));
});
