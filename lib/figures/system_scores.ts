import * as Plot from "@observablehq/plot";
import { extent, mean, median } from "d3-array";
import { KitError } from "../base/errors.ts";
import { counts, scoresBySeed, type SystemScores } from "../evaluation/statistics/aggregate.ts";
import { type Metric, metricOf } from "../evaluation/metrics/metrics.ts";
import type { PaperRow } from "../evaluation/statistics/paper.ts";
import { REAL, type ScoreRow, SHUFFLED } from "../evaluation/scoring/score_row.ts";
import { chartFrame, type ChartText } from "./source.ts";
import { COLOURS, DASHED, GUIDE, WIDTH } from "./style.ts";

/** Pixels: a system's row, the names at the left, the numbers at the right, and what the paper printed beside them. */
const ROW = 30, NAMES = 172, NUMBERS = 66, PAPER = 196;
/** Where the numbers end, from the chart's right edge. */
const NUMBER_END = 58;
/** Room at the right of the paper's own dots for their numbers. */
const PAPER_NUMBER = 48;
const TOP = 26, TOP_WITH_PAPER = 40, BOTTOM = 44;

/** Real video is drawn in black, with foreign sound in grey; a trained system has no colour of its own. */
export const realColour = (system: string): string | undefined =>
  ({ [REAL]: "#000000", [SHUFFLED]: GUIDE })[system];

/** Trained systems share one colour. */
const colour = ({ system }: { system: string }): string => realColour(system) ?? COLOURS[0];

/** Scores as text with the decimals in common that the largest needs for four figures. */
function inFigures(values: number[]): string[] {
  const largest = Math.max(...values.map(Math.abs));
  const decimals = Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(largest || 1))));
  return values.map((value) => value.toFixed(decimals).replace("-", "−"));
}

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** A metric's axis says which way is better: the arrow points there. */
function axisLabel({ label, better }: Pick<Metric, "label" | "better">): string {
  if (better === "as real") return `${label} (best: as in real video)`;
  return better === "lower" ? `← ${label} (lower is better)` : `${label} (higher is better) →`;
}

/** Throws KitError for a column that is not one of the tables' metrics. */
function knownMetric(name: Metric["name"]): Metric {
  const metric = metricOf(name);
  if (metric) return metric;
  throw new KitError(`The tables have no metric ${name}`, "Name one of `METRICS`");
}

/** What the charts below share: a row a system, its name at the left, and a dashed line at the real video's value. */
function rowsOfSystems(
  names: string[],
  { metric, real, top, right, ...text }: ChartText & {
    metric: Metric;
    real?: number;
    top: number;
    right: number;
  },
) {
  if (names.length === 0) {
    throw new KitError(`No system has a score by ${metric.label}`, "Evaluate systems first, or take another");
  }
  const width = text.width ?? WIDTH, height = text.height ?? top + BOTTOM + ROW * names.length;
  const chart: Plot.PlotOptions = {
    ...{ width, height, marginLeft: NAMES, marginRight: right, marginTop: top, marginBottom: BOTTOM },
    x: { label: axisLabel(metric), labelAnchor: "center", labelArrow: "none", nice: true, inset: 6 },
    y: { type: "band", domain: names, label: null, padding: 0.08, tickSize: 0 },
  };
  const marks = real === undefined ? [] : [Plot.ruleX([real], DASHED)];
  return { chart, marks, width, row: (height - top - BOTTOM) / names.length };
}

/** A heading over a column of numbers or a panel. */
const heading = (text: string, x: number, textAnchor: "start" | "end"): Plot.Markish =>
  Plot.text([text], {
    ...{ x: { value: () => x, scale: null }, frameAnchor: "top", textAnchor, lineAnchor: "bottom" },
    ...{ dy: -6, fill: GUIDE, fontSize: 11 },
  });

/** What the paper printed, on a scale of its own from `left` to `right` pixels. */
function paperPanel(
  paper: readonly PaperRow[],
  { names, metric, left, right }: { names: string[]; metric: Metric; left: number; right: number },
): Plot.Markish[] {
  const column = { lse_d: "lseD", lse_c: "lseC" }[metric.name as string] as "lseD" | "lseC" | undefined;
  if (!column) throw new KitError(`The paper prints no ${metric.label}`, "Leave `paper` out for this metric");
  const printed = [...new Map(paper.map((row) => [row.system, row])).values()]
    .filter(({ system }) => names.includes(system)).map((row) => ({
      system: row.system,
      value: row[column],
    }));
  const [low, high] = extent(printed, ({ value }) => value) as [number, number];
  const place = ({ value }: { value: number }) =>
    left + 8 + (right - PAPER_NUMBER - left - 8) * (high > low ? (value - low) / (high - low) : 0);
  const x = { value: place, scale: null };
  const ends = { x1: { value: () => left, scale: null }, x2: { value: () => right, scale: null } };
  return [
    heading("as printed in the paper\n(LRS2, official SyncNet)", left, "start"),
    Plot.link(printed, { ...ends, y1: "system", y2: "system", stroke: "#e2e2e2" }),
    Plot.dot(printed, { x, y: "system", fill: COLOURS[1], r: 4 }),
    Plot.text(printed, {
      ...{ x, y: "system", text: ({ value }: { value: number }) => String(value) },
      ...{ textAnchor: "start", dx: 8, stroke: "white", strokeWidth: 4, fill: "currentColor" },
    }),
  ];
}

