import * as Plot from "@observablehq/plot";
import { FRAME_RATE } from "../base/shapes.ts";
import { byName } from "./charts.ts";
import { chartFrame, type ChartText } from "./source.ts";
import { COLOURS, DASHED, GUIDE } from "./style.ts";

/** A white edge that keeps letters legible over lines. */
const HALO = { stroke: "white", strokeWidth: 4 };

/** What a judge says of one video: mean distance at each offset, and the numbers drawn from it. */
export interface SyncScore {
  /** Mean distance [offsets]: odd in number, the middle one is offset 0, the first the most positive. */
  curve: ArrayLike<number>;
  lseD: number;
  lseC: number;
  /** In frames; positive when the sound comes too early. */
  offset: number;
  /** The name of the network that judged. */
  judge: string;
}

/** Offsets with their sign, "+2" and "−3". */
export const signed = (offset: number) => offset > 0 ? `+${offset}` : String(offset).replace("-", "−");

/** The numbers of a single curve beside what they measure; the median is LSE-D and LSE-C together. */
function scoreMarks({ lseD, lseC, offset }: SyncScore): Plot.Markish[] {
  const median = lseD + lseC, beside = { textAnchor: "start", dx: 6, fill: GUIDE, ...HALO } as const;
  return [
    Plot.text(["median"], { ...beside, y: median, frameAnchor: "left", dy: -7 }),
    Plot.ruleX([offset], { y1: lseD, y2: median, stroke: GUIDE }),
    Plot.text([`LSE-C ${lseC.toFixed(2)}`], { ...beside, x: offset, y: lseD + lseC / 2 }),
    Plot.text([`LSE-D ${lseD.toFixed(2)} at ${signed(offset)}`], {
      ...{ x: offset, y: lseD, dy: 14, fill: COLOURS[0], ...HALO },
    }),
  ];
}

/**
 * The mean distance of face and sound against the offset between them, with the minimum (LSE-D, at the video's
 * offset) and the median; their difference is LSE-C. Scores of several videos are drawn over each other.
 */
export function offsetCurve(scores: Record<string, SyncScore>, text: ChartText): Plot.PlotOptions {
  const names = Object.keys(scores);
  const points = names.flatMap((name) => {
    const { curve } = scores[name], middle = (curve.length - 1) / 2;
    return Array.from(curve, (distance, index) => ({ offset: middle - index, distance, name }));
  });
  const minima = names.map((name) => ({ name, x: scores[name].offset, y: scores[name].lseD }));
  const medians = names.map((name) => ({ name, y: scores[name].lseD + scores[name].lseC }));
  const only = names.length === 1 ? scores[names[0]] : undefined;
  const numbers = names.map((name) => {
    const { lseD, lseC, offset } = scores[name];
    const said = `LSE-D ${lseD.toFixed(3)}, LSE-C ${lseC.toFixed(3)}, offset ${signed(offset)} frames`;
    return only ? said : `${name}: ${said}`;
  }).join(". ");
  const judges = [...new Set(names.map((name) => scores[name].judge))].join(", ");
  return {
    ...chartFrame(text, "Distance of face and sound against their offset", `${numbers}. Judge: ${judges}.`),
    x: { label: "offset (frames of 40 ms; above 0 the sound is early)", tickFormat: signed, ticks: 11 },
    y: { label: "mean distance", nice: true },
    color: byName(names),
    insetBottom: only ? 20 : 0,
    marks: [
      Plot.ruleY(medians, { y: "y", ...DASHED, stroke: "name" }),
      Plot.line(points, { x: "offset", y: "distance", stroke: "name", strokeWidth: 2 }),
      Plot.dot(minima, { x: "x", y: "y", fill: "name", r: 4.5 }),
      ...(only ? scoreMarks(only) : []),
    ],
  };
}

/**
 * The mouth openings of videos over time, laid over each other: inner-lip gap as a share of the face's height,
 * one value a frame at 25 frames/s; NaN where no mouth was found.
 */
export function openingCurves(videos: Record<string, ArrayLike<number>>, text: ChartText): Plot.PlotOptions {
  const names = Object.keys(videos);
  const points = names.flatMap((name) =>
    Array.from(videos[name], (opening, frame) => ({ second: frame / FRAME_RATE, opening, name }))
  );
  return {
    ...chartFrame({ height: 240, ...text }, "Mouth opening over time"),
    x: { label: "time (s)" },
    y: { label: "inner-lip gap (% of the face's height)", percent: true, nice: true },
    color: byName(names),
    marks: [
      Plot.ruleY([0], { stroke: GUIDE }),
      Plot.line(points, { x: "second", y: "opening", stroke: "name", strokeWidth: 1.8 }),
    ],
  };
}
