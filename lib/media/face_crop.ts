import { FACE_SIZE } from "../base/shapes.ts";

/** Part of the box over which a pasted crop fades into the frame, on every side. */
const FEATHER = 0.08;

/** One axis of a resize: for each output `taps` source pixels that it reads, and their weights. */
interface Axis {
  indices: Int32Array;
  weights: Float32Array;
  taps: number;
}

/**
 * The axis that resizes the pixels `start` to `end` of `length` to `size` outputs, by a triangle filter as wide as the scale: plain bilinear when enlarging, an average when reducing.
 */
function resampleAxis(start: number, end: number, size: number, length: number): Axis {
  const scale = (end - start) / size;
  const radius = Math.max(1, scale);
  const taps = Math.ceil(2 * radius) + 1;
  const indices = new Int32Array(size * taps);
  const weights = new Float32Array(size * taps);
  for (let i = 0; i < size; i++) {
    const centre = start + (i + 0.5) * scale - 0.5;
    const first = Math.ceil(centre - radius);
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const weight = Math.max(0, 1 - Math.abs(first + k - centre) / radius);
      // Outside the frame its border pixel is repeated.
      indices[i * taps + k] = Math.min(length - 1, Math.max(0, first + k));
      weights[i * taps + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < taps; k++) weights[i * taps + k] /= sum;
  }
  return { indices, weights, taps };
}

/** Writes the RGB of an axis's output `i`, out of the row of pixels that begins at `row`, to place `at` of `out`. */
function mixPixels(
  { indices, weights, taps }: Axis,
  i: number,
  pixels: ArrayLike<number>,
  { row, out, at }: { row: number; out: Float32Array | Float64Array; at: number },
): void {
  let r = 0, g = 0, b = 0;
  for (let k = i * taps, end = k + taps; k < end; k++) {
    const weight = weights[k], from = row + indices[k] * 3;
    r += weight * pixels[from];
    g += weight * pixels[from + 1];
    b += weight * pixels[from + 2];
  }
  out[at] = r;
  out[at + 1] = g;
  out[at + 2] = b;
}

/** Adds to `sums` an axis's output `i` out of whole rows, as long as `sums`, of which row `first` comes first. */
function mixRows(
  { indices, weights, taps }: Axis,
  i: number,
  rows: ArrayLike<number>,
  { first, sums }: { first: number; sums: Float32Array },
): void {
  for (let k = i * taps, end = k + taps; k < end; k++) {
    const weight = weights[k], from = (indices[k] - first) * sums.length;
    if (weight !== 0) { for (let j = 0; j < sums.length; j++) sums[j] += weight * rows[from + j]; }
  }
}

/**
 * Cuts a box out of an RGB frame and resizes it to a square crop, averaging when it shrinks and repeating the
 * border where the box leaves the frame: frame [height, width, 3] -> crop [size, size, 3].
 * @param box x0, y0, x1, y1 in source pixels, fractions allowed
 */
export function cropFace(
  frame: Uint8Array,
  width: number,
  height: number,
  box: ArrayLike<number>,
  size = FACE_SIZE,
): Uint8Array {
  const columns = resampleAxis(box[0], box[2], size, width);
  const rows = resampleAxis(box[1], box[3], size, height);
  let top = height, bottom = -1;
  for (const y of rows.indices) {
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  const stride = size * 3, narrow = new Float32Array((bottom - top + 1) * stride);
  for (let y = top; y <= bottom; y++) {
    for (let i = 0; i < size; i++) {
      mixPixels(columns, i, frame, { row: y * width * 3, out: narrow, at: (y - top) * stride + 3 * i });
    }
  }
  const crop = new Uint8Array(size * stride), sums = new Float32Array(stride);
  for (let i = 0; i < size; i++) {
    mixRows(rows, i, narrow, { first: top, sums: sums.fill(0.5) });
    crop.set(sums, i * stride);
  }
  return crop;
}

/** The share of the crop at each of `count` pixels along one side of the box: 0 at its edges, 1 inside. */
function fade(first: number, count: number, start: number, end: number): Float32Array {
  const soft = FEATHER * (end - start);
  const shares = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const centre = first + i + 0.5;
    const inside = Math.min(centre - start, end - centre) / soft;
    const t = Math.min(1, Math.max(0, inside));
    shares[i] = t * t * (3 - 2 * t);
  }
  return shares;
}

/**
 * Writes a redrawn crop back into the frame it was cut from, in place, fading over 8 % of the box at its edges:
 * crop [size, size, 3] -> frame [height, width, 3].
 * @param box x0, y0, x1, y1 in frame pixels, as given to `cropFace`
 */
export function pasteFace(
  frame: Uint8Array,
  width: number,
  height: number,
  box: ArrayLike<number>,
  crop: Uint8Array,
): void {
  const size = Math.round(Math.sqrt(crop.length / 3));
  const [x0, y0, x1, y1] = [box[0], box[1], box[2], box[3]];
  const left = Math.max(0, Math.floor(x0)), right = Math.min(width, Math.ceil(x1));
  const top = Math.max(0, Math.floor(y0)), bottom = Math.min(height, Math.ceil(y1));
  if (right <= left || bottom <= top) return;
  // One pixel of the frame covers `step` pixels of the crop, so this averages when the face is small.
  const toCrop = (value: number, start: number, end: number) => ((value - start) * size) / (end - start);
  const columns = resampleAxis(toCrop(left, x0, x1), toCrop(right, x0, x1), right - left, size);
  const rows = resampleAxis(toCrop(top, y0, y1), toCrop(bottom, y0, y1), bottom - top, size);
  const across = fade(left, right - left, x0, x1);
  const down = fade(top, bottom - top, y0, y1);
  const line = new Float32Array(size * 3), colour = new Float64Array(3);
  for (let y = top; y < bottom; y++) {
    mixRows(rows, y - top, crop, { first: 0, sums: line.fill(0) });
    for (let x = left, at = (y * width + left) * 3; x < right; x++, at += 3) {
      const share = across[x - left] * down[y - top];
      if (share === 0) continue;
      mixPixels(columns, x - left, line, { row: 0, out: colour, at: 0 });
      for (let c = 0; c < 3; c++) frame[at + c] += share * (colour[c] - frame[at + c]) + 0.5;
    }
  }
}