/**
 * Systems by one metric, a row each in the given order: a dot at the mean, a bar over its 95 % interval, with `rows`
 * a tick at each seed's own mean, and the mean in figures. With `paper` its numbers stand beside, on a scale of their
 * own, since another judge on other videos has made them. Real video has no row for what compares it with itself.
 * Throws KitError for an unknown metric and for `paper` with a metric that the paper does not have.
 */
export function scoreIntervals(
  systems: SystemScores[],
  { metric: name, rows = [], paper, ...text }: ChartText & {
    metric: Metric["name"];
    rows?: ScoreRow[];
    paper?: readonly PaperRow[];
  },
): Plot.PlotOptions {
  const metric = knownMetric(name);
  const shown = systems.filter(({ system, scores }) =>
    scores[name] || (system !== REAL && system !== SHUFFLED)
  );
  const points = shown.flatMap(({ system, scores }) => {
    const score = scores[name];
    return score ? [{ system, mean: score.mean, ...(score.interval ?? {}) }] : [];
  });
  const names = points.length ? shown.map(({ system }) => system) : [];
  const bars = points.filter(({ level }) => level !== undefined);
  const seeds = names.filter((system) => system !== REAL && system !== SHUFFLED).flatMap((system) =>
    [...scoresBySeed(rows.filter((row) => row.system === system), metric).values()]
      .map((scores) => ({ system, mean: mean(scores.values())! }))
  );
  const real = points.find(({ system }) => system === REAL)?.mean;
  const right = NUMBERS + (paper ? PAPER : 0), top = paper ? TOP_WITH_PAPER : TOP;
  const { chart, marks, width, row } = rowsOfSystems(names, { ...text, metric, real, top, right });
  const figures = inFigures(points.map((point) => point.mean));
  const numbers = names.map((system) => {
    const place = points.findIndex((point) => point.system === system);
    return { system, text: place < 0 ? "no score" : figures[place] };
  });
  const reading = "Dots: means over videos and seeds" +
    (bars.length ? `; bars: ${100 * bars[0].level!} % intervals over videos` : "") +
    (seeds.length ? "; ticks: each seed's own mean" : "") +
    (real === undefined ? "." : "; dashed: real video.");
  const y = "system", x = { value: () => width - right + NUMBER_END, scale: null };
  return {
    ...chartFrame(text, `${capital(metric.label)} of the systems`, reading),
    ...chart,
    marks: [
      ...marks,
      Plot.ruleY(bars, { y, x1: "low", x2: "high", stroke: colour, strokeWidth: 8, strokeOpacity: 0.35 }),
      Plot.dot(points, { x: "mean", y, fill: colour, r: 3 }),
      Plot.tickX(seeds, { x: "mean", y, stroke: colour, strokeWidth: 1.5, insetTop: 0.7 * row }),
      heading("mean", width - right + NUMBER_END, "end"),
      Plot.text(numbers, { x, y, text: "text", textAnchor: "end" }),
      ...(paper ? paperPanel(paper, { names, metric, left: width - PAPER + 12, right: width - 8 }) : []),
    ],
  };
}

/**
 * The scores of single videos by one metric, those of all seeds together, a row a system in the order of the rows: a
 * line a video, below them a box over the middle half with its median. Throws KitError for an unknown metric.
 */
export function scoreDistributions(
  rows: ScoreRow[],
  { metric: name, ...text }: ChartText & { metric: Metric["name"] },
): Plot.PlotOptions {
  const metric = knownMetric(name);
  const points = rows.flatMap((row) => {
    const value = row[name];
    return value === null || !counts(row, metric) ? [] : [{ system: row.system, value }];
  });
  const names = [...new Set(points.map(({ system }) => system))];
  const middle = median(points.filter(({ system }) => system === REAL), ({ value }) => value);
  const { chart, marks, width, row } = rowsOfSystems(names, {
    ...{ ...text, metric, real: middle, top: TOP, right: NUMBERS },
  });
  const y = "system", x = { value: () => width - NUMBERS + NUMBER_END, scale: null };
  const box = { y, insetTop: 0.62 * row, insetBottom: 2 };
  const reading = "Lines: scores of single videos, all seeds; boxes: their middle half and median" +
    (middle === undefined ? "." : "; dashed: real video's median.");
  return {
    ...chartFrame(text, `${capital(metric.label)} of single videos`, reading),
    ...chart,
    marks: [
      ...marks,
      Plot.tickX(points, {
        ...{ x: "value", y, stroke: colour, strokeOpacity: 0.4, insetTop: 2, insetBottom: 0.45 * row },
      }),
      Plot.barX(
        points,
        Plot.groupY({ x1: "p25", x2: "p75" }, { ...box, x1: "value", x2: "value", fill: "#cccccc" }),
      ),
      Plot.tickX(
        points,
        Plot.groupY({ x: "median" }, { ...box, x: "value", stroke: colour, strokeWidth: 3 }),
      ),
      heading("scores", width - NUMBERS + NUMBER_END, "end"),
      Plot.text(points, Plot.groupY({ text: "count" }, { x, y, textAnchor: "end" })),
    ],
  };
}
