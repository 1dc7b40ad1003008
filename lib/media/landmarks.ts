/** One face of a frame. */
export interface Face {
  /** The detector's confidence, 0 to 1. */
  score: number;
  /** The landmarks' own extent, brows to chin and ear to ear: x0, y0, x1, y1 in pixels. */
  box: [number, number, number, number];
  /** 68 points x, y in pixels, in the order of the iBUG 300-W annotation. */
  landmarks: Float32Array;
}

/** Intersection over union of two boxes x0, y0, x1, y1. */
export function overlap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]);
  return (width * height) / (areas - width * height);
}

/** The smallest box around the landmarks, brows to chin and ear to ear: [136] -> x0, y0, x1, y1. */
export function landmarkBox(landmarks: Float32Array): [number, number, number, number] {
  let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
  for (let i = 0; i < landmarks.length; i += 2) {
    x0 = Math.min(x0, landmarks[i]);
    x1 = Math.max(x1, landmarks[i]);
    y0 = Math.min(y0, landmarks[i + 1]);
    y1 = Math.max(y1, landmarks[i + 1]);
  }
  return [x0, y0, x1, y1];
}

/**
 * How far the mouth is open: the gap between the inner lips (mean of the three pairs of points 61..63 and
 * 67..65) and the distance of the mouth's corners (48, 54), both divided by the height of the face's box.
 * landmarks [136] -> { gap, width }, without unit.
 */
export function mouthOpening(landmarks: Float32Array): { gap: number; width: number } {
  const distance = (a: number, b: number) =>
    Math.hypot(landmarks[2 * a] - landmarks[2 * b], landmarks[2 * a + 1] - landmarks[2 * b + 1]);
  const [, y0, , y1] = landmarkBox(landmarks);
  const gap = (distance(61, 67) + distance(62, 66) + distance(63, 65)) / 3;
  return { gap: gap / (y1 - y0), width: distance(48, 54) / (y1 - y0) };
}

/** The mean of the points of eyes and nose (27..47), which no movement of the jaw displaces: x, y in pixels. */
export function faceAnchor(landmarks: Float32Array): [number, number] {
  let x = 0, y = 0;
  for (let i = 27; i <= 47; i++) {
    x += landmarks[2 * i] / 21;
    y += landmarks[2 * i + 1] / 21;
  }
  return [x, y];
}

/** The distance of the jaw's two ends, at the ears (0 and 16), which talking does not change: pixels. */
export function earDistance(landmarks: Float32Array): number {
  return Math.hypot(landmarks[32] - landmarks[0], landmarks[33] - landmarks[1]);
}
