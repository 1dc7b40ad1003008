import { Canvas, type CanvasRenderingContext2D, FontLibrary } from "skia-canvas";
import type { Raster } from "./raster.ts";
import { FONT, FONT_FILES, INK, linesThatFit, SOFT_INK, WIDTH } from "./style.ts";

// Skia looks there for a graphics driver and complains on standard error when the variable is missing.
if (!Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", Deno.env.get("TMPDIR") ?? "/tmp");
FontLibrary.use(FONT, FONT_FILES);

export type Context = CanvasRenderingContext2D;

/** Where in a canvas something is drawn, in the context's own units. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
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

export interface TextStyle {
  size?: number;
  bold?: boolean;
  colour?: string;
  align?: "left" | "center" | "right";
}

/** Sets the font of what is measured or drawn next. */
export function setFont(context: Context, size: number, { bold = false }: { bold?: boolean } = {}): void {
  context.font = `${bold ? "bold " : ""}${size}px "${FONT}"`;
}

/** Draws a line of text on the baseline `y`, from, around or up to `x`, squeezed where it is wider than `width`. */
export function drawText(
  context: Context,
  text: string,
  { x, y, width, size = 10, bold, colour = INK, align = "left" }: TextStyle & {
    x: number;
    y: number;
    width?: number;
  },
): void {
  setFont(context, size, { bold });
  context.fillStyle = colour;
  context.textAlign = align;
  context.fillText(text, x, y, width);
}

/** Breaks a text at spaces into lines that fit `width` units at a font size; none for an empty text. */
export function brokenText(text: string, { size, width }: { size: number; width: number }): string[] {
  const { context } = newCanvas(1, 1);
  setFont(context, size);
  return linesThatFit(text, (line) => context.measureText(line).width <= width);
}

/** Between a page's edges and what it shows. */
export const MARGIN = 8;
/** What is small and beside the point. */
export const NOTE = { size: 10, colour: SOFT_INK };

/** What a figure says above and below what it shows. */
export interface PageText {
  title?: string;
  caption?: string;
  /** Pixels to the unit. */
  scale?: number;
}

/**
 * A white page for content of `height` units, with its title above and its caption below; the content begins at `top`.
 * `foot` has the room from the content to the caption's first baseline, from its last one to the end, and from the
 * content to the end where there is no caption.
 */
export function page(
  height: number,
  { title, caption = "", scale = 2, width = WIDTH, foot: [first, last, bare] }: PageText & {
    width?: number;
    foot: [first: number, last: number, bare: number];
  },
) {
  const top = MARGIN + (title ? 24 : 0), bottom = top + height, room = width - 2 * MARGIN;
  const lines = brokenText(caption, { size: NOTE.size, width: room });
  const below = lines.length ? first + 14 * (lines.length - 1) + last : bare;
  const { canvas, context } = newCanvas(width, bottom + below, { scale });
  if (title) drawText(context, title, { x: MARGIN, y: MARGIN + 13, width: room, size: 14, bold: true });
  lines.forEach((line, k) => drawText(context, line, { ...NOTE, x: MARGIN, y: bottom + first + 14 * k }));
  return { canvas, context, top };
}

/** Draws an image into a box: smooth for photographs, or in honest squares for maps. */
export function drawRaster(
  context: Context,
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
export const canvasPng = (canvas: Canvas): Uint8Array => new Uint8Array(canvas.toBufferSync("png"));
