import assert from "node:assert/strict";
import { accuracyAgainstShift, histogram, lossCurve, rocCurve } from "../../lib/figures/charts.ts";
import { sourceLine } from "../../lib/figures/source.ts";
import { plotSvg } from "../../lib/figures/svg.ts";

const source = { data: "GRID s1", preset: "tiny", seed: 7 };
/** Numbers of the first path drawn in a colour: x, y in pixels. */
const points = (svg: string, colour: string) => {
  const path = svg.match(new RegExp(`stroke="${colour}"[^>]*d="([^"]+)"`)) ??
    svg.match(new RegExp(`d="([^"]+)"[^>]*stroke="${colour}"`));
  return path![1].split(/[ML]/).slice(1).map((pair) => pair.split(",").map(Number));
};

Deno.test("the source names data, preset and seeds", () => {
  assert.equal(sourceLine(source), "Data: GRID s1; preset tiny, seed 7.");
  assert.equal(
    sourceLine({ data: "synthetic", seed: [1, 2], note: "400 steps" }),
    "Data: synthetic; seeds 1, 2, 400 steps.",
  );
  assert.equal(sourceLine({ data: "x" }), "Data: x.");
});

Deno.test("a loss curve leaves out what was not measured and marks chance and events", () => {
  const rows = Array.from(
    { length: 10 },
    (_, i) => ({ step: 100 * i, loss: 1 - i / 10, heldOut: i % 3 ? null : NaN, L1: 0.5 }),
  );
  const svg = plotSvg(lossCurve(rows, {
    ...{ values: ["loss", "L1", "heldOut"], source },
    ...{ chance: { value: 0.693, label: "chance" }, events: [{ step: 500, label: "sync loss on" }] },
  }));
  for (const text of ["Data: GRID s1; preset tiny, seed 7.", "chance", "sync loss on", "↑ loss"]) {
    assert.ok(svg.includes(text));
  }
  const loss = points(svg, "#0072B2");
  assert.equal(loss.length, 10);
  assert.ok(loss.every(([x, y], i) => i === 0 || (x > loss[i - 1][0] && y > loss[i - 1][1])), "falls");
});

Deno.test("accuracy against shift is in per cent with a line at chance", () => {
  const rows = [-1, 0, 1].map((shift) => ({ shift, accuracy: shift ? 0.75 : 1 }));
  const svg = plotSvg(accuracyAgainstShift(rows, { source }));
  const [left, middle, right] = points(svg, "#0072B2");
  assert.equal(left[1], right[1]);
  // The plot is 320 high with 30 above and 44 below: 0 % at 276, 100 % at 30.
  assert.deepEqual([middle[1], left[1]], [30, 91.5]);
  assert.ok(svg.includes("frames of 40 ms") && svg.includes(">chance<"));
});

Deno.test("ROC curves are named with their areas", () => {
  const svg = plotSvg(
    rocCurve([{
      name: "ours",
      auc: 0.9123,
      points: [0, 1].map((p) => ({ falsePositive: p, truePositive: p })),
    }], { source }),
  );
  assert.ok(svg.includes("ours (AUC 0.912)"));
});

Deno.test("a histogram gives shares of each group's own count", () => {
  const { marks } = histogram({ a: [0.1, 0.1, 0.9], b: Float32Array.of(0.1, NaN) }, {
    xLabel: "cosine",
    bins: 2,
    domain: [0, 1],
    source,
  });
  const bars = (marks![0] as unknown as { data: { name: string; share: number }[] }).data;
  assert.deepEqual(bars.map(({ name, share }) => [name, Math.round(100 * share)]), [["a", 67], ["a", 33], [
    "b",
    100,
  ], ["b", 0]]);
});
