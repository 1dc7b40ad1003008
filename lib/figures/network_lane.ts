import type { Layer, LayerKind } from "../nn/scope.ts";
import { COLOURS, GUIDE, INK } from "./style.ts";
import { escapeHtml } from "../base/jupyter.ts";
import type { Lane } from "./network_plan.ts";

/** Pixels to a row of a map and to a channel. */
export interface Scale {
  row: number;
  channel: number;
}

/** Least sides of a bar: a layer of 1 x 1 or of a few channels is still to be seen. An LSTM's map has one channel. */
const LEAST_HEIGHT = 4, LEAST_WIDTH = 2, LSTM_WIDTH = 8;
/** Between the bars of a group; between bars and what points at them. */
const GAP = 1.5, CLEAR = 3;
/** Height of a CBAM's mark and of its gap to the bar; of the three lines that tell a group's size. */
const MARK = 4, MARK_GAP = 1, LABELS = 38;

export const FILLS: Record<LayerKind, string> = {
  input: "white",
  convolution: COLOURS[0],
  residual: COLOURS[5],
  transposed: COLOURS[2],
  pool: "#bbbbbb",
  LSTM: COLOURS[3],
};
export const CBAM = COLOURS[1];

export type Point = [x: number, y: number];

const rounded = (value: number) => String(Math.round(100 * value) / 100);

export interface Words {
  size?: number;
  anchor?: "start" | "middle" | "end";
  fill?: string;
  bold?: boolean;
}

export const text = (
  [x, y]: Point,
  words: string,
  { size = 10, anchor = "middle", fill = INK, bold = false }: Words = {},
): string =>
  `<text x="${rounded(x)}" y="${rounded(y)}" font-size="${size}" text-anchor="${anchor}" fill="${fill}"${
    bold ? ' font-weight="bold"' : ""
  }>${escapeHtml(words)}</text>`;

export const rectangle = ([x, y, width, height]: number[], fill: string, stroke = "none"): string =>
  `<rect x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}" ` +
  `fill="${fill}" stroke="${stroke}"/>`;

/** A line through points, with an arrowhead at its end. */
export const arrow = (points: Point[], { isDashed = false } = {}): string =>
  `<polyline points="${
    points.map((point) => point.map(rounded).join()).join(" ")
  }" fill="none" stroke="${GUIDE}"${isDashed ? ' stroke-dasharray="4,3"' : ""} marker-end="url(#head)"/>`;

/** Where two lines become one. */
export const joint = ([x, y]: Point): string =>
  `<circle cx="${rounded(x)}" cy="${rounded(y)}" r="2.5" fill="${GUIDE}"/>`;

/** Layers of one size, which stand together over one set of labels. An input and an LSTM stand apart. */
export function groupsOf(layers: Layer[]): Layer[][] {
  const groups: Layer[][] = [];
  const isAlone = ({ kind }: Layer) => kind === "input" || kind === "LSTM";
  for (const layer of layers) {
    const last = groups.at(-1)?.at(-1);
    const isSame = last && !isAlone(last) && !isAlone(layer) && last.h === layer.h && last.w === layer.w;
    if (isSame) groups.at(-1)!.push(layer);
    else groups.push([layer]);
  }
  return groups;
}

const markOf = ({ layers }: Lane) => layers.some(({ cbam }) => cbam) ? MARK + MARK_GAP : 0;
const heightOf = ({ h }: Layer, { row }: Scale) => Math.max(LEAST_HEIGHT, row * h);
const widthOf = ({ c, kind }: Layer, { channel }: Scale) =>
  Math.max(kind === "LSTM" ? LSTM_WIDTH : LEAST_WIDTH, channel * c);
const groupWidth = (group: Layer[], scale: Scale) =>
  group.reduce((sum, layer) => sum + widthOf(layer, scale) + GAP, -GAP);

