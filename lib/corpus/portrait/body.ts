/** Neck, shoulders and clothes, drawn once for a person. */
import { type Random, randomStream } from "../../base/random.ts";
import type { Appearance } from "./appearance.ts";
import { type Colour, css, lighten, mix } from "./colour.ts";
import { drawnLayer, fill, fillEllipse, gradient, type Pen, type Point, stroke } from "./brush.ts";
import type { Layer } from "./layer.ts";
import { shadeSkin } from "./relief.ts";

/** The part of face coordinates that neck and shoulders fill. */
const BODY_AREA = { left: -135, top: 24, right: 135, bottom: 140 };

/** Half the width of the neck, face pixels. */
const neckHalf = ({ head, feminine }: Appearance) => head.halfWidth * (0.72 - 0.14 * feminine);

const shifted = (points: Point[], dx: number, dy: number) => points.map(([x, y]): Point => [x + dx, y + dy]);

/** Colours of a lit cylinder of skin from left to right. */
function skinAcross(appearance: Appearance, share: number): string[] {
  return [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1].map((x) => {
    const lit = x * 0.92 * appearance.light.x + Math.sqrt(Math.max(0, 1 - x * x * 0.85)) * appearance.light.z;
    const skin = shadeSkin(appearance.skin.base, appearance, { lit: lit * 0.85, gloss: 0, open: 0.8 });
    return css(lighten(skin, share));
  });
}

function drawNeck(pen: Pen, appearance: Appearance): void {
  const { head: { chin }, light } = appearance, half = neckHalf(appearance);
  const side = (d: number, end: Point): Point[] => [
    [d * half, 30],
    [d * half, chin],
    [d * (half + 1), chin + 13],
    [d * (half + 16), chin + 24],
    end,
  ];
  const skin = gradient(pen, [-half - 6, 0], [half + 6, 0], skinAcross(appearance, 0.9));
  fill(pen, skin, side(-1, [-half - 60, chin + 36]), side(1, [half + 30, chin + 34]).reverse());
  pen.save();
  pen.clip();
  // the shadow of the chin, thrown away from the light; the cords of the neck and the collar bones
  pen.filter = "blur(7px)";
  fillEllipse(pen, css([38, 18, 14], 0.55), [-9 * light.x, chin - 6], [half + 6, 15 - 8 * light.y]);
  pen.filter = "blur(3px)";
  const dark = css([60, 28, 20], 0.22);
  for (const d of [-1, 1]) {
    stroke(pen, [[d * half * 0.75, chin], [d * half * 0.35, chin + 18], [d * 4, chin + 27]], dark, 2.5);
    stroke(pen, [[d * 6, chin + 29], [d * 24, chin + 27], [d * 46, chin + 25]], dark, 2.5);
  }
  pen.restore();
}

/** Outline of the shoulders; `gap` is the half width of the neck's opening, `low` how deep it reaches. */
function shoulders(
  { head: { chin }, feminine }: Appearance,
  { gap, low }: { gap: number; low: number },
): Point[] {
  const wide = 92 + 14 * (1 - feminine);
  const side = (d: 1 | -1): Point[] => [
    [d * (wide + 34), 150],
    [d * (wide + 6), chin + 46],
    [d * (wide - 22), chin + 31],
    [d * (gap + 14), chin + 19],
    [d * gap, chin + 13],
    [d * gap * 0.62, chin + 13 + low * 0.7],
  ];
  return [...side(-1), [0, chin + 14 + low], ...side(1).reverse()];
}

function pattern(pen: Pen, { clothes }: Appearance, rng: Random): void {
  const tone = (alpha: number) => css(mix(clothes.colour, clothes.second, 0.65), alpha);
  if (clothes.pattern < 0.2) { // stripes
    for (let y = 80; y < 145; y += 9) {
      const stripe: Point[] = [[-140, y + 16], [-60, y + 4], [0, y + 9], [60, y + 4], [140, y + 16]];
      stroke(pen, stripe, tone(0.55), 3);
    }
  } else if (clothes.pattern < 0.36) { // checks
    pen.strokeStyle = tone(0.3);
    pen.lineWidth = 4;
    for (let x = -140; x < 145; x += 13) {
      pen.beginPath();
      pen.moveTo(x, 60);
      pen.lineTo(x * 1.06, 150);
      pen.moveTo(-140, x * 0.4 + 90);
      pen.lineTo(140, x * 0.4 + 90);
      pen.stroke();
    }
  } else if (clothes.pattern < 0.5) { // dots
    for (let i = 0; i < 260; i++) {
      const row = Math.floor(i / 26), x = -135 + (i % 26) * 10.6 + (row % 2) * 5.3;
      fillEllipse(pen, tone(0.6), [x, 78 + row * 7], [1.2, 1.2]);
    }
  }
  // weave
  for (let i = 0; i < 900; i++) {
    pen.fillStyle = rng.uniform() < 0.5 ? "rgba(0,0,0,0.05)" : "rgba(255,255,255,0.045)";
    const x = rng.uniform(-135, 135), y = rng.uniform(70, 140);
    pen.fillRect(x, y, rng.uniform(0.6, 3), rng.uniform(0.5, 1.2));
  }
}

