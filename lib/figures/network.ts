import type { Layer, LayerKind } from "../nn/scope.ts";
import { brokenText, newCanvas, setFont } from "./canvas.ts";
import { FONT_FAMILY, GUIDE, INK, SOFT_INK } from "./style.ts";
import {
  arrow,
  CBAM,
  drawLane,
  FILLS,
  groupsOf,
  heights,
  joint,
  type Place,
  type Point,
  rectangle,
  scaleFor,
  text,
  type Words,
} from "./network_lane.ts";
import type { NetworkPlan } from "./network_plan.ts";

export interface NetworkFigureOptions {
  title: string;
  caption?: string;
}

const WIDTH = 760, MARGIN = 12;
/** Title and legend; a lane's name; between lanes; between an encoder and the decoder below it. */
const HEAD = 54, NAME = 20, BETWEEN = 12, SKIPS = 24;
/** To the right of the lanes: where the encoders meet, or the way down to the decoder. */
const MEETING = 84, WAY = 22;
/** Highest map and widest column; room in a column that groups of layers leave to arrows. */
const TALLEST = 96, WIDEST = 112, ARROW = 26;

const NAMES: Record<LayerKind, string> = {
  input: "input",
  convolution: "convolution",
  residual: "convolution + its block's input (residual)",
  transposed: "transposed convolution",
  pool: "max pool",
  LSTM: "LSTM",
};

/** Below every drawing. */
const READING =
  "A bar is a layer, as high as its map has rows and as wide as it has channels. At full width: " +
  "rows × columns, channels, and the first layer's kernel with ÷ its stride (rows·columns) or × its growth.";
/** Below those with skips. */
const SKIPPING = "Dashed: what the decoder gets from an encoder, beside its own channels.";

const START: Words = { anchor: "start" };
const middleOf = ({ left, right }: Place) => (left + right) / 2;

/** Where all stands: a column for each size, the encoders' ends above each other where a decoder follows. */
function layout(plan: NetworkPlan) {
  const groups = plan.lanes.map(({ layers }) => groupsOf(layers));
  const decoder = plan.lanes.findIndex(({ back }) => back), hasDecoder = decoder >= 0;
  const encoders = hasDecoder ? groups.slice(0, decoder) : groups;
  const longest = Math.max(...encoders.map(({ length }) => length));
  /** The column of each lane's first group; a decoder begins below the size that it begins with. */
  let firsts = encoders.map(({ length }) => hasDecoder ? longest - length : 0);
  let columns = longest;
  if (hasDecoder) {
    const [{ h, w }] = groups[decoder][0], faces = groups[decoder - 1];
    const first = firsts[decoder - 1] + faces.findIndex(([layer]) => layer.h === h && layer.w === w);
    // What comes out stands to the left of the decoder's end.
    const shift = Math.max(0, groups[decoder].length - first);
    firsts = [...firsts, first].map((column) => column + shift);
    columns += shift;
  }
  const side = hasDecoder ? WAY : MEETING;
  const column = Math.min(WIDEST, (WIDTH - 2 * MARGIN - side) / columns);
  const scale = scaleFor(plan.lanes, { height: TALLEST, width: column - ARROW });
  let y = HEAD;
  const lanes = plan.lanes.map((lane, k) => {
    const isAboveDecoder = k === decoder - 1, step = lane.back ? -1 : 1;
    const { above, below } = heights(lane, scale, { isLabelledAbove: isAboveDecoder });
    if (!lane.back) y += NAME;
    const name = lane.back ? y + above + below + 14 : y - 7, middle = y + above;
    y = middle + below + (isAboveDecoder ? SKIPS : lane.back ? NAME : BETWEEN);
    const centres = groups[k].map((_, j) => MARGIN + (firsts[k] + step * j + 0.5) * column);
    return { lane, name, centres, middle, isLabelledAbove: isAboveDecoder };
  });
  return { lanes, column, scale, hasDecoder, right: MARGIN + columns * column, bottom: y };
}

/** A decoder's skips, down from layers of one size, what enters it, and what comes out. */
function drawDecoder(plan: NetworkPlan, { places, middles, right, column }: {
  places: Place[][];
  middles: number[];
  right: number;
  column: number;
}): string[] {
  const decoder = places.at(-1)!, middle = middles.at(-1)!, [first] = decoder, last = decoder.at(-1)!;
  const between = Math.max(...places.at(-2)!.map(({ bottom }) => bottom)) + SKIPS / 2;
  const layers = plan.lanes.flatMap((lane) => lane.layers);
  const placeOf = (layer: Layer) => places.flat()[layers.indexOf(layer)];
  const skips = plan.skips.map((skip) => {
    const start = placeOf(skip.from), end = placeOf(skip.to), x = middleOf(start), to = middleOf(end);
    return arrow([[x, start.bottom + 2], [x, between], [to, between], [to, end.top - 3]], { isDashed: true });
  });
  const way = right + WAY / 2, entry: Point = [first.right + 3, middle];
  const entries = plan.joins.flatMap((k) => {
    const end = places[k].at(-1)!, x = middleOf(end);
    // The lane above goes straight down, the one above that by the right.
    return k === places.length - 2
      ? [arrow([[x, end.bottom + 2], [x, middle], entry]), joint([x, middle])]
      : [arrow([[end.right + 3, middles[k]], [way, middles[k]], [way, middle], entry])];
  });
  const out = last.left - column / 2 + 8;
  return [
    ...skips,
    ...entries,
    arrow([[last.left - 3, middle], [out, middle]]),
    text([out - 4, middle + 4], plan.result, { size: 11, anchor: "end", bold: true }),
  ];
}

