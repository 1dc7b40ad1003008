import { FACE_SIZE, HALF_FACE, MOUTH_REGION, SYNC_FRAMES } from "../base/shapes.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** Lower halves of faces: [n, 96, 96, 3] -> [n, 48, 96, 3]. */
export const lowerHalves = (faces: Tensor): Tensor =>
  tf.slice(faces, [0, HALF_FACE, 0, 0], [-1, HALF_FACE, FACE_SIZE, 3]);

/** Lower halves of windows as the sync discriminator takes them: [5 b, 96, 96, 3] -> [b, 48, 96, 15]. */
export function lowerWindows(faces: Tensor): Tensor {
  const windows = faces.shape[0] / SYNC_FRAMES;
  const framed = tf.reshape(lowerHalves(faces), [windows, SYNC_FRAMES, HALF_FACE, FACE_SIZE, 3]);
  return tf.reshape(tf.transpose(framed, [0, 2, 3, 1, 4]), [windows, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]);
}

/** The mouth's part of faces: [n, 96, 96, 3] -> [n, h, w, 3]. */
export function mouthRegion(faces: Tensor): Tensor {
  const { top, left, height, width } = MOUTH_REGION;
  return tf.slice(faces, [0, top, left, 0], [-1, height, width, -1]);
}

/** Weights of L1 [1, 96, 96, 1]: 1 + `extra` at the mouth, scaled to mean 1; undefined when all count the same. */
export function mouthWeights(extra: number): Tensor | undefined {
  if (extra === 0) return undefined;
  const { top, left, height, width } = MOUTH_REGION;
  const mouth = tf.pad(tf.fill([height, width], extra), [
    [top, FACE_SIZE - top - height],
    [left, FACE_SIZE - left - width],
  ]);
  const mean = 1 + extra * height * width / FACE_SIZE ** 2;
  return tf.reshape(tf.div(tf.add(mouth, 1), mean), [1, FACE_SIZE, FACE_SIZE, 1]);
}
