/**
 * The mouth, painted anew for each frame: lips with their curves and gloss, teeth that hang from the skull and
 * from the jaw, tongue and dark behind them, and the skin that moves with it all, down to the chin.
 */
import type { MouthShape } from "../mouth.ts";
import { bell, DETAIL, ease, type Layer, mapTexels } from "./layer.ts";
import type { Appearance } from "./appearance.ts";
import { type Colour, lighten, mix } from "./colour.ts";

/** Gap between the lips (face pixels) at `open` = 1, and way of the chin at `jaw` = 1. */
export const FULL_GAP = 16, FULL_JAW = 11.5;

/** The curves of a mouth at one distance from its middle, y in face pixels. */
interface Outline {
  upperOuter: number;
  upperInner: number;
  lowerInner: number;
  lowerOuter: number;
}

/** The measures of a mouth in one shape, face pixels. */
interface Measures {
  halfWidth: number;
  rise: number;
  drop: number;
  upper: number;
  lower: number;
  /** How round the opening is: the exponent of its outline. */
  power: number;
}

function measure({ mouth }: Appearance, shape: MouthShape): Measures {
  const { open, width, round, press, tuck } = shape, gap = open * FULL_GAP;
  const narrow = width < 0 ? 1 + 0.36 * width : 1 + 0.13 * width;
  const thin = (1 - 0.32 * press) * (1 - 0.12 * Math.max(0, width)) * (1 + 0.36 * round) * (1 - 0.14 * open);
  return {
    halfWidth: mouth.halfWidth * narrow * (1 - 0.05 * open),
    rise: gap * 0.24 + 0.55 * tuck * gap,
    drop: gap * (0.76 - 0.55 * tuck),
    upper: mouth.upper * thin * (1 - 0.12 * tuck),
    lower: mouth.lower * thin * (1 - 0.5 * tuck),
    power: 2.5 - 0.3 * round + 0.2 * Math.max(0, width),
  };
}

function outlineAt({ mouth }: Appearance, m: Measures, shape: MouthShape, x: number): Outline {
  const u = Math.min(1, Math.abs(x) / m.halfWidth), u2 = u * u;
  // The closed line dips under the middle of the upper lip; its corners lift in a smile, and sink with the jaw.
  const corner = mouth.tilt + 1.4 * Math.max(0, shape.width) - 0.26 * m.drop - 0.6 * shape.press;
  const line = mouth.y - corner * u2 + 0.8 * bell(u, 0.2) * (1 - shape.press) - 0.5 * shape.tuck;
  const inner = Math.max(0, 1 - (u / 0.94) ** m.power) ** 0.6, full = Math.max(0, 1 - u ** m.power) ** 0.66;
  const upperInner = line - m.rise * inner, lowerInner = line + m.drop * inner;
  const bow = 1 - mouth.bow * (1 - 0.55 * shape.round) * bell(u, 0.13) + 0.1 * bell(u - 0.25, 0.16);
  return {
    upperInner,
    lowerInner,
    upperOuter: Math.min(
      upperInner,
      line - m.rise * 0.95 * full - m.upper * Math.max(0, 1 - u ** 1.8) ** 0.85 * bow,
    ),
    lowerOuter: Math.max(lowerInner, line + m.drop * full + m.lower * Math.max(0, 1 - u ** 2.2) ** 0.66),
  };
}

/** How much of a texel lies above a curve of the given slope: 0 to 1. */
function coverage(curve: number, slope: number, y: number): number {
  return Math.min(1, Math.max(0, (curve - y) * DETAIL / Math.sqrt(1 + Math.min(9, slope * slope)) + 0.5));
}

/** How far skin at a place of the resting face follows the chin: 0 above the lips, 1 at the chin. */
function followsJaw({ mouth, head, nose }: Appearance, x: number, y: number): number {
  const down = ease(nose.base + 3, mouth.y + 9, y), side = Math.min(1, Math.abs(x) / head.halfWidth);
  return down * (1 - 0.8 * side ** 3 * (1 - ease(mouth.y + 4, head.chin - 4, y)));
}

