import { KitError } from "../base/errors.ts";
import {
  type Box,
  canvasPng,
  type Context,
  drawRaster,
  drawText,
  MARGIN,
  NOTE,
  page,
  type PageText,
} from "./canvas.ts";
import { colourMap, type ColourScheme, type Plane, rangeOf, type Raster } from "./raster.ts";
import { SOFT_INK, WIDTH } from "./style.ts";

/** One plane of values, drawn in colours with their range beside it. */
export interface HeatTile extends Omit<Plane, "range"> {
  label: string;
  /** Its lowest and highest value when left out. */
  range?: [number, number];
}

/** An image among the planes, such as the input. */
export interface ImageTile {
  label: string;
  image: Raster;
}

export interface HeatMapOptions extends PageText {
  columns?: number;
  /** Height of every plane, in units of which the page has 760. */
  height?: number;
  /** What runs to the right and upwards or downwards in every plane. */
  axes?: string;
}

const LABEL = 18, BAR = 44, GAP = 8;

/** Three figures, or fewer where they are zeros. */
const short = (value: number) => {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.01 || size >= 1000)
    ? value.toExponential(0)
    : value.toFixed(size < 10 ? 2 : 0);
};

/** A bright-to-dark bar with the values at its ends in words. */
export function drawColourBar(
  context: Context,
  { x, y, height }: Omit<Box, "width">,
  { ends: [low, high], scheme }: { ends: [low: string, high: string]; scheme?: ColourScheme },
): void {
  const values = Float32Array.from({ length: 64 }, (_, step) => 63 - step);
  const bar = colourMap({ values, width: 1, height: 64, range: [0, 63], scheme });
  drawRaster(context, bar, { x, y, width: 7, height, smooth: false });
  drawText(context, high, { x: x + 9, y: y + 7, size: 8, colour: SOFT_INK });
  drawText(context, low, { x: x + 9, y: y + height, size: 8, colour: SOFT_INK });
}

function drawPlane(context: Context, { label, range, ...plane }: HeatTile, box: Box): void {
  const { values, width, height, scheme } = plane, [low, high] = range ?? rangeOf(values);
  if (values.length !== width * height) {
    const problem = `"${label}" has ${values.length} values in place of ${height} x ${width}`;
    throw new KitError(problem, "Check the plane");
  }
  drawRaster(context, colourMap({ ...plane, range: [low, high] }), { ...box, smooth: false });
  const { x, y } = box;
  drawColourBar(context, { x: x + box.width + 3, y, height: box.height }, {
    ...{ ends: [short(low), short(high)], scheme },
  });
}

/**
 * Draws planes of values (feature maps, gates, kernels) in a grid, each with its range of colours, and images among
 * them. Returns a PNG. Throws KitError when a plane's size is not what it says.
 */
export function heatMaps(
  tiles: (HeatTile | ImageTile)[],
  { columns = 4, height = 72, axes, ...text }: HeatMapOptions = {},
): Uint8Array {
  const wide = (WIDTH - 2 * MARGIN) / columns, tall = LABEL + height + GAP, head = axes ? 16 : 0;
  const rows = Math.ceil(tiles.length / columns);
  const { canvas, context, top } = page(head + rows * tall, { ...text, foot: [10, 10, 2] });
  if (axes) drawText(context, axes, { ...NOTE, x: MARGIN, y: top + head - 5, width: WIDTH - 2 * MARGIN });
  tiles.forEach((tile, index) => {
    const x = MARGIN + wide * (index % columns), y = top + head + Math.floor(index / columns) * tall;
    drawText(context, tile.label, { x, y: y + 12, width: wide - 6 });
    const box = { x, y: y + LABEL, width: wide - BAR, height };
    if ("values" in tile) drawPlane(context, tile, box);
    else drawRaster(context, tile.image, box);
  });
  return canvasPng(canvas);
}
