import { max } from "d3-array";
import type { Canvas } from "skia-canvas";
import { KitError } from "../base/errors.ts";
import type { CbamLayer } from "../inference/attention.ts";
import {
  type Box,
  canvasPng,
  canvasRaster,
  type Context,
  drawRaster,
  drawText,
  MARGIN,
  newCanvas,
  NOTE,
  type PageText,
} from "./canvas.ts";
import { drawColourBar } from "./heat_maps.ts";
import { colourMap, rangeOf, type Raster } from "./raster.ts";
import { COLOURS, SOFT_INK, WIDTH } from "./style.ts";

/** What one CBAM did: the weight of each channel and the map over places, both in [0, 1]. */
export interface AttentionLayer extends Omit<CbamLayer, "channels"> {
  /** [channels] */
  channelWeights: Float32Array;
  /** [h, w]; of a sound layer h runs over mel bands, lowest first, and w over time. */
  spatialMap: Float32Array;
}

export interface AttentionOptions extends PageText {
  title: string;
  /** The face the maps belong to, usually the middle frame's lower half, 96 x 48. */
  face: Raster;
  /** The mel window that goes with it. */
  mel: Raster;
  /** Lowest and highest map value of each layer's colours, by layer name; a layer's own when left out. */
  ranges?: Record<string, [number, number]>;
}

const COLUMNS = 4, TILE = (WIDTH - 2 * MARGIN) / COLUMNS;
/** Heights above the first section, and of a section's heading. */
const HEAD = 34, HEADING = 24;
/** A tile's parts: its name, an image with its colour bar at the right, the channels' bars, and a line on them. */
const NAME = 16, IMAGE = { width: 144, height: 72 }, BARS = 20;
const TILE_HEIGHT = NAME + IMAGE.height + 6 + BARS + 20;

const HEADINGS = {
  face: "Face encoder, over the middle frame",
  sound: "Audio encoder, over the mel window (time to the right, low bands at the bottom)",
};

function grey({ rgb, width, height }: Raster): Raster {
  const light = new Uint8Array(rgb.length);
  for (let index = 0; index < rgb.length; index += 3) {
    light.fill(0.299 * rgb[index] + 0.587 * rgb[index + 1] + 0.114 * rgb[index + 2], index, index + 3);
  }
  return { rgb: light, width, height };
}

/** One bar a channel, full height at weight 1; where channels outnumber pixels, each pixel shows its highest. */
function drawChannels(context: Context, weights: Float32Array, { x, y, width, height }: Box): void {
  context.fillStyle = "#eeeeee";
  context.fillRect(x, y, width, height);
  context.fillStyle = COLOURS[0];
  const bars = Math.min(weights.length, 2 * width), gap = width / bars > 2 ? 0.5 : 0;
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor(bar * weights.length / bars), to = Math.floor((bar + 1) * weights.length / bars);
    const tall = height * max(weights.subarray(from, to))!;
    context.fillRect(x + bar * width / bars, y + height - tall, width / bars - gap, tall);
  }
  const [low, high] = rangeOf(weights).map((weight) => weight.toFixed(2));
  const channels = weights.length === 1 ? "1 channel" : `${weights.length} channels`;
  const text = `${channels}, weights ${low} to ${high}`;
  drawText(context, text, { x, y: y + height + 10, size: 8, colour: SOFT_INK });
}

function drawTile(
  context: Context,
  { name, input, channelWeights, spatialMap: values, h: height, w: width }: AttentionLayer,
  { x, y, background, range }: { x: number; y: number; background: Raster; range: [number, number] },
): void {
  drawText(context, `${name}  ${height}×${width}`, { x, y: y + 11, width: TILE - 8, size: 9 });
  const box = { x, y: y + NAME, ...IMAGE };
  drawRaster(context, background, { ...box, smooth: input === "face" });
  const heat = colourMap({ values, width, height, range, upwards: input === "sound" });
  drawRaster(context, heat, { ...box, smooth: false, opacity: 0.5 });
  const ends: [string, string] = [range[0].toFixed(2), range[1].toFixed(2)];
  drawColourBar(context, { ...box, x: x + IMAGE.width + 4 }, { ends });
  drawChannels(context, channelWeights, { ...box, y: box.y + IMAGE.height + 6, height: BARS });
}

function drawGrid(
  layers: AttentionLayer[],
  { title, caption, face, mel, ranges, scale }: AttentionOptions,
): Canvas {
  for (const { name, spatialMap, h, w } of layers) {
    if (spatialMap.length === h * w) continue;
    const problem = `The map of ${name} has ${spatialMap.length} values in place of ${h} x ${w}`;
    throw new KitError(problem, "Check the layer");
  }
  const sections = ([["face", face], ["sound", mel]] as const)
    .map(([input, image]) => ({ input, image, layers: layers.filter((layer) => layer.input === input) }))
    .filter(({ layers }) => layers.length > 0);
  const rows = sections.reduce((sum, { layers }) => sum + Math.ceil((1 + layers.length) / COLUMNS), 0);
  const height = HEAD + sections.length * HEADING + rows * TILE_HEIGHT + (caption ? 24 : 4);
  // Videos need even sizes.
  const { canvas, context } = newCanvas(WIDTH, 2 * Math.ceil(height / 2), { scale });

  const line = { x: MARGIN, width: WIDTH - 2 * MARGIN };
  drawText(context, title, { ...line, y: 24, size: 15, bold: true });
  let y = HEAD;
  for (const { input, image, layers } of sections) {
    drawText(context, HEADINGS[input], { x: MARGIN, y: y + 15, size: 11 });
    y += HEADING;
    drawText(context, "input", { x: MARGIN, y: y + 11, size: 9 });
    drawRaster(context, image, { x: MARGIN, y: y + NAME, ...IMAGE, smooth: input === "face" });
    const background = grey(image);
    layers.forEach((layer, index) => {
      const column = (index + 1) % COLUMNS;
      if (column === 0) y += TILE_HEIGHT;
      const range = ranges?.[layer.name] ?? rangeOf(layer.spatialMap);
      drawTile(context, layer, { x: MARGIN + column * TILE, y, background, range });
    });
    y += TILE_HEIGHT;
  }
  if (caption) drawText(context, caption, { ...NOTE, ...line, y: y + 14 });
  return canvas;
}

/** The grid of {@link attentionGrid} as one frame of a video: 760 pixels wide, even height. */
export const attentionFrame = (layers: AttentionLayer[], options: AttentionOptions): Raster =>
  canvasRaster(drawGrid(layers, { scale: 1, ...options }));

/**
 * Draws every CBAM layer as one tile: the input under its spatial map (bright where the layer looks), the colours'
 * range, and one bar a channel for the channel weights. Returns a PNG, 1520 pixels wide at the usual scale of 2.
 * Throws KitError when a map's size is not what its layer says.
 */
export const attentionGrid = (layers: AttentionLayer[], options: AttentionOptions): Uint8Array =>
  canvasPng(drawGrid(layers, { scale: 2, ...options }));
