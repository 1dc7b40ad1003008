import type { Canvas, CanvasRenderingContext2D } from "skia-canvas";
import { KitError } from "../base/errors.ts";
import {
  type Box,
  canvasPng,
  canvasRaster,
  colourMap,
  drawRaster,
  INK,
  newCanvas,
  type Raster,
  setFont,
  SOFT_INK,
} from "./canvas.ts";
import { COLOURS } from "./svg.ts";
import { melRaster } from "./video.ts";

/** What one CBAM did: the weight of each channel and the map over places, both in [0, 1]. */
export interface AttentionLayer {
  /** Name of the layer in the parameter tree, such as "face/0/conv". */
  name: string;
  /** Which of the two inputs it looks at. */
  input: "face" | "sound";
  /** [channels] */
  channelWeights: Float32Array;
  /** [h, w]; of a sound layer h runs over mel bands, lowest first, and w over time. */
  spatialMap: Float32Array;
  h: number;
  w: number;
}

export interface AttentionOptions {
  title: string;
  caption?: string;
  /** The face the maps belong to, usually the middle frame's lower half, 96 x 48. */
  face: Raster;
  /** The mel window, time-major [columns, 80]. */
  mel: Float32Array;
  /** Lowest and highest map value of each layer's colours, by layer name; a layer's own when left out. */
  ranges?: Record<string, [number, number]>;
  /** Pixels to the unit; the grid is 760 units wide. */
  scale?: number;
}

const WIDTH = 760, MARGIN = 8, COLUMNS = 4;
const TILE = (WIDTH - 2 * MARGIN) / COLUMNS;
/** The tile's parts: image 144 x 72, colour bar and its numbers at the right, channel bars below. */
const IMAGE = { width: 144, height: 72 }, BARS_HEIGHT = 20;
const TILE_HEIGHT = 16 + IMAGE.height + 6 + BARS_HEIGHT + 20;
const HEADING = 24;

/** Rows upside down, so that the lowest mel band is drawn at the bottom. */
function flipped(values: Float32Array, { w, h }: { w: number; h: number }): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < h; row++) turned.set(values.subarray(row * w, (row + 1) * w), (h - 1 - row) * w);
  return turned;
}

function rangeOf(values: Float32Array): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function grey({ rgb, width, height }: Raster): Raster {
  const light = new Uint8Array(rgb.length);
  for (let index = 0; index < rgb.length; index += 3) {
    light.fill(0.299 * rgb[index] + 0.587 * rgb[index + 1] + 0.114 * rgb[index + 2], index, index + 3);
  }
  return { rgb: light, width, height };
}

/** A bright-to-dark bar with the values at its ends. */
function drawColourBar(
  context: CanvasRenderingContext2D,
  { x, y, height }: Box,
  [low, high]: [number, number],
): void {
  const steps = Float32Array.from({ length: 64 }, (_, step) => 63 - step);
  drawRaster(context, colourMap(steps, { width: 1, height: 64, low: 0, high: 63 }), {
    x,
    y,
    width: 7,
    height,
    smooth: false,
  });
  setFont(context, 8, { colour: SOFT_INK });
  context.fillText(high.toFixed(2), x + 9, y + 7);
  context.fillText(low.toFixed(2), x + 9, y + height);
}

/** One bar a channel, full height at weight 1; where channels outnumber pixels, each pixel shows its highest. */
function drawChannels(
  context: CanvasRenderingContext2D,
  weights: Float32Array,
  { x, y, width, height }: Box,
): void {
  context.fillStyle = "#eeeeee";
  context.fillRect(x, y, width, height);
  context.fillStyle = COLOURS[0];
  const bars = Math.min(weights.length, 2 * width);
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor(bar * weights.length / bars), to = Math.floor((bar + 1) * weights.length / bars);
    const tall = height * rangeOf(weights.subarray(from, to))[1];
    const gap = width / bars > 2 ? 0.5 : 0;
    context.fillRect(x + bar * width / bars, y + height - tall, width / bars - gap, tall);
  }
  const [low, high] = rangeOf(weights);
  setFont(context, 8, { colour: SOFT_INK });
  const channels = weights.length === 1 ? "1 channel" : `${weights.length} channels`;
  context.fillText(`${channels}, weights ${low.toFixed(2)} to ${high.toFixed(2)}`, x, y + height + 10);
}

