import * as Plot from "@observablehq/plot";
import { Canvas, type CanvasRenderingContext2D, FontLibrary } from "skia-canvas";
import { FONT_FILES } from "./svg.ts";

// Skia looks there for a graphics driver and complains on standard error when the variable is missing.
if (!Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", Deno.env.get("TMPDIR") ?? "/tmp");
FontLibrary.use("DejaVu Sans", FONT_FILES);

/** An image as RGB24: three bytes a pixel, rows from the top. */
export interface Raster {
  rgb: Uint8Array;
  width: number;
  height: number;
}

/** Where in a canvas something is drawn, in the context's own units. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const INK = "#222222", SOFT_INK = "#666666";

/** 256 steps of one of Plot's perceptual colour schemes, RGB24. */
function colourTable(scheme: Plot.ColorScheme): Uint8Array {
  const scale = Plot.scale({ color: { type: "linear", scheme, domain: [0, 255] } })!;
  return Uint8Array.from({ length: 768 }, (_, index) => {
    const colour = scale.apply(Math.floor(index / 3)) as string;
    return colour.startsWith("#")
      ? parseInt(colour.slice(1 + 2 * (index % 3), 3 + 2 * (index % 3)), 16)
      : Number(colour.match(/\d+/g)![index % 3]);
  });
}
const TABLES = {
  inferno: colourTable("inferno"),
  viridis: colourTable("viridis"),
  burd: colourTable("burd"), // for values of both signs
};
export type ColourScheme = keyof typeof TABLES;

/** Colours values from `low` (dark) to `high` (bright); a constant map gets the middle colour. */
export function colourMap(
  values: ArrayLike<number>,
  { width, height, low, high, scheme = "inferno" }: {
    width: number;
    height: number;
    low: number;
    high: number;
    scheme?: ColourScheme;
  },
): Raster {
  const table = TABLES[scheme], rgb = new Uint8Array(3 * width * height);
  const factor = high > low ? 255 / (high - low) : 0;
  for (let index = 0; index < width * height; index++) {
    const level = factor ? Math.max(0, Math.min(255, Math.round((values[index] - low) * factor))) : 128;
    rgb[3 * index] = table[3 * level];
    rgb[3 * index + 1] = table[3 * level + 1];
    rgb[3 * index + 2] = table[3 * level + 2];
  }
  return { rgb, width, height };
}

/** A white canvas of `width` x `height` units, `scale` pixels each, with the kit's font. */
export function newCanvas(width: number, height: number, { scale = 1 }: { scale?: number } = {}) {
  const canvas = new Canvas(Math.round(width * scale), Math.round(height * scale), { gpu: false });
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(scale, scale);
  setFont(context, 11);
  return { canvas, context };
}

/** Sets the font for the next texts; colour is ink unless told otherwise. */
export function setFont(
  context: CanvasRenderingContext2D,
  size: number,
  { bold = false, colour = INK, align = "left" }: {
    bold?: boolean;
    colour?: string;
    align?: "left" | "center" | "right";
  } = {},
): void {
  context.font = `${bold ? "bold " : ""}${size}px "DejaVu Sans"`;
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = "alphabetic";
}

/** Draws an image into a box: smooth for photographs, or in honest squares for maps. */
export function drawRaster(
  context: CanvasRenderingContext2D,
  { rgb, width, height }: Raster,
  { x, y, width: boxWidth, height: boxHeight, smooth = true, opacity = 1 }: Box & {
    smooth?: boolean;
    opacity?: number;
  },
): void {
  const small = new Canvas(width, height, { gpu: false }), smallContext = small.getContext("2d");
  const image = smallContext.createImageData(width, height), rgba = image.data;
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
    rgba[to + 3] = 255;
  }
  smallContext.putImageData(image, 0, 0);
  context.save();
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  context.globalAlpha = opacity;
  context.drawImage(small, x, y, boxWidth, boxHeight);
  context.restore();
}

/** The canvas's pixels as RGB24. */
export function canvasRaster(canvas: Canvas): Raster {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from];
    rgb[to + 1] = data[from + 1];
    rgb[to + 2] = data[from + 2];
  }
  return { rgb, width, height };
}

/** The canvas as the bytes of a PNG file. */
export function canvasPng(canvas: Canvas): Uint8Array {
  return new Uint8Array(canvas.toBufferSync("png"));
}

/** Breaks a text at spaces into lines that fit `width` units at a font size; none for an empty text. */
export function brokenText(text: string, { size, width }: { size: number; width: number }): string[] {
  const { context } = newCanvas(1, 1), lines: string[] = [];
  setFont(context, size);
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