/** The scale at which no map is higher than `height`, and no group of layers wider than `width`. */
export function scaleFor(lanes: Lane[], { height, width }: { height: number; width: number }): Scale {
  const layers = lanes.flatMap((lane) => lane.layers);
  const channels = lanes.flatMap((lane) => groupsOf(lane.layers)).map((group) =>
    (width - GAP * (group.length - 1)) / group.reduce((sum, { c }) => sum + c, 0)
  );
  return {
    row: Math.min(1, height / Math.max(...layers.map(({ h }) => h))),
    channel: Math.min(0.032, ...channels),
  };
}

/** Where a layer stands. */
export interface Place {
  left: number;
  right: number;
  /** Of the bar, or of the CBAM's mark on it. */
  top: number;
  bottom: number;
}

/** How high a lane is: above its middle line, and below. */
export function heights(lane: Lane, scale: Scale, { isLabelledAbove = false } = {}) {
  const half = Math.max(...lane.layers.map((layer) => heightOf(layer, scale))) / 2;
  return {
    above: half + markOf(lane) + (isLabelledAbove ? LABELS : 0),
    below: half + (isLabelledAbove ? 0 : LABELS),
  };
}

/** A group's first layer in words: its kernel, and by what it shrinks (÷) or grows (×). */
function operation({ kind, kernel, stride = [1, 1] }: Layer): string {
  if (kind === "LSTM") return "LSTM";
  const [a, b] = stride, step = a === b ? `${a}` : `${a}·${b}`;
  const change = step === "1" ? "" : `${kind === "transposed" ? "×" : "÷"}${step}`;
  return [kind === "pool" ? "max" : kernel?.join("×"), change].filter(Boolean).join(" ");
}

const channelsOf = (group: Layer[]) => [...new Set([group[0].c, group.at(-1)!.c])].join(" → ");

/** Draws a lane's groups around `centres`, in the layers' order, on the line `middle`; where each layer stands. */
export function drawLane(
  lane: Lane,
  { centres, middle, scale, isLabelledAbove = false }: {
    centres: number[];
    middle: number;
    scale: Scale;
    isLabelledAbove?: boolean;
  },
): { svg: string[]; places: Place[] } {
  const svg: string[] = [], places: Place[] = [];
  const { above, below } = heights(lane, scale, { isLabelledAbove });
  const labels = isLabelledAbove ? middle - above + 9 : middle + below - LABELS + 13;
  groupsOf(lane.layers).forEach((group, k) => {
    const centre = centres[k], width = groupWidth(group, scale), before = places.at(-1);
    let at = centre - width / 2;
    const drawn = (lane.back ? group.toReversed() : group).map((layer): Place => {
      const bar = widthOf(layer, scale), height = heightOf(layer, scale), top = middle - height / 2;
      const isInput = layer.kind === "input";
      svg.push(rectangle([at, top, bar, height], FILLS[layer.kind], isInput ? INK : "none"));
      if (layer.cbam) svg.push(rectangle([at, top - MARK - MARK_GAP, bar, MARK], CBAM));
      const place = { left: at, right: at + bar, top: layer.cbam ? top - MARK - MARK_GAP : top };
      at += bar + GAP;
      return { ...place, bottom: top + height };
    });
    if (before) {
      const from = lane.back ? before.left - CLEAR : before.right + CLEAR;
      const to = lane.back ? centre + width / 2 + CLEAR : centre - width / 2 - CLEAR;
      svg.push(arrow([[from, middle], [to, middle]]));
    }
    places.push(...(lane.back ? drawn.reverse() : drawn));
    const [{ h, w, kind }] = group;
    svg.push(
      text([centre, labels], `${h} × ${w}`),
      text([centre, labels + 12], channelsOf(group), { bold: true }),
      text([centre, labels + 23], operation(group[0]), {
        ...(kind === "LSTM" ? { bold: true } : { size: 9, fill: GUIDE }),
      }),
    );
  });
  return { svg, places };
}
