/**
 * The skin of a head as a relief: a height for each texel, lit by one light. The relief is a sum of smooth
 * bumps (nose, brow ridge, cheekbones, chin) on a rounded head; shading comes from its slope, so every face
 * shape is lit consistently.
 */
import { randomStream } from "../../base/random.ts";
import { bell, DETAIL, eachTexel, ease, emptyLayer, type Layer, mapTexels } from "./layer.ts";
import type { Appearance } from "./appearance.ts";
import { type Colour, lighten, mix } from "./colour.ts";

/** The part of face coordinates that a head with its hair may fill. */
export const HEAD_AREA = { left: -80, top: -104, right: 80, bottom: 98 };
/** y of the cheekbones, where a head is widest. */
const WIDEST = 8;

/** Half the width of the head (face pixels) at height y; 0 above the crown and below the chin. */
export function headHalfWidth({ head }: Appearance, y: number): number {
  const { halfWidth, crown, chin, jawPower, jawRound } = head;
  const t = y < WIDEST ? (WIDEST - y) / (WIDEST - crown) : (y - WIDEST) / (chin - WIDEST);
  if (t >= 1) return 0;
  return y < WIDEST ? halfWidth * (1 - t ** 2.5) ** 0.45 : halfWidth * (1 - t ** jawPower) ** jawRound;
}

/** Height of the skin toward the viewer, face pixels. */
function heightAt(appearance: Appearance, x: number, y: number, halfWidth: number): number {
  const { head, relief, nose, mouth, eyes, brows } = appearance;
  const up = Math.max(0, (WIDEST - y) / (WIDEST - head.crown)),
    down = Math.max(0, (y - WIDEST) / (head.chin - WIDEST));
  const across = Math.min(1, Math.abs(x) / Math.max(1, halfWidth));
  let z = 46 * Math.max(0, 1 - across ** 2.3) ** 0.55 * Math.max(0, 1 - up ** 3) ** 0.5 *
    Math.max(0, 1 - down ** 7) ** 0.5;
  const side = Math.abs(x);
  z -= relief.sockets * bell(side - eyes.x * 0.92, 11) * bell(y - 1, 8);
  z += relief.browRidge * bell(side - eyes.x * 0.85, 13) * bell(y - brows.y - 2, 6);
  z += relief.cheekbones * bell(side - 31, 12) * bell(y - 17, 10);
  // nose: a ridge that rises to the tip, a ball, two wings
  const down01 = (y + 8) / (nose.base - 4 + 8);
  const ridge = nose.height * (0.3 + 0.7 * Math.min(1, Math.max(0, down01))) * ease(-14, -2, y) *
    ease(nose.base + 3.5, nose.base - 8, y);
  z += ridge * bell(x, 4.8 + 2 * Math.max(0, down01));
  z += 0.26 * nose.height * bell(x, nose.tip) * bell(y - nose.base + 6.5, 5);
  z += 0.3 * nose.height * bell(side - nose.halfWidth * 0.78, 3.4) * bell(y - nose.base + 4, 4);
  // around the mouth
  z += 4 * bell(x, mouth.halfWidth) * bell(y - mouth.y, 13);
  z -= 0.9 * bell(x, 2) * bell(y - nose.base - 5, 4);
  z += relief.chinBall * bell(x, 11) * bell(y - head.chin + 10, 7.5);
  z -= 2.2 * bell(x, 13) * bell(y - mouth.y - mouth.lower - 7, 3.6);
  // the fold from nose to mouth deepens with age
  const fold = nose.halfWidth + 3 + (y - nose.base) * 0.55;
  return z - (0.6 + 1.3 * appearance.age) * bell(side - fold, 2.6) * bell(y - nose.base - 6, 7);
}

/** Smooth noise, about -1 to 1, of two scales (face pixels). */
function skinNoise(appearance: Appearance, width: number, height: number): Float32Array {
  const rng = randomStream("skin", Math.round(1e6 * appearance.head.chin)),
    noise = new Float32Array(width * height);
  for (const [scale, strength] of [[9, 0.55], [3, 0.35], [1.2, 0.3]]) {
    const step = scale * DETAIL, columns = Math.ceil(width / step) + 2, rows = Math.ceil(height / step) + 2;
    const grid = Float32Array.from({ length: columns * rows }, () => rng.normal());
    for (let v = 0; v < height; v++) {
      for (let u = 0; u < width; u++) {
        const x = u / step, y = v / step, i = x | 0, j = y | 0, a = ease(0, 1, x - i), b = ease(0, 1, y - j);
        const p = j * columns + i;
        noise[v * width + u] += strength * ((grid[p] * (1 - a) + grid[p + 1] * a) * (1 - b) +
          (grid[p + columns] * (1 - a) + grid[p + columns + 1] * a) * b);
      }
    }
  }
  return noise;
}

