/** The room behind the speaker, out of focus, drawn once for a look. */
import { Canvas } from "skia-canvas";
import { type Random, randomStream } from "../../base/random.ts";
import { glow, gradient, type Pen, type Point } from "./brush.ts";
import { type Appearance, css, fabric } from "./appearance.ts";

/** Things that stand in the room, before the blur. */
function furnish(pen: Pen, appearance: Appearance, rng: Random): void {
  const { kind, hue, lightness } = appearance.background;
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
        const w = rng.uniform(5, 13), h = rng.uniform(22, 37);
        if (rng.uniform() < 0.88) {
          box(
            x,
            floor - h,
            w - 0.8,
            h,
            tone(rng.uniform(-180, 180), rng.uniform(0.05, 0.35), rng.uniform(0.15, 0.6)),
          );
        }
        x += w;
      }
      box(-5, floor, 235, 5, tone(30, 0.35, 0.22));
    }
  } else if (kind === "window") {
    const x = rng.uniform(-20, 120);
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
      const warm = rng.uniform() < 0.7, at: Point = [rng.uniform(0, 224), rng.uniform(0, 200)];
      glow(
        pen,
        at,
        rng.uniform(7, 20),
        warm ? [255, 200, 120] : fabric(rng.uniform(0, 360), 0.8, 0.65),
        rng.uniform(0.15, 0.6),
      );
    }
  } else if (kind === "garden") {
    for (let i = 0; i < 240; i++) {
      pen.fillStyle = css(
        fabric(rng.uniform(75, 140), rng.uniform(0.25, 0.55), rng.uniform(0.14, 0.55)),
        0.75,
      );
      pen.beginPath();
      pen.ellipse(
        rng.uniform(0, 224),
        rng.uniform(10, 224),
        rng.uniform(4, 16),
        rng.uniform(3, 9),
        rng.uniform(0, 3),
        0,
        7,
      );
      pen.fill();
    }
    glow(pen, [rng.uniform(20, 200), 10], 90, [255, 248, 214], 0.75);
  } else if (kind === "curtain") {
    for (let x = -10; x < 234;) {
      const w = rng.uniform(9, 22);
      pen.fillStyle = gradient(pen, [x, 0], [x + w, 0], [
        tone(0, 0.22, lightness * 0.5),
        tone(0, 0.22, lightness * 1.1),
        tone(0, 0.22, lightness * 0.55),
      ]);
      pen.fillRect(x, 0, w + 1, 224);
      x += w;
    }
  } else {
    const x = rng.uniform(0, 150);
    box(x, 18, rng.uniform(40, 70), rng.uniform(34, 56), tone(180, 0.3, 0.3));
    box(x + 5, 23, 34, 26, tone(rng.uniform(0, 360), 0.4, 0.6));
    box(rng.uniform(-30, 180), 120, 60, 110, tone(60, 0.3, lightness * 0.55));
    glow(pen, [rng.uniform(0, 224), 30], 70, [255, 232, 190], 0.45);
  }
}

/** The room behind the speaker as a frame [size, size, 3], out of focus. */
export function drawBackground(appearance: Appearance, size: number): Uint8Array {
  const { kind, hue, lightness, seed } = appearance.background,
    rng = randomStream("background", seed, Math.round(hue));
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
    const lit = appearance.light.x > 0 ? [0.62, 1.12] : [1.12, 0.62];
    pen.fillStyle = gradient(pen, [0, 40], [224, 180], lit.map((share) => wall(lightness * share)));
    pen.fillRect(0, 0, 224, 224);
    furnish(pen, appearance, rng);
    for (let i = 0; i < 300; i++) { // plaster
      pen.fillStyle = rng.uniform() < 0.5 ? "rgba(0,0,0,0.035)" : "rgba(255,255,255,0.035)";
      pen.fillRect(rng.uniform(0, 224), rng.uniform(0, 224), rng.uniform(1, 12), rng.uniform(1, 12));
    }
  });
  const canvas = paint(rng.uniform(4.5, 8), (pen) => {
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