function drawTile(
  context: CanvasRenderingContext2D,
  layer: AttentionLayer,
  { x, y, background, range }: { x: number; y: number; background: Raster; range: [number, number] },
): void {
  const { name, input, channelWeights, spatialMap, h, w } = layer;
  setFont(context, 9);
  context.fillText(`${name}  ${h}×${w}`, x, y + 11, TILE - 8);
  const box = { x, y: y + 16, ...IMAGE };
  drawRaster(context, background, { ...box, smooth: input === "face" });
  const values = input === "sound" ? flipped(spatialMap, { w, h }) : spatialMap;
  const heat = colourMap(values, { width: w, height: h, low: range[0], high: range[1] });
  drawRaster(context, heat, { ...box, smooth: false, opacity: 0.5 });
  drawColourBar(context, { ...box, x: x + IMAGE.width + 4 }, range);
  drawChannels(context, channelWeights, {
    x,
    y: box.y + IMAGE.height + 6,
    width: IMAGE.width,
    height: BARS_HEIGHT,
  });
}

function drawGrid(
  layers: AttentionLayer[],
  { title, caption, face, mel, ranges, scale }: AttentionOptions,
): Canvas {
  for (const { name, spatialMap, h, w } of layers) {
    if (spatialMap.length !== h * w) {
      throw new KitError(
        `The map of ${name} has ${spatialMap.length} values in place of ${h} x ${w}`,
        "Check the layer",
      );
    }
  }
  const sections = [
    { heading: "Face encoder, over the middle frame", input: "face", plain: face, background: grey(face) },
    {
      heading: "Audio encoder, over the mel window (time to the right, low bands at the bottom)",
      input: "sound",
      plain: melRaster(mel),
      background: grey(melRaster(mel)),
    },
  ].map((section) => ({ ...section, layers: layers.filter(({ input }) => input === section.input) }))
    .filter((section) => section.layers.length > 0);
  const rows = sections.reduce((sum, section) => sum + Math.ceil((1 + section.layers.length) / COLUMNS), 0);
  const height = 34 + sections.length * HEADING + rows * TILE_HEIGHT + (caption ? 24 : 4);
  // Videos need even sizes.
  const { canvas, context } = newCanvas(WIDTH, 2 * Math.ceil(height / 2), { scale });

  setFont(context, 15, { bold: true });
  context.fillText(title, MARGIN, 24, WIDTH - 2 * MARGIN);
  let y = 34;
  for (const section of sections) {
    setFont(context, 11, { colour: INK });
    context.fillText(section.heading, MARGIN, y + 15);
    y += HEADING;
    setFont(context, 9);
    context.fillText("input", MARGIN, y + 11);
    drawRaster(context, section.plain, {
      x: MARGIN,
      y: y + 16,
      ...IMAGE,
      smooth: section.input === "face",
    });
    section.layers.forEach((layer, index) => {
      const column = (index + 1) % COLUMNS;
      if (column === 0) y += TILE_HEIGHT;
      const range = ranges?.[layer.name] ?? rangeOf(layer.spatialMap);
      drawTile(context, layer, { x: MARGIN + column * TILE, y, background: section.background, range });
    });
    y += TILE_HEIGHT;
  }
  if (caption) {
    setFont(context, 10, { colour: SOFT_INK });
    context.fillText(caption, MARGIN, y + 14, WIDTH - 2 * MARGIN);
  }
  return canvas;
}

/** The lowest and highest map value of each layer over a whole video, so that its colours do not flicker. */
export function attentionRanges(moments: Iterable<AttentionLayer[]>): Record<string, [number, number]> {
  const ranges: Record<string, [number, number]> = {};
  for (const layers of moments) {
    for (const { name, spatialMap } of layers) {
      const [low, high] = rangeOf(spatialMap), known = ranges[name] ?? [low, high];
      ranges[name] = [Math.min(low, known[0]), Math.max(high, known[1])];
    }
  }
  return ranges;
}

/** The grid of {@link attentionGrid} as one RGB24 frame of a video: 760 pixels wide, even height. */
export function drawAttentionFrame(layers: AttentionLayer[], options: AttentionOptions): Raster {
  return canvasRaster(drawGrid(layers, { scale: 1, ...options }));
}

/**
 * Draws every CBAM layer as one tile: the input under its spatial map (bright where the layer looks), the colours'
 * range, and one bar a channel for the channel weights. Returns a PNG, 1520 pixels wide at the usual scale of 2.
 * Throws KitError when a map's size is not what its layer says.
 */
export function attentionGrid(layers: AttentionLayer[], options: AttentionOptions): Uint8Array {
  return canvasPng(drawGrid(layers, { scale: 2, ...options }));
}
