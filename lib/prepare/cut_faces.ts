import { FACE_SIZE } from "../base/shapes.ts";
import { cropFace } from "../media/face_crop.ts";
import { decodeFrames } from "../media/decode.ts";
import { tf } from "../native/tf.ts";
import { Reject } from "./rejection.ts";

/** A stretch of a video: crop boxes [frames, 4] for the frames from `first` on. */
export interface Stretch {
  first: number;
  boxes: Float32Array;
}

/** A crop [96, 96, 3] as JPEG. */
export async function encodeCrop(crop: Uint8Array, quality: number): Promise<Uint8Array> {
  const tensor = tf.tensor3d(crop, [FACE_SIZE, FACE_SIZE, 3], "int32");
  try {
    // The three flags: progressive, optimise size, halve the colour's resolution.
    return await tf.node.encodeJpeg(tensor, "rgb", quality, false, false, false);
  } finally {
    tensor.dispose();
  }
}

/**
 * Cuts the faces out of a video that is read once more: for each stretch, in the order of time and none over another,
 * yields one JPEG for each of its boxes. Only one stretch is held. Throws Reject when the video ends early.
 */
export async function* cutFaces(
  source: string,
  stretches: Stretch[],
  { width, height, quality }: { width: number; height: number; quality: number },
): AsyncGenerator<Uint8Array[]> {
  let position = 0, stretch = 0, jpegs: Uint8Array[] = [];
  if (stretches.length === 0) return;
  for await (const frame of decodeFrames(source)) {
    const { first, boxes } = stretches[stretch];
    if (position++ < first) continue;
    const box = boxes.subarray(4 * jpegs.length, 4 * jpegs.length + 4);
    jpegs.push(await encodeCrop(cropFace(frame, width, height, box), quality));
    if (jpegs.length < boxes.length / 4) continue;
    yield jpegs;
    jpegs = [];
    if (++stretch === stretches.length) return;
  }
  throw new Reject("damaged", `read again, it gave only ${position} frames`);
}
