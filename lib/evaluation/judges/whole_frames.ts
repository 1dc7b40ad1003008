import { join } from "node:path";
import type { Clip } from "../../dataset/dataset.ts";
import { spanAt } from "../../dataset/clip_span.ts";
import { KitError } from "../../base/errors.ts";
import { pasteFace } from "../../media/face_crop.ts";
import { decodeFrames } from "../../media/decode.ts";
import { probe } from "../../media/probe.ts";
import { openSafetensors } from "../../weights/safetensors.ts";
import type { Raster } from "./syncnet_inputs.ts";

/** The whole frames behind a prepared clip, and where its face is in them. */
export interface WholeFrames {
  /** Crop boxes x0, y0, x1, y1 in source pixels, [frames, 4]. */
  boxes: Float32Array;
  /** The video's frames that became the clip's, one at a time; redrawn crops are set into them where given. */
  frames(faces?: Uint8Array[]): AsyncGenerator<Raster>;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await Deno.stat(path).catch(() => undefined))?.isDirectory ?? false;

/**
 * Opens the video that a clip was prepared from. Throws KitError when the video is gone or the clip was made of crops, of
 * which there are no whole frames.
 */
export async function openWholeFrames(folder: string, { row, frames: count }: Clip): Promise<WholeFrames> {
  const { video } = await isFolder(row.source) ? { video: undefined } : await probe(row.source);
  if (!video) {
    throw new KitError(
      `${row.id} was made of face crops: there are no whole frames for SyncNet to see`,
      "Judge it with the kit's own judge, or prepare the films",
    );
  }
  const file = await openSafetensors(join(folder, row.path));
  let stored: Float32Array;
  try {
    stored = await file.readF32("boxes");
  } finally {
    file.close();
  }
  const frames = stored.length / 4;
  const { firstFrame } = spanAt(row.offset, { frames, columns: Infinity });
  const boxes = stored.subarray(4 * firstFrame, 4 * (firstFrame + count));
  const { width, height } = video, skipped = row.first_frame + firstFrame;
  return {
    boxes,
    async *frames(faces) {
      let position = -skipped;
      for await (const rgb of decodeFrames(row.source)) {
        const t = position++;
        if (t < 0) continue;
        if (t >= Math.min(count, faces?.length ?? count)) return;
        if (faces) pasteFace(rgb, width, height, boxes.subarray(4 * t, 4 * t + 4), faces[t]);
        yield { rgb, width, height };
      }
      if (position < Math.min(count, faces?.length ?? count)) {
        throw new KitError(`${row.source} gave fewer frames than were prepared of it`, "Prepare it again");
      }
    },
  };
}
