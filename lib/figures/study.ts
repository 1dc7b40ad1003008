import * as Plot from "@observablehq/plot";
import { byName, guide, STEPS } from "./charts.ts";
import { chartFrame, type ChartText } from "./source.ts";

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
    x: STEPS,
    y: { label: "held-out loss", nice: true },
    color: byName(arms),
    marks: [
      ...(chance ? guide(chance.value, chance.label) : []),
      Plot.line(rows, {
        ...{ x: "step", y: "loss", stroke: "arm", z: (row: CurvePoint) => `${row.arm} ${row.seed}` },
        ...{ strokeWidth: 1.5, strokeOpacity: 0.8 },
      }),
      Plot.dot(rows, { x: "step", y: "loss", fill: "arm", r: 1.8 }),
    ],
  };
}
