/** Lips that come forward, as for "oo" and "sh": when the head turns or nods, they move more than the cheeks do. */
import { bell, DETAIL, ease, type Layer } from "./layer.ts";
import type { Appearance } from "./appearance.ts";

/** How far the lips come forward at `round` = 1, face pixels: about a centimetre. */
export const PROTRUSION = 7;

/**
 * Prepares a head's depth (face pixels toward the viewer, one for each texel of `head`) for lips that come forward.
 * The function it returns gives the depth for a mouth; the array is used again at the next call.
 */
export function openProtrusion(
  { mouth, nose }: Appearance,
  head: Pick<Layer, "width" | "height" | "left" | "top">,
  depth: Float32Array,
): (mouth: { round: number }) => Float32Array {
  const { width, height, left, top } = head, current = depth.slice();
  const firstRow = Math.max(0, Math.floor((nose.base - top) * DETAIL));
  const lastRow = Math.min(height, Math.ceil((mouth.y + 34 - top) * DETAIL));
  const bump = new Float32Array((lastRow - firstRow) * width);
  for (let v = firstRow, i = 0; v < lastRow; v++) {
    const y = top + v / DETAIL;
    for (let u = 0; u < width; u++, i++) {
      const x = left + u / DETAIL;
      bump[i] = PROTRUSION * bell(x, 0.75 * mouth.halfWidth) * bell(y - mouth.y - 2, 10) *
        ease(nose.base, nose.base + 5, y);
    }
  }
  let known = 0;
  return ({ round }) => {
    if (round !== known) {
      const start = firstRow * width;
      for (let i = 0; i < bump.length; i++) current[start + i] = depth[start + i] + round * bump[i];
      known = round;
    }
    return current;
  };
}