/** The colour of skin before light: redder cheeks, nose and ears, darker sockets. */
function skinColour(appearance: Appearance, x: number, y: number, noise: number): Colour {
  const { skin, nose, eyes, head } = appearance, side = Math.abs(x);
  const red = skin.blush *
      (0.30 * bell(side - 29, 11) * bell(y - 24, 10) + 0.22 * bell(x, 7) * bell(y - nose.base + 5, 6)) +
    0.08 * bell(y - head.chin + 8, 8);
  let colour = mix(skin.base, [skin.base[0] * 0.98, skin.base[1] * 0.68, skin.base[2] * 0.62], red);
  colour = mix(
    colour,
    lighten(colour, 0.8),
    0.5 * bell(side - eyes.x * 0.8, 10) * bell(y - 4, 6) * (0.5 + appearance.age),
  );
  return lighten(colour, 1 + 0.035 * noise);
}

/** Colour of skin under the look's light. `lit` is the cosine to the light, `gloss` the mirror-like part. */
export function shadeSkin(colour: Colour, { light, skin }: Appearance, { lit, gloss, open = 1 }: {
  lit: number;
  gloss: number;
  /** How much of the surroundings' light arrives: under 1 in hollows. */
  open?: number;
}): Colour {
  // Light that wraps round makes soft edges; what passes through skin in the half shadow is red.
  const key = Math.max(0, (lit + 0.25) / 1.25), ambient = (1 - light.key) * open * 0.95 + 0.08;
  const half = Math.max(0, 0.5 - Math.abs(lit - 0.05)) * 0.12, warm = 0.03 * light.warmth;
  const shine = 26 * skin.shine * gloss;
  // Bright skin keeps its drawing: above 200 the scale is pressed together, as video does.
  const video = (value: number) => value < 200 ? value : 200 + 55 * Math.tanh((value - 200) / 75);
  return [
    video(colour[0] * (ambient * 0.98 + light.key * key * (1.12 + warm) + half) + shine),
    video(colour[1] * (ambient * 0.97 + light.key * key * 1.10 + half * 0.2) + shine),
    video(colour[2] * (ambient * 1.04 + light.key * key * (1.06 - warm)) + shine),
  ];
}

/** Paints ears: discs behind the head's outline with a darker hollow. */
function earAt(appearance: Appearance, x: number, y: number): { alpha: number; lit: number } {
  const { halfWidth, ears } = appearance.head, side = Math.abs(x);
  const dx = (side - halfWidth - 0.5) / (6.2 * ears),
    dy = (y - 12) / (15 * ears),
    slant = dx + 0.25 * dy;
  const r = Math.hypot(slant, dy * (dy > 0 ? 1.12 : 0.95));
  const hollow = bell(slant - 0.05, 0.33) * bell(dy + 0.05, 0.5);
  return {
    alpha: Math.min(1, Math.max(0, (1 - r) * 6 * DETAIL + 0.5)),
    lit: 0.55 - 0.5 * hollow + 0.35 * bell(r - 0.8, 0.18),
  };
}

/**
 * Paints the bare head with ears, lit, without eyes, brows, lips and hair.
 * Texels beyond the outline are transparent.
 */
