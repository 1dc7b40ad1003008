import { FACE_SIZE } from "../../base/shapes.ts";
import { cropFace } from "../../media/face_crop.ts";
import { detectFaces } from "../../media/face_detector.ts";
import { mouthOpening } from "../../media/landmarks.ts";

/** Side to which crops are enlarged, the one the detector looks at. */
const LOOK = 224;
/** What is shown around the crop on each side, as a share of it: a face that fills its image is missed at times. */
const BORDER = 0.15;

const BOX = [-BORDER, -BORDER, 1 + BORDER, 1 + BORDER].map((side) => side * FACE_SIZE);

/**
 * How far the mouth is open in each RGB crop [96, 96, 3]: the gap between the inner lips as a share of the face's
 * height, by landmarks -> [n], NaN where no face was found. The crop is enlarged to 224 pixels with a border of
 * repeated edge pixels. On real crops it follows what the landmarks say of the full frames (r > 0.9).
 * Measures how the opening moves over time. Does not measure the lips' shape (rounding, biting) nor what is between
 * them, and has the landmarks' own noise: compare with the real video.
 */
export async function mouthOpenings(crops: Uint8Array[]): Promise<Float32Array> {
  const openings = new Float32Array(crops.length);
  for (let t = 0; t < crops.length; t++) {
    const image = cropFace(crops[t], FACE_SIZE, FACE_SIZE, BOX, LOOK);
    const [face] = await detectFaces(image, LOOK, LOOK);
    openings[t] = face ? mouthOpening(face.landmarks).gap : NaN;
  }
  return openings;
}

/**
 * Pearson's correlation of two courses over the frames that both have, leaving out those where one is NaN; NaN when
 * fewer than two are left or one course does not move at all.
 */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let n = 0, meanA = 0, meanB = 0, aa = 0, bb = 0, ab = 0;
  for (let t = 0; t < Math.min(a.length, b.length); t++) {
    if (Number.isNaN(a[t]) || Number.isNaN(b[t])) continue;
    n++;
    const fromA = a[t] - meanA, fromB = b[t] - meanB;
    meanA += fromA / n;
    meanB += fromB / n;
    aa += fromA * (a[t] - meanA);
    bb += fromB * (b[t] - meanB);
    ab += fromA * (b[t] - meanB);
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

/**
 * Temporal jitter of a course: the mean of |x[t - 1] - 2 x[t] + x[t + 1]|, in the course's own unit; frames beside a
 * NaN are left out. Measures trembling from frame to frame; steady opening or closing adds nothing. Does not tell
 * trembling from quick real movement, and a mouth that stands still has none: compare with the jitter of the real video.
 */
export function temporalJitter(course: ArrayLike<number>): number {
  let sum = 0, n = 0;
  for (let t = 1; t + 1 < course.length; t++) {
    const bend = Math.abs(course[t - 1] - 2 * course[t] + course[t + 1]);
    if (Number.isNaN(bend)) continue;
    sum += bend;
    n++;
  }
  return n > 0 ? sum / n : NaN;
}
