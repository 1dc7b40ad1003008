import * as Plot from "@observablehq/plot";
import { extent, mean } from "d3-array";
import { chartFrame, type ChartText } from "./source.ts";
import { COLOURS, DASHED, WIDTH } from "./style.ts";
import { signed } from "./sync.ts";
import { realColour } from "./system_scores.ts";

/** Pixels: from one label's line to the next one's, and the room for labels at the right. */
const LABEL_LINE = 16, LABELS = 210;
const TOP = 30, LEFT = 60, BOTTOM = 44;

/** A system's distance of face and sound at one offset, in frames of 40 ms. */
export interface DistancePoint {
  system: string;
  /** Above 0 the sound is early. */
  offset: number;
  distance: number;
}

/** How a line is drawn: six colours, dashed from the seventh system on; real video in black and grey. */
function styleOf(system: string, drawn: string[]) {
  const real = realColour(system);
  if (real) return { stroke: real, strokeWidth: 2.5 };
  const hues = COLOURS.length - 1; // the last one is a grey
  const k = drawn.indexOf(system);
  return {
    ...{ stroke: COLOURS[k % hues], strokeWidth: 1.8 },
    strokeDasharray: ["none", "6,3", "2,2"][Math.floor(k / hues) % 3],
  };
}

/**
 * Places that are at least `gap` apart and within [low, high], in the order of the wanted ones and as near to them as
 * can be: whatever comes too close becomes one block around its mean.
 */
export function placesApart(
  wanted: number[],
  { gap, low, high }: { gap: number; low: number; high: number },
): number[] {
  const order = wanted.map((_, k) => k).sort((a, b) => wanted[a] - wanted[b]);
  const blockOf = (members: number[]) => {
    const middle = mean(members, (member, place) => wanted[member] - gap * place)!;
    const start = Math.max(low, Math.min(high - gap * (members.length - 1), middle));
    return { members, start, end: start + gap * members.length };
  };
  const blocks: ReturnType<typeof blockOf>[] = [];
  for (const k of order) {
    let block = blockOf([k]);
    while (blocks.length && blocks.at(-1)!.end > block.start) {
      block = blockOf([...blocks.pop()!.members, ...block.members]);
    }
    blocks.push(block);
  }
  const places: number[] = [];
  for (const { members, start } of blocks) {
    members.forEach((member, place) => places[member] = start + gap * place);
  }
  return places;
}

/**
 * The mean distance of face and sound against the offset between them, a line a system with its name at its end; several
 * distances of a system at one offset are averaged. A system in sync has its minimum at 0, one whose mouth has nothing
 * to do with the sound has a level line.
 */
export function distanceCurves(curves: DistancePoint[], text: ChartText): Plot.PlotOptions {
  const names = [...new Set(curves.map(({ system }) => system))];
  const drawn = names.filter((name) => !realColour(name));
  const lines = names.map((system) => {
    const own = Map.groupBy(curves.filter((point) => point.system === system), ({ offset }) => offset);
    const points = [...own].map(([offset, all]) => ({
      offset,
      distance: mean(all, ({ distance }) => distance)!,
    }));
    return { system, points: points.sort((a, b) => a.offset - b.offset), style: styleOf(system, drawn) };
  });
  const all = lines.flatMap(({ points }) => points);
  const width = text.width ?? WIDTH, right = width - LABELS;
  const height = text.height ?? Math.max(380, TOP + BOTTOM + LABEL_LINE * names.length);
  const [first, last] = extent(all, ({ offset }) => offset) as [number, number];
  const [lowest, highest] = extent(all, ({ distance }) => distance) as [number, number];
  const room = 0.06 * (highest - lowest || 1);
  // The scales are set here, since the labels are put in their places by pixels.
  const x = { domain: [first, last], range: [LEFT, right] };
  const y = { domain: [lowest - room, highest + room], range: [height - BOTTOM, TOP] };
  const across = Plot.scale({ x: { type: "linear", ...x } })!;
  const down = Plot.scale({ y: { type: "linear", ...y } })!;
  const ends = lines.map(({ points }) => points.at(-1)!)
    .map(({ offset, distance }) => ({ x: across.apply(offset), y: down.apply(distance) }));
  const places = placesApart(ends.map((end) => end.y), {
    ...{ gap: LABEL_LINE, low: TOP, high: height - BOTTOM },
  });
  // From a line's end to its name, which may have had to make room for others: a thin line, then a legend's swatch.
  const leaders = ends.map((end, k) => [end, { x: right + 14, y: places[k] }]);
  const swatches = places.map((y) => [{ x: right + 14, y }, { x: right + 40, y }]);
  const labels = names.map((name, k) => ({ name, x: right + 46, y: places[k] }));
  const inPixels = { x: { value: "x", scale: null }, y: { value: "y", scale: null } };
  return {
    ...chartFrame(text, "Distance of face and sound against their offset"),
    ...{ width, height, marginLeft: LEFT, marginTop: TOP, marginBottom: BOTTOM, marginRight: LABELS },
    x: {
      labelAnchor: "center",
      label: "offset (frames of 40 ms; above 0 the sound is early)",
      ticks: 7,
      tickFormat: signed,
      ...x,
    },
    y: { label: "mean distance", ...y },
    marks: [
      Plot.ruleX([0], DASHED),
      ...lines.map(({ points, style }) => Plot.line(points, { x: "offset", y: "distance", ...style })),
      ...lines.map(({ style }, k) =>
        Plot.line(leaders[k], { ...inPixels, stroke: style.stroke, strokeWidth: 0.75 })
      ),
      ...lines.map(({ style }, k) => Plot.line(swatches[k], { ...inPixels, ...style })),
      Plot.text(labels, { ...inPixels, text: "name", textAnchor: "start" }),
    ],
  };
}