export function paintSkin(appearance: Appearance): Layer {
  const layer = emptyLayer(HEAD_AREA), { data, width, height, left, top } = layer, { light } = appearance;
  const noise = skinNoise(appearance, width, height);
  const halfWidths = Float32Array.from(
    { length: height },
    (_, v) => headHalfWidth(appearance, top + v / DETAIL),
  );
  const heights = new Float32Array(width * height);
  eachTexel(layer, (x, y, texel) => {
    heights[texel] = heightAt(appearance, x, y, halfWidths[Math.floor(texel / width)]);
  });
  // The mirror direction between light and viewer.
  const norm = Math.hypot(light.x, light.y, light.z + 1),
    mirror = [light.x / norm, light.y / norm, (light.z + 1) / norm];
  for (let v = 1; v < height - 1; v++) {
    const y = top + v / DETAIL,
      slope = Math.min(3, Math.abs(halfWidths[v + 1] - halfWidths[v - 1]) * DETAIL / 2);
    for (let u = 1; u < width - 1; u++) {
      const i = v * width + u, x = left + u / DETAIL;
      const inside = (halfWidths[v] - Math.abs(x)) / Math.hypot(1, slope) * DETAIL + 0.5;
      let alpha = halfWidths[v] > 0 ? Math.min(1, Math.max(0, inside)) : 0;
      const colour = skinColour(appearance, x, y, noise[i]);
      let shaded: Colour = [0, 0, 0];
      if (alpha > 0) {
        const limit = (value: number) => Math.max(-2.4, Math.min(2.4, value));
        const gx = limit((heights[i + 1] - heights[i - 1]) * DETAIL / 2) * 0.8;
        const fall = limit((heights[i + width] - heights[i - width]) * DETAIL / 2) * 0.8;
        // light from below the face reaches the planes that face down
        const gy = fall < -1 ? -1 + 0.4 * (fall + 1) : fall;
        const n = 1 / Math.hypot(gx, gy, 1), lit = (-gx * light.x - gy * light.y + light.z) * n;
        const gloss = Math.max(0, (-gx * mirror[0] - gy * mirror[1] + mirror[2]) * n) ** 22;
        const sky = 0.72 + 0.28 * n - 0.10 * Math.max(0, gy * n); // planes that face down see less light
        // shadow that the nose throws on the lip
        const thrown = 0.24 * bell(x + 7 * light.x, appearance.nose.halfWidth * 0.8) *
          bell(y - appearance.nose.base - 2.5, 3.2);
        shaded = shadeSkin(colour, appearance, {
          lit: lit * (1 - thrown),
          gloss: gloss * ease(60, 20, y),
          open: sky - thrown,
        });
      }
      if (alpha < 1) {
        const ear = earAt(appearance, x, y);
        if (ear.alpha > 0) {
          const toLight = Math.sign(x) * light.x * 0.35;
          const red = mix(colour, [colour[0], colour[1] * 0.8, colour[2] * 0.78], 0.5);
          const skin = shadeSkin(red, appearance, { lit: ear.lit + toLight, gloss: 0, open: 0.8 });
          shaded = mix(skin, shaded, alpha);
          alpha = Math.max(alpha, ear.alpha);
        }
      }
      data.set([shaded[0] * alpha, shaded[1] * alpha, shaded[2] * alpha, alpha], 4 * i);
    }
  }
  paintNostrils(layer, appearance);
  return layer;
}

/** Nostrils, and the shadow under the tip. */
function paintNostrils(layer: Layer, { nose }: Appearance): void {
  const { data } = layer, reach = nose.halfWidth + 3;
  eachTexel(layer, (x, y, texel) => {
    const side = Math.abs(x);
    const hole = bell(side - nose.halfWidth * 0.48 + (y - nose.base) * 0.35, 2.1) *
      bell(y - nose.base + 0.4, 1.15);
    const under = 0.2 * bell(x, nose.halfWidth * 0.7) * bell(y - nose.base - 0.6, 1.8);
    const wing = 0.3 * bell(side - nose.halfWidth - 0.2, 1) * bell(y - nose.base + 2.5, 2.8);
    const share = Math.min(0.72, 0.66 * hole + under + wing), i = 4 * texel;
    data[i] *= 1 - 0.82 * share;
    data[i + 1] *= 1 - share;
    data[i + 2] *= 1 - share;
  }, { left: -reach, right: reach, top: nose.base - 8, bottom: nose.base + 6 });
}

/** Depth of each texel (face pixels) for turning: smooth, so that the layer bends and never folds. */
export function headDepth({ head, nose }: Appearance, layer: Layer): Float32Array {
  const { halfWidth, chin, crown } = head;
  return mapTexels(layer, (x, y) => {
    const across = x / (halfWidth + 10), vertical = y < 0 ? y / (crown - 16) : y / (chin + 22);
    return 44 * Math.max(0, 1 - across * across) * Math.max(0, 1 - vertical ** 4) +
      9 * bell(x, 10) * bell(y - nose.base + 6, 13);
  });
}
