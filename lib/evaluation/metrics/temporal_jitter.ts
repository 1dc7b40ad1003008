import { FACE_BYTES, FACE_SIZE, MOUTH_REGION } from "../../base/shapes.ts";
import { faceAt } from "../../dataset/windows.ts";
import { temporalJitter } from "./mouth_motion.ts";

/** The mouth among the 68 points: outer and inner lips. */
const FIRST = 48, LAST = 67;

/**
 * Jitter of the mouth's outline: the mean over its 20 landmarks of |x[t - 1] - 2 x[t] + x[t + 1]| in either direction
 * (see `temporalJitter`), landmarks [frames] of [136] in pixels of the crop; NaN for fewer than three frames.
 *
 * Measures trembling of the lips from frame to frame, what the paper finds fault with in its predecessors. Does not
 * tell trembling from quick speech, and the landmarks tremble a little by themselves: read it beside the real video's.
 */
export function landmarkJitter(landmarks: Float32Array[]): number {
  let sum = 0;
  for (let i = 2 * FIRST; i <= 2 * LAST + 1; i++) sum += temporalJitter(landmarks.map((points) => points[i]));
  return sum / (2 * (LAST - FIRST + 1));
}

/**
 * Flicker of the mouth region: the mean over its pixels of |x[t - 1] - 2 x[t] + x[t + 1]|, values in 0..1, crops
 * [frames, 96, 96, 3]; NaN for fewer than three frames.
 *
 * Measures changes of light and colour that come and go within a frame, which the landmarks do not see. Does not tell
 * flicker from motion, nor from the camera's noise: a blurred mouth has less than the real one. Read it beside the real
 * video's.
 */
export function mouthFlicker(crops: { faces: Uint8Array }): number {
  const frames = crops.faces.length / FACE_BYTES;
  const { top, left, height, width } = MOUTH_REGION;
  if (frames < 3) return NaN;
  let sum = 0;
  for (let t = 1; t + 1 < frames; t++) {
    const [before, now, after] = [t - 1, t, t + 1].map((frame) => faceAt(crops, frame));
    for (let y = top; y < top + height; y++) {
      const from = (y * FACE_SIZE + left) * 3;
      for (let p = from; p < from + 3 * width; p++) sum += Math.abs(before[p] - 2 * now[p] + after[p]);
    }
  }
  return sum / (255 * (frames - 2) * height * width * 3);
}
