import * as Plot from "@observablehq/plot";
import { join } from "node:path";
import { writeAtomic } from "../base/files.ts";
import type { Row } from "../base/parquet.ts";
import { GUIDE, plotSvg, svgToPng } from "./svg.ts";
import { FIGURES } from "./table.ts";

export { COLOURS, GUIDE } from "./svg.ts";
export { FIGURES, table, writeTable } from "./table.ts";

/** What a figure was made from, named in its caption. */
export interface Source {
  /** Data set and part, such as "GRID s1, 24 held-out clips". */
  data: string;
  preset?: string;
  seed?: number | number[];
  /** Anything else that tells this run from others, such as "1,900 steps". */
  note?: string;
}

/** The source as a caption: "Data: GRID. Preset small, seed 1. 1,900 steps." */
export function sourceLine({ data, preset, seed, note }: Source): string {
  const run = [
    preset !== undefined && `preset ${preset}`,
    seed !== undefined &&
    (Array.isArray(seed) && seed.length > 1 ? `seeds ${seed.join(", ")}` : `seed ${seed}`),
    note,
  ].filter(Boolean).join(", ");
  return `Data: ${data}${run && `; ${run}`}.`;
}

/** What every chart below takes: its own words, and what it was made from. */
export interface ChartText {
  source: Source;
  title?: string;
  /** What to see in it; the source is added. */
  caption?: string;
  width?: number;
  height?: number;
}

/** A chart's caption: its own words, and what it was made from. */
export const words = ({ source, caption }: ChartText) =>
  [caption, sourceLine(source)].filter(Boolean).join(" ");

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** A dashed line across the chart at one value, named at its right end. */
function guide(value: number, label: string): Plot.Markish[] {
  return [
    Plot.ruleY([value], { stroke: GUIDE, strokeDasharray: "4,3" }),
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
      name,
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
    title: text.title ?? "Loss over training",
    caption: words(text),
    width: text.width,
    height: text.height,
    x: { label: "step", tickFormat: (step: number) => step.toLocaleString("en-US") },
    y: { label: yLabel, ...(log ? { type: "log", tickFormat: "~g" } : { nice: true }) },
    color: { domain: values, legend: values.length > 1 },
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
    title: text.title ?? "Accuracy against the shift of the sound",
    caption: words(text),
    width: text.width,
    height: text.height,
    x: {
      label: "shift of the sound (frames of 40 ms)",
      ticks: shifts.length > 16 ? shifts.filter((shift) => shift % 5 === 0) : shifts,
      tickFormat: "d",
    },
    y: { label: "judged rightly (%)", percent: true, domain: [0, 100] },
    color: { domain: names, legend: names.length > 1 },
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
    title: text.title ?? "In sync told from off sync",
    caption: words(text),
    width: text.width ?? 480,
    height: text.height ?? 440,
    x: { label: "off-sync pairs accepted (%)", percent: true, domain: [0, 100] },
    y: { label: "in-sync pairs accepted (%)", percent: true, domain: [0, 100] },
    color: { domain: curves.map(label), legend: true },
    marks: [
      Plot.line([[0, 0], [1, 1]], { stroke: GUIDE, strokeDasharray: "4,3" }),
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
  const [low, high] = domain ?? [Math.min(...all), Math.max(...all)];
  const step = (high - low) / bins || 1;
  const bars = names.flatMap((name) => {
    const counts = new Array(bins).fill(0);
    const values = Array.from(groups[name]).filter((value) => value >= low && value <= high);
    for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) / step))]++;
    return counts.map((count, bin) => ({
      x1: low + bin * step,
      x2: low + (bin + 1) * step,
      share: count / values.length,
      name,
    }));
  });
  return {
    title: text.title ?? `Distribution of ${xLabel}`,
    caption: words(text),
    width: text.width,
    height: text.height,
    x: { label: xLabel },
    y: { label: "share (%)", percent: true, nice: true },
    color: { domain: names, legend: names.length > 1 },
    marks: [
      Plot.rect(bars, {
        x1: "x1",
        x2: "x2",
        y1: 0,
        y2: "share",
        fill: "name",
        fillOpacity: names.length > 1 ? 0.5 : 0.85,
        inset: 0.25,
      }),
      Plot.ruleY([0]),
    ],
  };
}

/** A Plot figure and how to show it in a notebook. */
export interface Figure {
  svg: string;
  /** The files written. */
  files: string[];
  [key: symbol]: () => Record<string, string>;
}

/**
 * Writes an SVG as `<folder>/<name>.svg` and `.png` and returns what a notebook shows.
 * Throws KitError when the folder is not writable.
 */
export async function drawing(
  name: string,
  svg: string,
  { folder = FIGURES, title = "" }: { folder?: string; title?: string } = {},
): Promise<Figure> {
  const files = [join(folder, `${name}.svg`), join(folder, `${name}.png`)];
  await writeAtomic(files[0], svg);
  await writeAtomic(files[1], svgToPng(svg));
  const shown = { "image/svg+xml": svg, "text/plain": `[figure ${name}: ${title}]` };
  return { svg, files, [Symbol.for("Jupyter.display")]: () => shown };
}

/** Draws a plot into `<folder>/<name>.svg` and `.png`; as `drawing`. */
export const figure = (
  name: string,
  options: Plot.PlotOptions,
  { folder }: { folder?: string } = {},
): Promise<Figure> => drawing(name, plotSvg(options), { folder, title: String(options.title ?? "") });
