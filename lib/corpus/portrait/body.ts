/** Neck, shoulders and clothes, drawn once for a look. */
import { type Random, randomStream } from "../../base/random.ts";
import { drawnLayer, gradient, type Pen, type Point, trace } from "./brush.ts";
import type { Layer } from "./layer.ts";
import { type Appearance, type Colour, css, lighten, mix } from "./appearance.ts";
import { shadeSkin } from "./relief.ts";

/** The part of face coordinates that neck and shoulders fill. */
const BODY_AREA = { left: -135, top: 24, right: 135, bottom: 140 };

/** Colours of a lit cylinder of skin from left to right. */
function skinAcross(appearance: Appearance, share: number): string[] {
  return [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1].map((x) => {
    const lit = x * 0.92 * appearance.light.x + Math.sqrt(Math.max(0, 1 - x * x * 0.85)) * appearance.light.z;
    return css(
      lighten(shadeSkin(appearance.skin.base, appearance, { lit: lit * 0.85, gloss: 0, open: 0.8 }), share),
    );
  });
}

function drawNeck(pen: Pen, appearance: Appearance): void {
  const { head, feminine, light } = appearance,
    half = head.halfWidth * (0.72 - 0.14 * feminine),
    chin = head.chin;
  pen.beginPath();
  trace(pen, [[-half, 30], [-half, chin], [-half - 1, chin + 13], [-half - 16, chin + 24], [
    -half - 60,
    chin + 36,
  ]]);
  trace(pen, [[half + 30, chin + 34], [half + 16, chin + 24], [half + 1, chin + 13], [half, chin], [
    half,
    30,
  ]], { join: true });
  pen.closePath();
  pen.fillStyle = gradient(pen, [-half - 6, 0], [half + 6, 0], skinAcross(appearance, 0.9));
  pen.fill();
  pen.save();
  pen.clip();
  // the shadow of the chin, thrown away from the light; the cords of the neck and the collar bones
  pen.filter = "blur(7px)";
  pen.fillStyle = css([38, 18, 14], 0.55);
  pen.beginPath();
  pen.ellipse(-9 * light.x, chin - 6, half + 6, 15 - 8 * light.y, 0, 0, 7);
  pen.fill();
  pen.filter = "blur(3px)";
  pen.lineWidth = 2.5;
  for (const d of [-1, 1]) {
    pen.strokeStyle = css([60, 28, 20], 0.22);
    pen.beginPath();
    trace(pen, [[d * half * 0.75, chin], [d * half * 0.35, chin + 18], [d * 4, chin + 27]]);
    pen.stroke();
    pen.beginPath();
    trace(pen, [[d * 6, chin + 29], [d * 24, chin + 27], [d * 46, chin + 25]]);
    pen.stroke();
  }
  pen.restore();
}

/** Outline of the shoulders; `gap` is the half width of the neck's opening, `low` how deep it reaches. */
function shoulders(appearance: Appearance, { gap, low }: { gap: number; low: number }): Point[] {
  const chin = appearance.head.chin, wide = 92 + 14 * (1 - appearance.feminine);
  return [
    [-wide - 34, 150],
    [-wide - 6, chin + 46],
    [-wide + 22, chin + 31],
    [-gap - 14, chin + 19],
    [-gap, chin + 13],
    [-gap * 0.62, chin + 13 + low * 0.7],
    [0, chin + 14 + low],
    [gap * 0.62, chin + 13 + low * 0.7],
    [gap, chin + 13],
    [gap + 14, chin + 19],
    [wide - 22, chin + 31],
    [wide + 6, chin + 46],
    [wide + 34, 150],
  ];
}

