import * as Plot from "@observablehq/plot";
import { bin, extent, range, sum } from "d3-array";
import type { Row } from "../base/parquet.ts";
import { seriesName } from "./series.ts";
import { chartFrame, type ChartText } from "./source.ts";
import { DASHED, GUIDE } from "./style.ts";

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** The colours of names, with a legend where there are several. */
export const byName = (names: string[]) => ({ domain: names, legend: names.length > 1 });

/** The axis of a training's steps. */
export const STEPS = { label: "step", tickFormat: (step: number) => step.toLocaleString("en-US") };

/** A dashed line across the chart at one value, named at its right end. */
export function guide(value: number, label: string): Plot.Markish[] {
  return [
    Plot.ruleY([value], DASHED),
    Plot.text([label], {
      y: value,
      frameAnchor: "right",
      dx: -4,
      dy: -7,
      textAnchor: "end",
      fill: GUIDE,
      text: (text) => text,
    }),
  ];
}

/** The labels of events beside their lines: to the right, and to the left where the chart ends. */
function eventLabels(events: { step: number; label: string }[], last: number): Plot.Markish[] {
  const words = { x: "step", text: "label", frameAnchor: "top", dy: 4, fill: GUIDE } as const;
  return [
    Plot.text(events.filter(({ step }) => step <= 0.8 * last), { ...words, textAnchor: "start", dx: 4 }),
    Plot.text(events.filter(({ step }) => step > 0.8 * last), { ...words, textAnchor: "end", dx: -4 }),
  ];
}

/**
 * The columns `values` of a log over its steps: thin raw lines under running means of `smooth`
 * rows (a fortieth of a column's by default); a column of few rows shows them as dots.
 * `events` are upright lines at steps, such as the switching on of a loss; `chance` is a dashed line.
 */
export function lossCurve(
  rows: Row[],
  {
    values,
    smooth,
    events = [],
    chance,
    log = false,
    yLabel = "loss",
    ...text
  }: ChartText & {
    values: string[];
    smooth?: number;
    events?: { step: number; label: string }[];
    chance?: { value: number; label: string };
    log?: boolean;
    yLabel?: string;
  },
): Plot.PlotOptions {
  const lines = values.flatMap((name) => {
    const points = rows.filter((row) => isNumber(row[name])).map((row) => ({
      step: row.step,
      value: row[name],
      name: seriesName(name),
    }));
    const channels = { x: "step", y: "value", stroke: "name" };
    const k = smooth ?? Math.ceil((points.length || 1) / 40);
    return [
      k > 1 ? Plot.line(points, { ...channels, strokeWidth: 1, strokeOpacity: 0.25 }) : null,
      points.length <= 40 ? Plot.dot(points, { ...channels, fill: "name", r: 2.5 }) : null,
      Plot.line(points, Plot.windowY({ k, reduce: "mean" }, { ...channels, strokeWidth: 2 })),
    ];
  });
  return {
    ...chartFrame(text, "Loss over training"),
    x: STEPS,
    y: { label: yLabel, ...(log ? { type: "log", tickFormat: "~g" } : { nice: true }) },
    color: byName(values.map(seriesName)),
    marks: [
      ...(chance ? guide(chance.value, chance.label) : []),
      Plot.ruleX(events, { x: "step", stroke: GUIDE }),
      ...eventLabels(events, Math.max(...rows.map((row) => Number(row.step)))),
      ...lines,
    ],
  };
}

/**
 * Share of pairs judged rightly against the shift of the sound in frames (0 is in sync); `name` tells systems apart.
 */
export function accuracyAgainstShift(
  rows: { shift: number; accuracy: number; name?: string }[],
  text: ChartText,
): Plot.PlotOptions {
  const names = [...new Set(rows.map((row) => row.name ?? "accuracy"))];
  const shifts = [...new Set(rows.map((row) => row.shift))];
  const channels = { x: "shift", y: "accuracy", stroke: (row: { name?: string }) => row.name ?? "accuracy" };
  return {
    ...chartFrame(text, "Accuracy against the shift of the sound"),
    x: {
      label: "shift of the sound (frames of 40 ms)",
      ticks: shifts.length > 16 ? shifts.filter((shift) => shift % 5 === 0) : shifts,
      tickFormat: "d",
    },
    y: { label: "judged rightly (%)", percent: true, domain: [0, 100] },
    color: byName(names),
    marks: [
      ...guide(50, "chance"),
      Plot.lineY(rows, { ...channels, strokeWidth: 2 }),
      Plot.dot(rows, { ...channels, fill: "white", strokeWidth: 2, r: 3.5 }),
    ],
  };
}

/** ROC curves of pairs told in sync from off sync, named with their areas; points are shares in [0, 1]. */
export function rocCurve(
  curves: { name: string; auc: number; points: { falsePositive: number; truePositive: number }[] }[],
  text: ChartText,
): Plot.PlotOptions {
  const label = ({ name, auc }: { name: string; auc: number }) => `${name} (AUC ${auc.toFixed(3)})`;
  const points = curves.flatMap((curve) => curve.points.map((point) => ({ ...point, name: label(curve) })));
  return {
    ...chartFrame({ width: 480, height: 440, ...text }, "In sync told from off sync"),
    x: { label: "off-sync pairs accepted (%)", percent: true, domain: [0, 100] },
    y: { label: "in-sync pairs accepted (%)", percent: true, domain: [0, 100] },
    color: { domain: curves.map(label), legend: true },
    marks: [
      Plot.line([[0, 0], [1, 1]], DASHED),
      Plot.line(points, { x: "falsePositive", y: "truePositive", stroke: "name", strokeWidth: 2 }),
    ],
  };
}

/** Distributions of the values of each group, overlaid, as shares of the group's own count. */
export function histogram(
  groups: Record<string, ArrayLike<number>>,
  { xLabel, bins = 40, domain, ...text }: ChartText & {
    xLabel: string;
    bins?: number;
    domain?: [number, number];
  },
): Plot.PlotOptions {
  const names = Object.keys(groups);
  const all = names.flatMap((name) => Array.from(groups[name]).filter(isNumber));
  const [low, high] = domain ?? extent(all) as [number, number];
  const step = (high - low) / bins || 1;
  // Plot.binX would leave out the highest value, which stands at the last bin's end.
  const binned = bin().domain([low, Math.max(high, low + bins * step)])
    .thresholds(range(1, bins).map((k) => low + k * step));
  const bars = names.flatMap((name) => {
    const own = binned(groups[name]), count = sum(own, ({ length }) => length);
    return own.map(({ x0, x1, length }) => ({ x1: x0, x2: x1, share: length / count, name }));
  });
  return {
    ...chartFrame(text, `Distribution of ${xLabel}`),
    x: { label: xLabel },
    y: { label: "share (%)", percent: true, nice: true },
    color: byName(names),
    marks: [
      Plot.rect(bars, {
        ...{ x1: "x1", x2: "x2", y1: 0, y2: "share", fill: "name", inset: 0.25 },
        fillOpacity: names.length > 1 ? 0.5 : 0.85,
      }),
      Plot.ruleY([0]),
    ],
  };
}
