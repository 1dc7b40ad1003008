// What a notebook calls to show things: what was made is written into the folder of figures and comes back as a cell's
// value.
import type * as Plot from "@observablehq/plot";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { loadImage } from "skia-canvas";
import { writeAtomic } from "../base/files.ts";
import { escapeHtml, type Shown, shown } from "../base/jupyter.ts";
import { FIGURES } from "../base/root.ts";
import { newCanvas } from "./canvas.ts";
import { plotSvg, svgToPng } from "./svg.ts";

export { sourceLine } from "./source.ts";
export { table, writeTable } from "./table.ts";

/** Where a figure goes; `figures/` of the kit unless given. */
interface Place {
  folder?: string;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Writes an SVG as `<folder>/<name>.svg` and `.png` and shows it. Throws KitError when the folder is not writable. */
export async function drawing(
  name: string,
  svg: string,
  { folder = FIGURES, title = "" }: Place & { title?: string } = {},
): Promise<Shown> {
  await writeAtomic(join(folder, `${name}.svg`), svg);
  await writeAtomic(join(folder, `${name}.png`), svgToPng(svg));
  return shown({ "image/svg+xml": svg, "text/plain": `[figure ${name}: ${title}]` });
}

/** Draws a chart, writes it as `<folder>/<name>.svg` and `.png` and shows it; throws as `drawing`. */
export const figure = (name: string, chart: Plot.PlotOptions, place: Place = {}): Promise<Shown> =>
  drawing(name, plotSvg(chart), { ...place, title: String(chart.title ?? "") });

/** Widest image kept in a notebook, in pixels: enough for a screen of twice the usual density. */
const WIDEST = 1200;

/** A PNG as JPEG, narrowed to `WIDEST`: photographs take a fifth of the room. */
async function asJpeg(png: Uint8Array): Promise<Uint8Array> {
  const image = await loadImage(Buffer.from(png)), scale = Math.min(1, WIDEST / image.width);
  const { canvas, context } = newCanvas(image.width * scale, image.height * scale);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Uint8Array(canvas.toBufferSync("jpeg", { quality: 0.85 }));
}

/**
 * Writes a PNG of faces or maps as `<folder>/<name>.png` and shows it as a JPEG, since what a cell shows is stored in
 * the notebook's file. Throws KitError when the folder is not writable.
 */
export async function image(name: string, png: Uint8Array, { folder = FIGURES }: Place = {}): Promise<Shown> {
  await writeAtomic(join(folder, `${name}.png`), png);
  return shown({ "image/jpeg": base64(await asJpeg(png)), "text/plain": `[picture ${name}]` });
}

/** Shows an mp4 that was written, playing inside the notebook. Keep it short: it is stored in the notebook's file. */
export async function showVideo(
  path: string,
  { width = 320, label = "" }: { width?: number; label?: string } = {},
): Promise<Shown> {
  const url = `data:video/mp4;base64,${base64(await Deno.readFile(path))}`;
  const video = `<video controls loop width="${width}" src="${url}"></video>`;
  const above = label && `<div>${escapeHtml(label)}</div>`;
  return shown({ "text/html": above + video, "text/plain": `[video ${label}]` });
}
