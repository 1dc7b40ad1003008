/** Lips that come forward, as for "oo" and "sh": when the head turns or nods, they move more than the cheeks do. */
import type { Appearance } from "./appearance.ts";
import { bell, ease, type Layer, mapTexels } from "./layer.ts";

/** How far the lips come forward at `round` = 1, face pixels: about a centimetre. */
export const PROTRUSION = 7;

/**
 * Prepares a head's depth (face pixels toward the viewer, one for each texel of `head`) for lips that come forward.
 * The function it returns gives the depth for a mouth; the array is used again at the next call.
 */
export function openProtrusion(
  { mouth, nose }: Appearance,
  head: Omit<Layer, "data">,
  depth: Float32Array,
): (mouth: { round: number }) => Float32Array {
  const current = depth.slice();
  const bump = mapTexels(
    head,
    (x, y) =>
      y >= mouth.y + 34 ? 0 : PROTRUSION * bell(x, 0.75 * mouth.halfWidth) * bell(y - mouth.y - 2, 10) *
        ease(nose.base, nose.base + 5, y),
  );
  let known = 0;
  return ({ round }) => {
    if (round !== known) { for (let i = 0; i < bump.length; i++) current[i] = depth[i] + round * bump[i]; }
    known = round;
    return current;
  };
}
