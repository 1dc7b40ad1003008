import * as Plot from "@observablehq/plot";
import { byName } from "./charts.ts";
import { chartFrame, type ChartText } from "./source.ts";
import { DASHED, GUIDE } from "./style.ts";

/** One evaluation of one training. */
export interface CurvePoint {
  arm: string;
  seed: number;
  step: number;
  loss: number;
}

/**
 * Held-out loss over the steps of several trainings, a line each, those of an arm in one colour; chance is a dashed line.
 */
export function trainingCurves(
  rows: CurvePoint[],
  { arms, chance, ...text }: ChartText & { arms: string[]; chance?: { value: number; label: string } },
): Plot.PlotOptions {
  return {
    ...chartFrame(text, "Held-out loss of every training"),
    x: { label: "step", tickFormat: (step: number) => step.toLocaleString("en-US") },
    y: { label: "held-out loss", nice: true },
    color: byName(arms),
    marks: [
      ...(chance
        ? [
          Plot.ruleY([chance.value], DASHED),
          Plot.text([chance.label], {
            ...{ y: chance.value, frameAnchor: "left", dx: 4, dy: -7, textAnchor: "start", fill: GUIDE },
            text: (label) => label,
          }),
        ]
        : []),
      Plot.line(rows, {
        ...{ x: "step", y: "loss", stroke: "arm", z: (row: CurvePoint) => `${row.arm} ${row.seed}` },
        ...{ strokeWidth: 1.5, strokeOpacity: 0.8 },
      }),
      Plot.dot(rows, { x: "step", y: "loss", fill: "arm", r: 1.8 }),
    ],
  };
}
