import { FACE_SIZE, HALF_FACE, SYNC_FRAMES } from "../base/shapes.ts";
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