/** Prepares a painter of a person's mouth: it draws the lower face of `bare` (the resting face) with a mouth into `target`. */
export function openLips(
  appearance: Appearance,
  bare: Layer,
): (target: Layer, shape: MouthShape) => void {
  const firstRow = Math.ceil((appearance.nose.base + 3 - bare.top) * DETAIL);
  const follow = mapTexels(bare, (x, y) => followsJaw(appearance, x, y));
  return (target, shape) => {
    dropJaw(target, bare, { follow, firstRow, drop: shape.jaw * FULL_JAW * DETAIL });
    const measures = measure(appearance, shape);
    paintFolds(target, appearance, measures, shape);
    paintMouth(target, appearance, measures, shape);
  };
}

/** Moves the lower face down with the jaw: each texel takes the one above it by its share of the drop. */
function dropJaw(target: Layer, source: Layer, { follow, firstRow, drop }: {
  follow: Float32Array;
  firstRow: number;
  drop: number;
}): void {
  const { width, height } = target, from = source.data, to = target.data, row = 4 * width;
  for (let v = firstRow, texel = firstRow * width; v < height; v++) {
    for (let u = 0; u < width; u++, texel++) {
      const y = Math.min(v, height - 1.001) - drop * follow[texel], j = y | 0, b = y - j, a = 1 - b;
      const i = 4 * texel, p = j * row + 4 * u, q = p + row;
      for (let c = 0; c < 4; c++) to[i + c] = from[p + c] * a + from[q + c] * b;
    }
  }
}

/** Shading of the skin around the mouth: nose-to-mouth folds, dimples, cheeks, the hollow under the lip. */
function paintFolds(
  { data, width, left, top }: Layer,
  appearance: Appearance,
  m: Measures,
  shape: MouthShape,
): void {
  const { nose, mouth, head, age, light } = appearance,
    spread = Math.max(0, shape.width),
    jaw = shape.jaw * FULL_JAW;
  const bottom = mouth.y + m.drop + m.lower + 12, reach = head.halfWidth * 0.8;
  const fold = 0.05 + 0.12 * age + 0.13 * spread + 0.05 * shape.open,
    hollow = 0.12 * Math.max(0, -shape.width) + 0.05 * shape.jaw;
  const under = mouth.y + m.drop + m.lower + 2.6, underShadow = 0.2 + 0.24 * shape.round - 0.08 * shape.tuck;
  // The skin around lips that come forward turns to the light above and away from it below.
  const middle = mouth.y + (m.drop - m.rise) / 2,
    tall = (m.rise + m.drop + m.upper + m.lower) / 2 + 3.5,
    wide = m.halfWidth + 4;
  for (let v = Math.ceil((nose.base + 3 - top) * DETAIL); v < (bottom + 6 - top) * DETAIL; v++) {
    const y = top + v / DETAIL, fade = ease(nose.base + 3, nose.base + 9, y);
    const t = (y - nose.base) / (mouth.y + 6 - nose.base);
    const foldX = nose.halfWidth + 3 + (m.halfWidth + 5.5 - nose.halfWidth - 3) * Math.min(1.1, t) ** 0.85;
    const foldEnd = ease(mouth.y + 9 + jaw * 0.5, mouth.y - 2, y);
    const dimpleY = bell(y - mouth.y + mouth.tilt - 0.26 * m.drop, 2.2),
      cheekY = bell(y - mouth.y + 6, 7),
      belowY = bell(y - under, 2.4 + 0.2 * jaw);
    const philtrum = 0.1 * ease(mouth.y - m.rise - m.upper + 1, mouth.y - m.rise - m.upper - 3, y);
    for (let u = Math.floor((-reach - left) * DETAIL); u < (reach - left) * DETAIL; u++) {
      const x = left + u / DETAIL, side = Math.abs(x), away = side - foldX;
      const facing = 1 - 0.5 * Math.sign(x) * light.x; // the fold is deeper on the side away from the light
      let dark = fold * facing * foldEnd * bell(away < 0 ? away * 0.8 : away * 1.4, 1.7) -
        0.35 * fold * foldEnd * bell(away - 4.5, 3);
      dark += (0.11 + 0.14 * spread) * bell(side - m.halfWidth - 1, 1.8) * dimpleY;
      dark += hollow * bell(side - m.halfWidth - 13, 6) * cheekY -
        0.06 * spread * bell(side - m.halfWidth - 14, 6) * cheekY;
      dark += underShadow * bell(x + 3 * shape.round * light.x, m.halfWidth * 0.55) * belowY;
      if (shape.round > 0.05) {
        const across = x / wide, up = (middle - y) / tall;
        dark -= 0.2 * shape.round * bell(Math.hypot(across, up) - 1, 0.17) * (0.75 * up + across * light.x);
      }
      dark += philtrum * (bell(side, 1.3) - 0.9 * bell(side - 3, 1.2));
      const keep = 1 - dark * fade, i = 4 * (v * width + u);
      data[i] *= 1 - 0.85 * dark * fade;
      data[i + 1] *= keep;
      data[i + 2] *= keep;
    }
  }
}