/** What encoders come to, to the right of their ends. */
function drawMeeting({ result }: NetworkPlan, { places, middles, right }: {
  places: Place[][];
  middles: number[];
  right: number;
}): string[] {
  const x = right + MEETING / 2,
    y = (middles[0] + middles.at(-1)!) / 2,
    ends = places.map((lane) => lane.at(-1)!);
  const words = text([x, y + 4], result, { size: 11, bold: true });
  if (ends.length === 1) return [arrow([[ends[0].right + 3, y], [x - 30, y]]), words];
  const arrows = ends.map((end, k) =>
    arrow([[end.right + 3, middles[k]], [x, middles[k]], [x, y + (k === 0 ? -10 : 11)]])
  );
  return [...arrows, words];
}

/** Title, parameters and the kinds of layers that occur. */
function drawHead(plan: NetworkPlan, title: string): string[] {
  const { context } = newCanvas(1, 1);
  const measured = (words: string, size: number, bold = false) => {
    setFont(context, size, { bold });
    return context.measureText(words).width;
  };
  const layers = plan.lanes.flatMap((lane) => lane.layers);
  const kinds = (Object.keys(NAMES) as LayerKind[]).filter((kind) =>
    layers.some((layer) => layer.kind === kind)
  );
  const entries = kinds.map((kind): [string, string] => [NAMES[kind], FILLS[kind]]);
  if (layers.some(({ cbam }) => cbam)) entries.push(["CBAM after it", CBAM]);
  let x = MARGIN;
  const legend = entries.flatMap(([name, fill]) => {
    const at = x;
    x += 15 + measured(name, 10) + 14;
    return [
      rectangle([at, 37, 10, 10], fill, fill === "white" ? INK : "none"),
      text([at + 14, 46], name, START),
    ];
  });
  const count = `${plan.parameters.toLocaleString("en-US")} parameters`;
  return [
    text([MARGIN, 22], title, { ...START, size: 15, bold: true }),
    text([MARGIN + measured(title, 15, true) + 12, 22], count, { ...START, size: 11, fill: GUIDE }),
    ...legend,
  ];
}

const HEAD_OF_ARROW =
  '<defs><marker id="head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="5" markerHeight="5" ' +
  `orient="auto"><path d="M0,0L6,3L0,6z" fill="${GUIDE}"/></marker></defs>`;

/**
 * Draws a network from its plan as an SVG file that stands alone, 760 wide: each layer a bar to scale, with sizes,
 * channels and kernels beside it. Encoders run to the right; a decoder leads back below the last one, each of its
 * sizes under the same size there, so that what skips to it runs straight down.
 */
export function networkSvg(plan: NetworkPlan, { title, caption = "" }: NetworkFigureOptions): string {
  const { lanes, column, scale, hasDecoder, right, bottom } = layout(plan);
  const drawn = lanes.map(({ lane, ...where }) => drawLane(lane, { ...where, scale }));
  const places = drawn.map((lane) => lane.places), middles = lanes.map(({ middle }) => middle);
  const names = lanes.map(({ lane, name, centres }) =>
    text([Math.min(...centres) - column / 2, name], lane.name, { ...START, bold: true })
  );
  const rest = hasDecoder
    ? drawDecoder(plan, { places, middles, right, column })
    : drawMeeting(plan, { places, middles, right });
  const reading = [READING, plan.skips.length > 0 ? SKIPPING : "", caption].join(" ");
  const lines = brokenText(reading, { size: 10, width: WIDTH - 2 * MARGIN });
  const words = lines.map((line, k) =>
    text([MARGIN, bottom + 18 + 14 * k], line, { ...START, fill: SOFT_INK })
  );
  const height = Math.ceil(bottom + 14 * lines.length + MARGIN + 6);
  const parts = [
    rectangle([0, 0, WIDTH, height], "white"),
    ...drawHead(plan, title),
    ...names,
    ...drawn.flatMap(({ svg }) => svg),
    ...rest,
    ...words,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT_FAMILY}">${HEAD_OF_ARROW}${parts.join("")}</svg>`;
}
