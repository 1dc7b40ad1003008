import { mean } from "d3-array";
import { FACE_SIZE, MOUTH_REGION } from "../../base/shapes.ts";
import { cosine } from "../../inference/embed.ts";

/** The mouth among the 68 points: outer and inner lips. */
const FIRST = 48, LAST = 67;
const POINTS = LAST - FIRST + 1;

/** Throws RangeError when there is nothing to compare, or not of the same frames. */
function checkFrames(what: string, generated: Float32Array[], real: Float32Array[]): void {
  if (generated.length === real.length && real.length > 0) return;
  throw new RangeError(`${what} of ${generated.length} frames do not go with those of ${real.length}`);
}

/** The middle of the mouth's points, x and y. */
function middle(landmarks: Float32Array): [number, number] {
  let x = 0, y = 0;
  for (let i = FIRST; i <= LAST; i++) {
    x += landmarks[2 * i] / POINTS;
    y += landmarks[2 * i + 1] / POINTS;
  }
  return [x, y];
}

/**
 * Mouth-landmark distance (LMD; Chen et al. 2018, "Lip movements generation at a glance"): the mean distance between the
 * 20 mouth landmarks of a redrawn frame and of the real one, once the mouths' middles are laid on each other, in pixels
 * of the 96x96 crop; the mean over frames.
 *
 * Measures whether the lips have the shape of the real ones, frame by frame. Does not measure where the mouth sits in the
 * face, teeth, sharpness or colour; it needs the real video, so it says nothing of dubbing; and the landmarks' own noise is
 * in it: two readings of a face that is still differ too. Throws RangeError when the videos are of different length.
 */
export function mouthLandmarkDistance(generated: Float32Array[], real: Float32Array[]): number {
  checkFrames("Landmarks", generated, real);
  return mean(generated, (points, t) => {
    const other = real[t], [x, y] = middle(points), [u, v] = middle(other);
    let sum = 0;
    for (let i = FIRST; i <= LAST; i++) {
      sum += Math.hypot(
        points[2 * i] - x - (other[2 * i] - u),
        points[2 * i + 1] - y - (other[2 * i + 1] - v),
      );
    }
    return sum / POINTS;
  })!;
}

/** How alike two videos' faces are to a network of face recognition. */
export interface IdentitySimilarity {
  /** Mean Euclidean distance of the descriptors, frame by frame: below 0.6 the network takes them for one person. */
  distance: number;
  /** Mean cosine of the descriptors: 1 for equal ones; those of other people are rarely below 0.8. */
  cosine: number;
}

/** |a - b| */
function distance(a: Float32Array, b: Float32Array): number {
  let squared = 0;
  for (let k = 0; k < a.length; k++) squared += (a[k] - b[k]) ** 2;
  return Math.sqrt(squared);
}

/**
 * Identity similarity of redrawn frames and the real frames they were drawn from, by face-api's descriptors, [n] of
 * [128] each (see `faceDescriptors`).
 *
 * Measures whether the person stays the person. Does not measure the mouth by itself: two thirds of the crop are copied,
 * so a bad mouth costs little, and a mouth that opens otherwise than the real one costs something though nothing is wrong
 * with it. Throws RangeError when the numbers of frames differ.
 */
export function identitySimilarity(generated: Float32Array[], real: Float32Array[]): IdentitySimilarity {
  checkFrames("Descriptors", generated, real);
  return {
    distance: mean(generated, (descriptor, k) => distance(descriptor, real[k]))!,
    cosine: mean(generated, (descriptor, k) => cosine(descriptor, real[k]))!,
  };
}

/** How far a value is from the middle of those before and after it: 0 in steady motion. */
const bend = (before: number, now: number, after: number): number => Math.abs(before - 2 * now + after);

/**
 * Temporal jitter of a course: the mean of |x[t - 1] - 2 x[t] + x[t + 1]|, in the course's own unit; frames beside a
 * NaN are left out. Measures trembling from frame to frame; steady opening or closing adds nothing. Does not tell
 * trembling from quick real movement, and a mouth that stands still has none: compare with the jitter of the real video.
 */
export const temporalJitter = (course: number[]): number =>
  mean(course.slice(2), (after, t) => bend(course[t], course[t + 1], after)) ?? NaN;

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
  return sum / (2 * POINTS);
}

/**
 * Flicker of the mouth region: the mean over its pixels of |x[t - 1] - 2 x[t] + x[t + 1]|, values in 0..1, crops
 * [frames] of [96, 96, 3]; NaN for fewer than three frames.
 *
 * Measures changes of light and colour that come and go within a frame, which the landmarks do not see. Does not tell
 * flicker from motion, nor from the camera's noise: a blurred mouth has less than the real one. Read it beside the real
 * video's.
 */
export function mouthFlicker(crops: Uint8Array[]): number {
  const { top, left, height, width } = MOUTH_REGION;
  let sum = 0;
  for (let t = 1; t + 1 < crops.length; t++) {
    for (let y = top; y < top + height; y++) {
      const from = (y * FACE_SIZE + left) * 3;
      for (let p = from; p < from + 3 * width; p++) {
        sum += bend(crops[t - 1][p], crops[t][p], crops[t + 1][p]);
      }
    }
  }
  return crops.length < 3 ? NaN : sum / (255 * (crops.length - 2) * height * width * 3);
}
