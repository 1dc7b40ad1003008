import { Buffer } from "node:buffer";
import { join } from "node:path";
import { loadImage } from "skia-canvas";
import { writeAtomic } from "../base/files.ts";
import { newCanvas } from "./canvas.ts";
import { FIGURES } from "./table.ts";

/** An image that was written, and how to show it in a notebook. */
export interface ShownImage {
  file: string;
  [key: symbol]: () => Record<string, string>;
}

/** Widest image kept in a notebook, in pixels: enough for a screen of twice the usual density. */
const WIDEST = 1200;

/** A PNG as JPEG, narrowed to `WIDEST`: photographs take a fifth of the room. */
async function asJpeg(png: Uint8Array): Promise<Uint8Array> {
  const image = await loadImage(Buffer.from(png));
  const scale = Math.min(1, WIDEST / image.width);
  const { canvas, context } = newCanvas(image.width * scale, image.height * scale);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Uint8Array(canvas.toBufferSync("jpeg", { quality: 0.85 }));
}

/**
 * Writes an image of faces or maps as `<folder>/<name>.png` and returns what a notebook shows: a JPEG, since what a
 * cell shows is stored in the notebook's file. Throws KitError when the folder is not writable.
 */
export async function image(
  name: string,
  png: Uint8Array,
  { folder = FIGURES }: { folder?: string } = {},
): Promise<ShownImage> {
  const file = join(folder, `${name}.png`);
  await writeAtomic(file, png);
  const jpeg = Buffer.from(await asJpeg(png)).toString("base64");
  const shown = { "image/jpeg": jpeg, "text/plain": `[picture ${name}]` };
  return { file, [Symbol.for("Jupyter.display")]: () => shown };
}
