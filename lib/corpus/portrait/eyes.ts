/** Eyes, painted anew for each frame: lids, iris, lashes; and the brows that may rise. */
import { bell, DETAIL, ease, type Layer } from "./layer.ts";
import type { Appearance } from "./appearance.ts";
import { type Colour, lighten, mix } from "./colour.ts";

/** What the eyes do, independent of speech. */
export interface EyeShape {
  /** 0 wide open, 1 shut. */
  blink: number;
  /** Where the eyes look, -1 to 1, right and down. */
  gazeX: number;
  gazeY: number;
  /** Raised brows, -0.5 to 1. */
  brow: number;
}

/** y of the two lids at `u`, -1 (toward the nose) to 1. */
function lids(
  { eyes }: Appearance,
  blink: number,
  u: number,
): { upper: number; lower: number; open: number } {
  const arch = Math.max(0, 1 - Math.abs(u + 0.08) ** 2.1) ** 0.78, low = Math.max(0, 1 - u * u) ** 0.85;
  const slant = -eyes.tilt * eyes.halfWidth * u;
  const open = slant - eyes.upper * arch,
    lower = slant + eyes.lower * low,
    shut = lower - 0.15 * eyes.lower * low;
  return { open, upper: open + (shut - open) * blink, lower: lower - 0.12 * eyes.lower * blink };
}

/** Colour of the eyeball at a place; dx, dy from the middle of the iris, face pixels. */
function eyeball(
  appearance: Appearance,
  { dx, dy, u, below }: { dx: number; dy: number; u: number; below: number },
): Colour {
  const { eyes, light } = appearance, radius = eyes.halfWidth * 0.44, r = Math.hypot(dx, dy) / radius;
  let colour: Colour = mix([236, 231, 226], [204, 186, 178], 0.75 * u * u);
  if (u < -0.8) colour = mix(colour, [206, 140, 130], ease(-0.8, -0.96, u)); // the corner by the nose
  if (r < 1.2) {
    const fibres = 0.1 * Math.sin(11 * Math.atan2(dy, dx) + 3 * r) + 0.08 * Math.sin(23 * Math.atan2(dy, dx));
    const bright = 0.85 + 0.5 * ease(-0.6, 0.9, dy / radius) + fibres - 0.55 * ease(0.72, 1, r);
    let iris = lighten(eyes.iris, bright);
    iris = mix(iris, [10, 8, 9], ease(0.48, 0.38, r));
    colour = mix(colour, iris, ease(1.08, 0.94, r));
  }
  // shadow of the upper lid, then the reflection of the light
  colour = lighten(colour, 1 - 0.42 * ease(3, 0, below));
  const glint = bell(Math.hypot(dx - 1.7 * light.x - 0.4, dy + 1.5), 0.72) +
    0.3 * bell(Math.hypot(dx + 1.3, dy - 1.6), 0.8);
  return mix(colour, [255, 255, 252], Math.min(1, 1.15 * glint));
}