/** Lips and what is seen between them. */
function paintMouth(
  { data, width, left, top }: Layer,
  appearance: Appearance,
  m: Measures,
  shape: MouthShape,
): void {
  const { mouth, light } = appearance, lip = mouth.colour, inside = { ...shape, jaw: shape.jaw * FULL_JAW };
  const lit = 0.62 + 0.45 * light.key * light.z,
    gloss = 0.35 + 0.35 * shape.press + 0.3 * appearance.feminine;
  for (let u = Math.floor((-m.halfWidth - left) * DETAIL); u <= (m.halfWidth - left) * DETAIL; u++) {
    const x = left + u / DETAIL,
      here = outlineAt(appearance, m, shape, x),
      next = outlineAt(appearance, m, shape, x + 0.5);
    const slopeUpper = (next.upperOuter - here.upperOuter) * 2,
      slopeLower = (next.lowerOuter - here.lowerOuter) * 2;
    const slopeA = (next.upperInner - here.upperInner) * 2, slopeB = (next.lowerInner - here.lowerInner) * 2;
    const turned = 1 + 0.22 * light.x * x / m.halfWidth, across = x / m.halfWidth;
    const crease = (1 + 0.9 * shape.round) * 0.035 * Math.sin(x * 2.9 + 1.3 * Math.sin(x * 1.1)) +
      0.025 * Math.sin(x * 5.3);
    const vEnd = Math.ceil((here.lowerOuter + 1.5 - top) * DETAIL);
    for (let v = Math.floor((here.upperOuter - 1.5 - top) * DETAIL); v <= vEnd; v++) {
      const y = top + v / DETAIL;
      const aboveLips = coverage(here.upperOuter, slopeUpper, y),
        aboveGap = coverage(here.upperInner, slopeA, y);
      const aboveLower = coverage(here.lowerInner, slopeB, y),
        aboveChin = coverage(here.lowerOuter, slopeLower, y);
      const upper = Math.max(0, aboveGap - aboveLips), gap = Math.max(0, aboveLower - aboveGap);
      const lower = Math.max(0, aboveChin - aboveLower), all = Math.min(1, upper + gap + lower);
      if (all <= 0) continue;
      const mixed = [0, 0, 0];
      const add = (share: number, colour: Colour) => colour.forEach((value, c) => mixed[c] += share * value);
      if (upper > 0) {
        const t = (here.upperInner - y) / Math.max(0.5, here.upperInner - here.upperOuter); // 0 at the gap
        const shade = lit * turned * (0.70 + 0.24 * ease(0, 1, t) - 0.12 * bell(t, 0.16) + crease);
        const shine = 20 * gloss * bell(t - 0.62, 0.18) * bell(Math.abs(across) - 0.28, 0.2);
        add(upper, [lip[0] * shade + shine, lip[1] * shade * 0.97 + shine, lip[2] * shade + shine]);
      }
      if (lower > 0) {
        const t = (y - here.lowerInner) / Math.max(0.5, here.lowerOuter - here.lowerInner);
        const shade = lit * turned * (1.12 - 0.34 * ease(0.45, 1.05, t) - 0.22 * bell(t, 0.12) + crease);
        const shine = 62 * gloss * (1 + 0.5 * shape.round) * bell(t - 0.36, 0.15) *
          bell(across - 0.3 * light.x, 0.34) * (1 + 6 * crease);
        add(lower, [lip[0] * shade + shine, lip[1] * shade + shine, lip[2] * shade + shine]);
      }
      if (gap > 0) add(gap, insideAt(appearance, inside, here, x, y));
      // The dark line where closed lips meet, softer toward the middle of an open mouth.
      const seam = 0.6 * bell(y - here.upperInner, 0.55) * ease(2.2, 0, here.lowerInner - here.upperInner) *
        (0.75 + 0.25 * bell(Math.abs(across) - 1, 0.5));
      const keep = 1 - all, i = 4 * (v * width + u), a = data[i + 3], k = 1 - seam;
      for (let c = 0; c < 3; c++) data[i + c] = data[i + c] * keep + Math.min(255, mixed[c] * k) * a;
    }
  }
}

