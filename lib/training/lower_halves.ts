import { SYNC_FRAMES } from "../dataset/dataset.ts";
import { FACE_SIZE } from "../media/face.ts";
import { type Tensor, tf } from "../native/tf.ts";

const HALF = FACE_SIZE / 2;

/** Lower halves of faces: [n, 96, 96, 3] -> [n, 48, 96, 3]. */
export const lowerHalves = (faces: Tensor): Tensor =>
  tf.slice(faces, [0, HALF, 0, 0], [-1, HALF, FACE_SIZE, 3]);

/** Lower halves of windows as the sync discriminator takes them: [5 b, 96, 96, 3] -> [b, 48, 96, 15]. */
export function lowerWindows(faces: Tensor): Tensor {
  const windows = faces.shape[0] / SYNC_FRAMES;
  const framed = tf.reshape(lowerHalves(faces), [windows, SYNC_FRAMES, HALF, FACE_SIZE, 3]);
  return tf.reshape(tf.transpose(framed, [0, 2, 3, 1, 4]), [windows, HALF, FACE_SIZE, 3 * SYNC_FRAMES]);
}
