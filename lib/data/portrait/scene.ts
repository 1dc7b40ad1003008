/** What is not the head: neck, clothes, and the room behind, out of focus. Drawn once for a look. */
import { Canvas } from "skia-canvas";
import { type Random, random } from "../random.ts";
import { drawnLayer, glow, gradient, type Pen, type Point, trace } from "./brush.ts";
import type { Layer } from "./layer.ts";
import { type Colour, css, fabric, lighten, type Look, mix } from "./look.ts";
import { shadeSkin } from "./relief.ts";

/** The part of face coordinates that neck and shoulders fill. */
const BODY_AREA = { left: -135, top: 24, right: 135, bottom: 140 };

/** Colours of a lit cylinder of skin from left to right. */
function skinAcross(look: Look, share: number): string[] {
  return [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1].map((x) => {
    const lit = x * 0.92 * look.light.x + Math.sqrt(Math.max(0, 1 - x * x * 0.85)) * look.light.z;
    return css(lighten(shadeSkin(look.skin.base, look, { lit: lit * 0.85, gloss: 0, open: 0.8 }), share));
  });
}

function drawNeck(pen: Pen, look: Look): void {
  const { head, feminine, light } = look, half = head.halfWidth * (0.72 - 0.14 * feminine), chin = head.chin;
  pen.beginPath();
  trace(pen, [[-half, 30], [-half, chin], [-half - 1, chin + 13], [-half - 16, chin + 24], [
    -half - 60,
    chin + 36,
  ]]);
  trace(pen, [[half + 60, chin + 36], [half + 16, chin + 24], [half + 1, chin + 13], [half, chin], [
    half,
    30,
  ]], { join: true });
  pen.closePath();
  pen.fillStyle = gradient(pen, [-half - 6, 0], [half + 6, 0], skinAcross(look, 0.9));
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
function shoulders(look: Look, { gap, low }: { gap: number; low: number }): Point[] {
  const chin = look.head.chin, wide = 92 + 14 * (1 - look.feminine);
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

function pattern(pen: Pen, { clothes }: Look, draw: Random): void {
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
    pen.fillStyle = draw.uniform() < 0.5 ? "rgba(0,0,0,0.05)" : "rgba(255,255,255,0.045)";
    pen.fillRect(
      draw.uniform(-135, 135),
      draw.uniform(70, 140),
      draw.uniform(0.6, 3),
      draw.uniform(0.5, 1.2),
    );
  }
}

function folds(pen: Pen, look: Look, draw: Random): void {
  const { light } = look;
  pen.filter = "blur(4px)";
  pen.lineWidth = 3.5;
  for (let i = 0; i < 9; i++) {
    const d = i % 2 ? 1 : -1, x = d * draw.uniform(14, 95), y = draw.uniform(98, 120);
    pen.strokeStyle = css([0, 0, 0], 0.24);
    const way: Point[] = [[x, y], [x + d * draw.uniform(2, 9), y + 16], [
      x + d * draw.uniform(8, 20),
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

function drawClothes(pen: Pen, look: Look): void {
  const { clothes, head, feminine } = look, { style, colour, second } = clothes, chin = head.chin;
  const draw = random("clothes", look.background.seed), gap = head.halfWidth * (0.72 - 0.14 * feminine) + 3;
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
      pattern(pen, look, draw);
      folds(pen, look, draw);
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
  const outline = shoulders(look, {
    gap: style === "roll" ? gap - 2 : gap + (style === "hood" ? 5 : 2),
    low,
  });
  if (style === "jacket") fill(shoulders(look, { gap, low: 12 }), second, false);
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
export function drawBody(look: Look): Layer {
  return drawnLayer(BODY_AREA, (pen) => {
    drawNeck(pen, look);
    drawClothes(pen, look);
  });
}

/** Things that stand in the room, before the blur. */
function furnish(pen: Pen, look: Look, draw: Random): void {
  const { kind, hue, lightness } = look.background;
  const tone = (shift: number, saturation: number, light: number) =>
    css(fabric(hue + shift, saturation, light));
  const box = (x: number, y: number, w: number, h: number, fill: string) => {
    pen.fillStyle = fill;
    pen.fillRect(x, y, w, h);
  };
  if (kind === "shelves") {
    for (let row = 0; row < 5; row++) {
      const floor = 40 + row * 46;
      for (let x = -4; x < 228;) {
        const w = draw.uniform(5, 13), h = draw.uniform(22, 37);
        if (draw.uniform() < 0.88) {
          box(
            x,
            floor - h,
            w - 0.8,
            h,
            tone(draw.uniform(-180, 180), draw.uniform(0.05, 0.35), draw.uniform(0.15, 0.6)),
          );
        }
        x += w;
      }
      box(-5, floor, 235, 5, tone(30, 0.35, 0.22));
    }
  } else if (kind === "window") {
    const x = draw.uniform(-20, 120);
    pen.fillStyle = gradient(pen, [0, 10], [0, 170], [
      "rgb(222,236,250)",
      "rgb(196,214,214)",
      "rgb(140,160,120)",
    ]);
    pen.fillRect(x, 8, 120, 165);
    for (const dx of [0, 58, 118]) box(x + dx - 3, 4, 6, 172, tone(0, 0.1, 0.85));
    for (const y of [5, 84, 172]) box(x - 3, y, 124, 6, tone(0, 0.1, 0.82));
    box(x - 40, 0, 34, 224, tone(40, 0.3, lightness * 0.9));
  } else if (kind === "lights") {
    for (let i = 0; i < 46; i++) {
      const warm = draw.uniform() < 0.7, at: Point = [draw.uniform(0, 224), draw.uniform(0, 200)];
      glow(
        pen,
        at,
        draw.uniform(7, 20),
        warm ? [255, 200, 120] : fabric(draw.uniform(0, 360), 0.8, 0.65),
        draw.uniform(0.15, 0.6),
      );
    }
  } else if (kind === "garden") {
    for (let i = 0; i < 240; i++) {
      pen.fillStyle = css(
        fabric(draw.uniform(75, 140), draw.uniform(0.25, 0.55), draw.uniform(0.14, 0.55)),
        0.75,
      );
      pen.beginPath();
      pen.ellipse(
        draw.uniform(0, 224),
        draw.uniform(10, 224),
        draw.uniform(4, 16),
        draw.uniform(3, 9),
        draw.uniform(0, 3),
        0,
        7,
      );
      pen.fill();
    }
    glow(pen, [draw.uniform(20, 200), 10], 90, [255, 248, 214], 0.75);
  } else if (kind === "curtain") {
    for (let x = -10; x < 234;) {
      const w = draw.uniform(9, 22);
      pen.fillStyle = gradient(pen, [x, 0], [x + w, 0], [
        tone(0, 0.35, lightness * 0.5),
        tone(0, 0.35, lightness * 1.1),
        tone(0, 0.35, lightness * 0.55),
      ]);
      pen.fillRect(x, 0, w + 1, 224);
      x += w;
    }
  } else {
    const x = draw.uniform(0, 150);
    box(x, 18, draw.uniform(40, 70), draw.uniform(34, 56), tone(180, 0.3, 0.3));
    box(x + 5, 23, 34, 26, tone(draw.uniform(0, 360), 0.4, 0.6));
    box(draw.uniform(-30, 180), 120, 60, 110, tone(60, 0.3, lightness * 0.55));
    glow(pen, [draw.uniform(0, 224), 30], 70, [255, 232, 190], 0.45);
  }
}

/** The room behind the speaker as a frame [size, size, 3], out of focus. */
export function drawBackground(look: Look, size: number): Uint8Array {
  const { kind, hue, lightness, seed } = look.background, draw = random("background", seed, Math.round(hue));
  const paint = (blur: number, draws: (pen: Pen) => void) => {
    const canvas = new Canvas(size, size);
    canvas.gpu = false;
    const pen = canvas.getContext("2d");
    pen.filter = blur ? `blur(${blur}px)` : "none";
    pen.scale(size / 224, size / 224);
    draws(pen);
    return canvas;
  };
  const sharp = paint(0, (pen) => {
    const wall = (light: number) => css(fabric(kind === "garden" ? 95 : hue, 0.2, light));
    const lit = look.light.x > 0 ? [0.62, 1.12] : [1.12, 0.62];
    pen.fillStyle = gradient(pen, [0, 40], [224, 180], lit.map((share) => wall(lightness * share)));
    pen.fillRect(0, 0, 224, 224);
    furnish(pen, look, draw);
    for (let i = 0; i < 300; i++) { // plaster
      pen.fillStyle = draw.uniform() < 0.5 ? "rgba(0,0,0,0.035)" : "rgba(255,255,255,0.035)";
      pen.fillRect(draw.uniform(0, 224), draw.uniform(0, 224), draw.uniform(1, 12), draw.uniform(1, 12));
    }
  });
  const canvas = paint(draw.uniform(4.5, 8), (pen) => {
    // drawn a little larger, so that the blur has no edge
    pen.drawImage(sharp, -12, -12, 248, 248);
  });
  const pixels = canvas.getContext("2d").getImageData(0, 0, size, size).data,
    frame = new Uint8Array(3 * size * size);
  for (let i = 0, p = 0; i < frame.length; i += 3, p += 4) {
    frame[i] = pixels[p];
    frame[i + 1] = pixels[p + 1];
    frame[i + 2] = pixels[p + 2];
  }
  return frame;
}
