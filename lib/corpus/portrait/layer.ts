/** Texels of a layer for one face pixel: layers are drawn finer than the frame and sampled down. */
export const DETAIL = 1.7;

/**
 * An image in face coordinates: rows of red, green, blue (0 to 255, multiplied by alpha) and alpha (0 to 1).
 * Texel (0, 0) lies at (`left`, `top`) face pixels.
 */
export interface Layer {
  data: Float32Array;
  width: number;
  height: number;
  left: number;
  top: number;
}

/** A rectangle of face coordinates. */
export type Area = Record<"left" | "top" | "right" | "bottom", number>;

/** An empty layer that covers an area. */
export function emptyLayer({ left, top, right, bottom }: Area): Layer {
  const width = Math.ceil((right - left) * DETAIL), height = Math.ceil((bottom - top) * DETAIL);
  return { data: new Float32Array(4 * width * height), width, height, left, top };
}

/** Visits the texels of a layer, or those in a part of it, row by row: their places in face pixels, and their numbers. */
export function eachTexel(
  { width, height, left, top }: Omit<Layer, "data">,
  visit: (x: number, y: number, texel: number) => void,
  part: Partial<Area> = {},
): void {
  const first = (from: number, origin: number) => Math.max(0, Math.floor((from - origin) * DETAIL));
  const u0 = first(part.left ?? left, left), v0 = first(part.top ?? top, top);
  const u1 = Math.min(width, ((part.right ?? Infinity) - left) * DETAIL);
  const v1 = Math.min(height, ((part.bottom ?? Infinity) - top) * DETAIL);
  for (let v = v0; v < v1; v++) {
    for (let u = u0; u < u1; u++) visit(left + u / DETAIL, top + v / DETAIL, v * width + u);
  }
}

/** A number for each texel of a layer, by its place in face pixels. */
export function mapTexels(
  layer: Omit<Layer, "data">,
  numberAt: (x: number, y: number) => number,
): Float32Array {
  const numbers = new Float32Array(layer.width * layer.height);
  eachTexel(layer, (x, y, texel) => numbers[texel] = numberAt(x, y));
  return numbers;
}

/** Smooth step from 0 (at or below `from`) to 1 (at or above `to`); `from` may be the greater one. */
export function ease(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** A bell curve of height 1 and the given width (standard deviation) around 0. */
export function bell(distance: number, width: number): number {
  const t = distance / width;
  return Math.exp(-0.5 * t * t);
}

/** Puts canvas pixels (RGBA, not multiplied, same size as the layer) over a layer. */
export function overlay({ data }: Layer, pixels: Uint8ClampedArray): void {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = pixels[i + 3] / 255, keep = 1 - alpha;
    if (alpha === 0) continue;
    for (let c = i; c < i + 3; c++) data[c] = data[c] * keep + pixels[c] * alpha;
    data[i + 3] = data[i + 3] * keep + alpha;
  }
}

/** Where a layer stands in the frame: rotation about the face's origin, scale, place, turn and nod. */
export interface Placement {
  /** Frame pixels of the face's origin. */
  x: number;
  y: number;
  scale: number;
  /** Radians, clockwise. */
  roll: number;
  /** Sines of the angles of turning (right) and nodding (down); they shift texels by their depth. */
  turn: number;
  nod: number;
}

/**
 * Draws a layer into a frame [size, size, 3], bilinear; `depth` (face pixels toward the viewer, one for each
 * texel) makes near parts move more than far ones when the head turns or nods.
 */
export function drawLayer(
  frame: Uint8ClampedArray,
  layer: Layer,
  { size, placement, depth }: { size: number; placement: Placement; depth?: Float32Array },
): void {
  const { data, width, height, left, top } = layer, { x, y, scale, roll, turn, nod } = placement;
  const cos = Math.cos(roll), sin = Math.sin(roll);
  let x0 = size, x1 = 0, y0 = size, y1 = 0;
  for (let corner = 0; corner < 4; corner++) {
    const u = (left + (corner & 1 ? width / DETAIL : 0)) * scale;
    const v = (top + (corner & 2 ? height / DETAIL : 0)) * scale;
    x0 = Math.min(x0, x + cos * u - sin * v);
    x1 = Math.max(x1, x + cos * u - sin * v);
    y0 = Math.min(y0, y + sin * u + cos * v);
    y1 = Math.max(y1, y + sin * u + cos * v);
  }
  x0 = Math.max(0, Math.floor(x0));
  x1 = Math.min(size - 1, Math.ceil(x1));
  y0 = Math.max(0, Math.floor(y0));
  y1 = Math.min(size - 1, Math.ceil(y1));
  const toTexel = DETAIL / scale, stepU = cos * toTexel, stepV = -sin * toTexel;
  const shiftU = turn * DETAIL, shiftV = nod * DETAIL, lastU = width - 1.001, lastV = height - 1.001;
  for (let row = y0; row <= y1; row++) {
    let u = (cos * (x0 - x) + sin * (row - y)) * toTexel - left * DETAIL;
    let v = (-sin * (x0 - x) + cos * (row - y)) * toTexel - top * DETAIL;
    let at = 3 * (row * size + x0);
    for (let column = x0; column <= x1; column++, u += stepU, v += stepV, at += 3) {
      if (u < 0 || v < 0 || u >= lastU || v >= lastV) continue;
      let s = u, t = v;
      if (depth) {
        const near = depth[(v | 0) * width + (u | 0)];
        s = u - near * shiftU;
        t = v - (near - 22) * shiftV; // the head nods about a point behind the eyes
        if (s < 0 || t < 0 || s >= lastU || t >= lastV) continue;
      }
      const i = s | 0, j = t | 0, a = s - i, b = t - j;
      const p = 4 * (j * width + i), q = p + 4 * width;
      const w00 = (1 - a) * (1 - b), w01 = a * (1 - b), w10 = (1 - a) * b, w11 = a * b;
      const alpha = data[p + 3] * w00 + data[p + 7] * w01 + data[q + 3] * w10 + data[q + 7] * w11;
      if (alpha < 0.002) continue;
      const keep = 1 - alpha;
      for (let c = 0; c < 3; c++) {
        frame[at + c] = frame[at + c] * keep + data[p + c] * w00 + data[p + 4 + c] * w01 + data[q + c] * w10 +
          data[q + 4 + c] * w11;
      }
    }
  }
}