/** The colour behind the lips at one place: teeth of the skull and of the jaw, tongue, dark. */
function insideAt(
  { mouth, teeth, light }: Appearance,
  shape: MouthShape,
  { upperInner, lowerInner }: Outline,
  x: number,
  y: number,
): Colour {
  const u = x / mouth.halfWidth, u2 = u * u, gap = Math.max(0.1, lowerInner - upperInner);
  const deep = ease(0, 5, gap) * 0.75; // a wide mouth is darker inside
  let colour = mix([96, 36, 34], [30, 10, 12], deep);
  // tongue: a mound on the floor of the mouth; its tip rises for l, th and n
  const floor = mouth.y + shape.jaw * 0.95 + 2.5, tip = mouth.y + 0.6;
  const mound = floor - 2.6 - 0.25 * shape.jaw * (1 - Math.max(0, shape.width)) +
    (tip - floor + 2) * Math.max(0, shape.tongue - 0.2) * 1.1;
  const tongueTop = mound + 7 * u2,
    onTongue = ease(tongueTop - 0.6, tongueTop + 0.8, y) * ease(0.82, 0.66, Math.abs(u));
  const rounded = (0.62 + 0.38 * ease(tongueTop + 5, tongueTop, y)) * (1 - 0.3 * u2) *
    (0.5 + 0.5 * shape.tongue + 0.3 * (1 - deep));
  const tongue = lighten([186, 96, 92], Math.min(1.05, rounded + 0.12 * bell(x, 2) * shape.tongue));
  // teeth: bands that end in an arch, each tooth a little round
  const one = mouth.halfWidth * 0.225, tooth = Math.abs((x / one + 100) % 1 - 0.5);
  const between = 1 - 0.2 * ease(0.36, 0.5, tooth), sideways = 1 - 0.62 * u2;
  const shadow = 1 - 0.5 * ease(3, 0, y - upperInner) * (1 - 0.4 * shape.tuck);
  const edge = mouth.y + 1.9 - 1.2 * shape.round - 3 * u2 - 0.45 * ease(0.3, 0.5, tooth) - 0.5 * shape.tuck;
  const onUpper = ease(edge + 0.45, edge - 0.45, y) * ease(0.98, 0.84, Math.abs(u));
  const lowerEdge = mouth.y + shape.jaw + 1.9 + 2.2 * u2 - 0.35 * ease(0.5, 0.3, tooth);
  const onLower = ease(lowerEdge - 0.45, lowerEdge + 0.45, y) * ease(0.85, 0.7, Math.abs(u));
  const brightness = (0.62 + 0.34 * light.key) * between * sideways * (1 - 0.5 * shape.round);
  if (onLower > 0) colour = mix(colour, lighten(teeth, brightness * 0.78), onLower);
  const behind = shape.tongue < 0.85; // th shows the tip in front of the upper teeth
  if (behind) colour = mix(colour, tongue, onTongue * (1 - 0.75 * onLower * (1 - shape.tongue)));
  colour = mix(colour, lighten(teeth, brightness * shadow), onUpper);
  return behind
    ? colour
    : mix(colour, tongue, onTongue * ease(0.75, 0.95, shape.tongue) * ease(0.7, 0.5, Math.abs(u)));
}
