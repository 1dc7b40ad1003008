import type { CanvasRenderingContext2D } from "skia-canvas";
import { KitError } from "../base/errors.ts";
import {
  type Box,
  canvasPng,
  colourMap,
  type ColourScheme,
  drawRaster,
  newCanvas,
  type Raster,
  setFont,
  SOFT_INK,
} from "./canvas.ts";

/** One plane of values, drawn in colours with their range beside it. */
export interface HeatTile {
  label: string;
  /** [h, w], row by row. */
  values: ArrayLike<number>;
  h: number;
  w: number;
  /** Values of the darkest and the brightest colour; the tile's lowest and highest when left out. */
  range?: [number, number];
  scheme?: ColourScheme;
  /** The first row is at the bottom, as mel bands are drawn. */
  upwards?: boolean;
}

/** An image among the planes, such as the input. */
export interface ImageTile {
  label: string;
  image: Raster;
  /** Enlarge it smoothly; a mel window is shown in honest squares. */
  smooth?: boolean;
}

export interface HeatMapOptions {
  title?: string;
  caption?: string;
  columns?: number;
  /** Height of every plane, in units of which the page has 760. */
  height?: number;
  /** What runs to the right and upwards or downwards in every plane. */
  axes?: string;
  /** Pixels to the unit. */
  scale?: number;
}

const WIDTH = 760, MARGIN = 8, LABEL = 18, BAR = 44;

function rangeOf(values: ArrayLike<number>): [number, number] {
  let low = Infinity, high = -Infinity;
  for (let k = 0; k < values.length; k++) {
    if (values[k] < low) low = values[k];
    if (values[k] > high) high = values[k];
  }
  return [low, high];
}

/** Three figures, or fewer where they are zeros. */
const short = (value: number) => {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.01 || size >= 1000)
    ? value.toExponential(0)
    : value.toFixed(size < 10 ? 2 : 0);
};

function drawBar(
  context: CanvasRenderingContext2D,
  { x, y, height }: Omit<Box, "width">,
  { range: [low, high], scheme }: { range: [number, number]; scheme?: ColourScheme },
): void {
  const steps = Float32Array.from({ length: 64 }, (_, step) => 63 - step);
  const colours = colourMap(steps, { width: 1, height: 64, low: 0, high: 63, scheme });
  drawRaster(context, colours, { x, y, width: 7, height, smooth: false });
  setFont(context, 8, { colour: SOFT_INK });
  context.fillText(short(high), x + 9, y + 7);
  context.fillText(short(low), x + 9, y + height);
}

function drawPlane(
  context: CanvasRenderingContext2D,
  { label, values, h, w, range = rangeOf(values), scheme, upwards }: HeatTile,
  box: Box,
): void {
  if (values.length !== h * w) {
    throw new KitError(`"${label}" has ${values.length} values in place of ${h} x ${w}`, "Check the plane");
  }
  const rows = new Float32Array(h * w);
  for (let row = 0; row < h; row++) {
    const from = w * (upwards ? h - 1 - row : row);
    for (let k = 0; k < w; k++) rows[row * w + k] = values[from + k];
  }
  const [low, high] = range;
  drawRaster(context, colourMap(rows, { width: w, height: h, low, high, scheme }), {
    ...box,
    smooth: false,
  });
  drawBar(context, { x: box.x + box.width + 3, y: box.y, height: box.height }, { range, scheme });
}

/**
 * Draws planes of values (feature maps, gates, kernels) in a grid, each with its range of colours, and images among
 * them. Returns a PNG. Throws KitError when a plane's size is not what it says.
 */
export function heatMaps(
  tiles: (HeatTile | ImageTile)[],
  { title, caption, columns = 4, height = 72, axes, scale = 2 }: HeatMapOptions = {},
): Uint8Array {
  const tile = (WIDTH - 2 * MARGIN) / columns, top = MARGIN + (title ? 24 : 0) + (axes ? 16 : 0);
  const rows = Math.ceil(tiles.length / columns);
  const bottom = top + rows * (LABEL + height + 8);
  const { canvas, context } = newCanvas(WIDTH, bottom + (caption ? 18 : 0) + 2, { scale });
  if (title) {
    setFont(context, 14, { bold: true });
    context.fillText(title, MARGIN, MARGIN + 13, WIDTH - 2 * MARGIN);
  }
  setFont(context, 10, { colour: SOFT_INK });
  if (axes) context.fillText(axes, MARGIN, top - 5, WIDTH - 2 * MARGIN);
  if (caption) context.fillText(caption, MARGIN, bottom + 10, WIDTH - 2 * MARGIN);
  tiles.forEach((item, index) => {
    const x = MARGIN + tile * (index % columns);
    const y = top + Math.floor(index / columns) * (LABEL + height + 8);
    setFont(context, 10);
    context.fillText(item.label, x, y + 12, tile - 6);
    const box = { x, y: y + LABEL, width: tile - BAR, height };
    if ("values" in item) drawPlane(context, item, box);
    else drawRaster(context, item.image, { ...box, smooth: item.smooth ?? true });
  });
  return canvasPng(canvas);
}
