import { KitError } from "../base/errors.ts";
import { openVideoWriter, type VideoWriter } from "../media/writer.ts";
import type { Raster } from "./raster.ts";

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
