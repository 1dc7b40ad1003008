import { mean } from "../statistics/bootstrap.ts";

/** The mouth among the 68 points: outer and inner lips. */
const FIRST = 48, LAST = 67;
const POINTS = LAST - FIRST + 1;

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
  if (generated.length !== real.length || real.length === 0) {
    throw new RangeError(`Landmarks of ${generated.length} frames do not go with those of ${real.length}`);
  }
  return mean(generated.map((points, t) => {
    const other = real[t], [x, y] = middle(points), [u, v] = middle(other);
    let sum = 0;
    for (let i = FIRST; i <= LAST; i++) {
      sum += Math.hypot(
        points[2 * i] - x - (other[2 * i] - u),
        points[2 * i + 1] - y - (other[2 * i + 1] - v),
      );
    }
    return sum / POINTS;
  }));
}