function pattern(pen: Pen, { clothes }: Appearance, rng: Random): void {
  const tone = (alpha: number) => css(mix(clothes.colour, clothes.second, 0.65), alpha);
  if (clothes.pattern < 0.2) { // stripes
    pen.strokeStyle = tone(0.55);
    pen.lineWidth = 3;
    for (let y = 80; y < 145; y += 9) {
      pen.beginPath();
      trace(pen, [[-140, y + 16], [-60, y + 4], [0, y + 9], [60, y + 4], [140, y + 16]]);
      pen.stroke();
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
    pen.fillStyle = tone(0.6);
    for (let i = 0; i < 260; i++) {
      const row = Math.floor(i / 26);
      pen.beginPath();
      pen.arc(-135 + (i % 26) * 10.6 + (row % 2) * 5.3, 78 + row * 7, 1.2, 0, 7);
      pen.fill();
    }
  }
  // weave
  for (let i = 0; i < 900; i++) {
    pen.fillStyle = rng.uniform() < 0.5 ? "rgba(0,0,0,0.05)" : "rgba(255,255,255,0.045)";
    pen.fillRect(
      rng.uniform(-135, 135),
      rng.uniform(70, 140),
      rng.uniform(0.6, 3),
      rng.uniform(0.5, 1.2),
    );
  }
}

function folds(pen: Pen, appearance: Appearance, rng: Random): void {
  const { light } = appearance;
  pen.filter = "blur(4px)";
  pen.lineWidth = 3.5;
  for (let i = 0; i < 9; i++) {
    const d = i % 2 ? 1 : -1, x = d * rng.uniform(14, 95), y = rng.uniform(98, 120);
    pen.strokeStyle = css([0, 0, 0], 0.24);
    const way: Point[] = [[x, y], [x + d * rng.uniform(2, 9), y + 16], [
      x + d * rng.uniform(8, 20),
      y + 36,
    ]];
    pen.beginPath();
    trace(pen, way);
    pen.stroke();
    pen.strokeStyle = css([255, 255, 255], 0.12);
    pen.beginPath();
    trace(pen, way.map(([a, b]): Point => [a + 3.5 * Math.sign(light.x || 1), b - 1]));
    pen.stroke();
  }
  pen.filter = "none";
  pen.fillStyle = gradient(pen, [-110 * Math.sign(light.x || 1), 0], [110 * Math.sign(light.x || 1), 0], [
    `rgba(0,0,0,${0.1 + 0.35 * Math.abs(light.x)})`,
    "rgba(0,0,0,0)",
    "rgba(255,255,255,0.06)",
  ]);
  pen.fillRect(-140, 60, 280, 90);
}

function drawClothes(pen: Pen, appearance: Appearance): void {
  const { clothes, head, feminine } = appearance, { style, colour, second } = clothes, chin = head.chin;
  const rng = randomStream("clothes", appearance.background.seed),
    gap = head.halfWidth * (0.72 - 0.14 * feminine) + 3;
  const fill = (points: Point[], paint: Colour, detail = true) => {
    pen.save();
    pen.beginPath();
    trace(pen, points);
    pen.closePath();
    pen.fillStyle = gradient(pen, [0, chin + 10], [0, 140], [
      css(lighten(paint, 1.08)),
      css(lighten(paint, 0.78)),
    ]);
    pen.fill();
    pen.clip();
    if (detail) {
      pattern(pen, appearance, rng);
      folds(pen, appearance, rng);
    }
    pen.restore();
  };
  const edge = (points: Point[], paint: Colour, width: number) => {
    pen.strokeStyle = css(paint);
    pen.lineWidth = width;
    pen.beginPath();
    trace(pen, points);
    pen.stroke();
  };
  const low = { crew: 13, vee: 36, shirt: 24, jacket: 20, hood: 16, roll: -4 }[style];
  const outline = shoulders(appearance, {
    gap: style === "roll" ? gap - 2 : gap + (style === "hood" ? 5 : 2),
    low,
  });
  if (style === "jacket") fill(shoulders(appearance, { gap, low: 12 }), second, false);
  fill(outline, colour);
  const neckline = outline.slice(4, 9);
  if (style === "crew" || style === "vee") {
    edge(neckline, lighten(colour, 0.72), 4.2);
    edge(neckline.map(([x, y]): Point => [x, y + 1.8]), lighten(colour, 0.95), 0.7);
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
      const flap = style === "jacket" ? 30 : 20,
        paint = style === "jacket" ? lighten(colour, 0.86) : lighten(colour, 1.15);
      const lapel: Point[] = [
        [d * (gap + 3), chin + 10],
        [d * (gap + 15), chin + 19],
        [d * (gap - 4), chin + 20 + flap],
        [d * 3, chin + 16 + low + (style === "jacket" ? 22 : 3)],
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
      edge(
        [[d * (gap + 3), chin + 2], [d * (gap + 9), chin + 15], [d * 12, chin + 33]],
        lighten(colour, 0.8),
        9,
      );
      edge(
        [[d * (gap - 1), chin + 5], [d * (gap + 4), chin + 15], [d * 9, chin + 31]],
        lighten(colour, 0.5),
        1.4,
      );
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