function paintEye(
  { data, width, left, top }: Layer,
  appearance: Appearance,
  side: -1 | 1,
  shape: EyeShape,
): void {
  const { eyes, light, skin } = appearance, a = eyes.halfWidth, lit = 0.5 + 0.6 * light.key * light.z;
  const lash: Colour = mix([22, 16, 16], appearance.hair.colour, 0.25), skinDark = lighten(skin.base, 0.42);
  const centreX = side * eyes.x, irisX = shape.gazeX * 2.6, irisY = shape.gazeY * 1.4 - 0.5;
  for (let c = Math.floor((centreX - a - 5 - left) * DETAIL); c <= (centreX + a + 5 - left) * DETAIL; c++) {
    const dx = left + c / DETAIL - centreX, u = dx * side / a, inside = Math.abs(u) < 1;
    const lid = lids(appearance, shape.blink, Math.max(-1, Math.min(1, u)));
    const outward = ease(0.75, 1.05, u), wing = Math.max(0, u - 1) * 3 * eyes.lashes;
    for (let v = Math.floor((-12 - top) * DETAIL); v < (9 - top) * DETAIL; v++) {
      const y = top + v / DETAIL, i = 4 * (v * width + c);
      let r = data[i], g = data[i + 1], b = data[i + 2];
      const alpha = data[i + 3];
      const blend = (colour: Colour, share: number) => {
        r += (colour[0] * alpha - r) * share;
        g += (colour[1] * alpha - g) * share;
        b += (colour[2] * alpha - b) * share;
      };
      // fold of the lid above the eye, and its soft shadow
      const fold = lid.open - 2.6 - 0.8 * (1 - Math.min(1, u * u)) + 1.2 * shape.blink;
      const along = ease(1.3, 0.85, Math.abs(u));
      blend(skinDark, (0.36 * bell(y - fold, 0.9) + 0.12 * bell(y - fold + 1.6, 2)) * along);
      blend(skinDark, 0.2 * bell(y - lid.lower - 2.2, 1.1) * along * (0.3 + appearance.age));
      if (inside) {
        const share = Math.min(1, Math.max(0, (y - lid.upper) * DETAIL + 0.5)) *
          Math.min(1, Math.max(0, (lid.lower - y) * DETAIL + 0.5));
        if (share > 0) {
          const ball = eyeball(appearance, { dx: dx - irisX, dy: y - irisY, u, below: y - lid.upper });
          blend(lighten(ball, Math.min(1.05, lit)), share);
        }
      }
      const reach = inside ? 1 : ease(1.22, 1, Math.abs(u)) * (u > 0 ? 1 : 0.3);
      const thick = (0.55 + 0.75 * eyes.lashes) * (0.75 + 0.5 * ease(-1, 0.6, u));
      blend(
        lash,
        0.92 * reach * bell(y - lid.upper + 0.35 + wing, thick * 0.72) * (1 - 0.5 * ease(-0.7, -1, u)),
      );
      blend(lash, 0.35 * reach * eyes.lashes * outward * bell(y - lid.upper + 1.6 + wing, 0.9));
      blend(lash, (0.16 + 0.2 * eyes.lashes) * reach * bell(y - lid.lower - 0.15, 0.5) * ease(-0.9, 0, u));
      data[i] = r;
      data[i + 1] = g;
      data[i + 2] = b;
    }
  }
}

/** Copies rows of a layer, so that the eyes can be painted on clean skin. */
function restore(target: Layer, source: Layer, from: number, to: number): void {
  const row = 4 * target.width, first = Math.floor((from - target.top) * DETAIL) * row;
  const last = Math.ceil((to - target.top) * DETAIL) * row;
  target.data.set(source.data.subarray(first, last), first);
}

/** Puts a layer of the same size over another, moved up by `rise` face pixels; only rows from..to (face pixels). */
function overlayRows(
  target: Layer,
  cover: Layer,
  { from, to, rise }: { from: number; to: number; rise: number },
): void {
  const { data, width, top } = target, row = 4 * width, up = rise * DETAIL;
  for (let v = Math.floor((from - top) * DETAIL); v < (to - top) * DETAIL; v++) {
    const y = v + up, j = Math.floor(y), f = y - j;
    let p = j * row;
    for (let i = v * row; i < (v + 1) * row; i += 4, p += 4) {
      const alpha = cover.data[p + 3] * (1 - f) + cover.data[p + row + 3] * f;
      if (alpha < 0.004) continue;
      for (let c = 0; c < 3; c++) {
        data[i + c] = data[i + c] * (1 - alpha) + cover.data[p + c] * (1 - f) + cover.data[p + row + c] * f;
      }
      data[i + 3] = data[i + 3] * (1 - alpha) + alpha;
    }
  }
}

/** Draws the eyes' part of a face into `target`: clean skin, brows, eyes, then glasses and fringe over them. */
export function paintEyes(
  target: Layer,
  appearance: Appearance,
  { bare, brows, cover, shape }: { bare: Layer; brows: Layer; cover: Layer | null; shape: EyeShape },
): void {
  const from = appearance.brows.y - 14, to = appearance.nose.base - 4;
  restore(target, bare, from, to);
  overlayRows(target, brows, { from: from + 2, to: -2, rise: 2.6 * shape.brow });
  paintEye(target, appearance, -1, shape);
  paintEye(target, appearance, 1, shape);
  if (cover) overlayRows(target, cover, { from, to, rise: 0 });
}