function folds(pen: Pen, { light }: Appearance, rng: Random): void {
  const lit = Math.sign(light.x || 1);
  pen.filter = "blur(4px)";
  for (let i = 0; i < 9; i++) {
    const d = i % 2 ? 1 : -1, x = d * rng.uniform(14, 95), y = rng.uniform(98, 120);
    const middle: Point = [x + d * rng.uniform(2, 9), y + 16];
    const way: Point[] = [[x, y], middle, [x + d * rng.uniform(8, 20), y + 36]];
    stroke(pen, way, css([0, 0, 0], 0.24), 3.5);
    stroke(pen, shifted(way, 3.5 * lit, -1), css([255, 255, 255], 0.12), 3.5);
  }
  pen.filter = "none";
  pen.fillStyle = gradient(pen, [-110 * lit, 0], [110 * lit, 0], [
    `rgba(0,0,0,${0.1 + 0.35 * Math.abs(light.x)})`,
    "rgba(0,0,0,0)",
    "rgba(255,255,255,0.06)",
  ]);
  pen.fillRect(-140, 60, 280, 90);
}

function drawClothes(pen: Pen, appearance: Appearance): void {
  const { clothes: { style, colour, second }, head: { chin } } = appearance;
  const rng = randomStream("clothes", appearance.background.seed), gap = neckHalf(appearance) + 3;
  const cloth = (points: Point[], paint: Colour, detail = true) => {
    pen.save();
    const shades = [css(lighten(paint, 1.08)), css(lighten(paint, 0.78))];
    fill(pen, gradient(pen, [0, chin + 10], [0, 140], shades), points);
    pen.clip();
    if (detail) {
      pattern(pen, appearance, rng);
      folds(pen, appearance, rng);
    }
    pen.restore();
  };
  const edge = (points: Point[], paint: Colour, width: number) => stroke(pen, points, css(paint), width);
  const low = { crew: 13, vee: 36, shirt: 24, jacket: 20, hood: 16, roll: -4 }[style];
  const wider = style === "roll" ? -2 : style === "hood" ? 5 : 2;
  const outline = shoulders(appearance, { gap: gap + wider, low });
  if (style === "jacket") cloth(shoulders(appearance, { gap, low: 12 }), second, false);
  cloth(outline, colour);
  if (style === "crew" || style === "vee") {
    const neckline = outline.slice(4, 9);
    edge(neckline, lighten(colour, 0.72), 4.2);
    edge(shifted(neckline, 0, 1.8), lighten(colour, 0.95), 0.7);
  }
  if (style === "roll") {
    for (let i = 0; i < 4; i++) {
      const y = chin + 14 - i * 4.6;
      edge([[-gap + 1, y], [0, y + 5], [gap - 1, y]], lighten(colour, 0.95 - 0.08 * (i % 2)), 6);
      edge([[-gap + 1, y + 2], [0, y + 7.4], [gap - 1, y + 2]], lighten(colour, 0.7), 0.8);
    }
  }
  for (const d of [-1, 1]) {
    if (style === "shirt" || style === "jacket") {
      const [flap, deep, shade] = style === "jacket" ? [30, 22, 0.86] : [20, 3, 1.15];
      const paint = lighten(colour, shade);
      const lapel: Point[] = [
        [d * (gap + 3), chin + 10],
        [d * (gap + 15), chin + 19],
        [d * (gap - 4), chin + 20 + flap],
        [d * 3, chin + 16 + low + deep],
        [d * (gap - 5), chin + 26],
      ];
      pen.fillStyle = css(paint);
      pen.beginPath();
      lapel.forEach(([x, y], i) => i ? pen.lineTo(x, y) : pen.moveTo(x, y));
      pen.closePath();
      pen.fill();
      pen.strokeStyle = css(lighten(paint, 0.62), 0.8);
      pen.lineWidth = 1;
      pen.stroke();
    }
    if (style === "hood") {
      const rim: Point[] = [[d * (gap + 3), chin + 2], [d * (gap + 9), chin + 15], [d * 12, chin + 33]];
      const seam: Point[] = [[d * (gap - 1), chin + 5], [d * (gap + 4), chin + 15], [d * 9, chin + 31]];
      edge(rim, lighten(colour, 0.8), 9);
      edge(seam, lighten(colour, 0.5), 1.4);
      edge([[d * 11, chin + 32], [d * 12.5, chin + 58]], lighten(second, 0.9), 1.5);
    }
  }
}

/** Neck, shoulders and clothes. */
export function drawBody(appearance: Appearance): Layer {
  return drawnLayer(BODY_AREA, (pen) => {
    drawNeck(pen, appearance);
    drawClothes(pen, appearance);
  });
}
