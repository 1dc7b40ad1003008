import { KitError } from "../base/errors.ts";
import { openVideoWriter, type VideoWriter } from "../media/writer.ts";
import { canvasRaster, drawRaster, drawText, newCanvas } from "./canvas.ts";
import { faceRaster, type Raster } from "./raster.ts";
import { INK } from "./style.ts";

/** Pixels: a face, the bar with its name above it, and the seams between tiles. */
const SIDE = 192, BAR = 26, SEAM = 4;

/**
 * Writes images of one size as an mp4 at 25 frames/s with its audio, 16 kHz mono in [-1, 1]; the file has its name only
 * when it is whole. Throws KitError without an image, and when the place is not writable.
 */
export async function writeVideo(
  path: string,
  images: Iterable<Raster> | AsyncIterable<Raster>,
  options: { audio: Float32Array; crf?: number },
): Promise<void> {
  let writer: VideoWriter | undefined;
  try {
    for await (const { rgb, width, height } of images) {
      writer ??= openVideoWriter(path, { width, height, ...options });
      await writer.write(rgb);
    }
    if (!writer) throw new KitError(`${path} would be a film without frames`, "Give at least one frame");
    await writer.close();
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}

/** Where a grid of `tiles` has its tiles, as square as can be, and how large it is. */
export function gridOf(tiles: number) {
  const columns = Math.ceil(Math.sqrt(tiles)), rows = Math.ceil(tiles / columns);
  return {
    width: SEAM + columns * (SIDE + SEAM),
    height: SEAM + rows * (BAR + SIDE + SEAM),
    /** A tile's face; its bar is the 26 pixels above. */
    boxOf: (tile: number) => ({
      x: SEAM + tile % columns * (SIDE + SEAM),
      y: SEAM + Math.floor(tile / columns) * (BAR + SIDE + SEAM) + BAR,
      width: SIDE,
      height: SIDE,
    }),
  };
}

/**
 * Writes an mp4 in which videos of faces run side by side, each with its name above it: `moments` has a crop
 * [96, 96, 3] for every name. Throws KitError as `writeVideo` does.
 */
export async function writeSideBySide(
  path: string,
  moments: Uint8Array[][],
  { names, audio }: { names: string[]; audio: Float32Array },
): Promise<void> {
  const { width, height, boxOf } = gridOf(names.length), { canvas, context } = newCanvas(width, height);
  context.fillStyle = INK;
  context.fillRect(0, 0, width, height);
  names.forEach((name, tile) => {
    const { x, y } = boxOf(tile), middle = { x: x + SIDE / 2, y: y - 8, align: "center" as const };
    drawText(context, name, { ...middle, width: SIDE - 8, size: 13, colour: "white" });
  });
  function* frames() {
    for (const faces of moments) {
      faces.forEach((face, tile) => drawRaster(context, faceRaster(face), boxOf(tile)));
      yield canvasRaster(canvas);
    }
  }
  await writeVideo(path, frames(), { audio });
}
