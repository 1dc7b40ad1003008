/** The room behind the speaker, out of focus, drawn once for a person. */
import { Canvas } from "skia-canvas";
import { type Random, randomStream } from "../../base/random.ts";
import type { Appearance } from "./appearance.ts";
import { fillEllipse, glow, gradient, type Pen, type Point } from "./brush.ts";
import { type Colour, css, fabric } from "./colour.ts";

type Background = Appearance["background"];

/** What there is to draw a room with. */
interface Room extends Random {
  pen: Pen;
  lightness: number;
  /** A tone of the room's hue, turned by `shift` degrees. */
  tone(shift: number, saturation: number, light: number): string;
  box(x: number, y: number, width: number, height: number, fill: Pen["fillStyle"]): void;
}

/** Things that stand in the rooms, before the blur. */
const FURNITURE: Record<Background["kind"], (room: Room) => void> = {
  shelves({ uniform, box, tone }) {
    for (let row = 0; row < 5; row++) {
      const floor = 40 + row * 46;
      for (let x = -4; x < 228;) {
        const w = uniform(5, 13), h = uniform(22, 37);
        if (uniform() < 0.88) {
          const book = tone(uniform(-180, 180), uniform(0.05, 0.35), uniform(0.15, 0.6));
          box(x, floor - h, w - 0.8, h, book);
        }
        x += w;
      }
      box(-5, floor, 235, 5, tone(30, 0.35, 0.22));
    }
  },
  window({ pen, uniform, box, tone, lightness }) {
    const x = uniform(-20, 120), outside = ["rgb(222,236,250)", "rgb(196,214,214)", "rgb(140,160,120)"];
    box(x, 8, 120, 165, gradient(pen, [0, 10], [0, 170], outside));
    for (const dx of [0, 58, 118]) box(x + dx - 3, 4, 6, 172, tone(0, 0.1, 0.85));
    for (const y of [5, 84, 172]) box(x - 3, y, 124, 6, tone(0, 0.1, 0.82));
    box(x - 40, 0, 34, 224, tone(40, 0.3, lightness * 0.9));
  },
  lights({ pen, uniform }) {
    for (let i = 0; i < 46; i++) {
      const warm = uniform() < 0.7, at: Point = [uniform(0, 224), uniform(0, 200)], size = uniform(7, 20);
      const colour: Colour = warm ? [255, 200, 120] : fabric(uniform(0, 360), 0.8, 0.65);
      glow(pen, at, size, colour, uniform(0.15, 0.6));
    }
  },
  garden({ pen, uniform }) {
    for (let i = 0; i < 240; i++) {
      const leaf = css(fabric(uniform(75, 140), uniform(0.25, 0.55), uniform(0.14, 0.55)), 0.75);
      const at: Point = [uniform(0, 224), uniform(10, 224)], size: Point = [uniform(4, 16), uniform(3, 9)];
      fillEllipse(pen, leaf, at, size, uniform(0, 3));
    }
    glow(pen, [uniform(20, 200), 10], 90, [255, 248, 214], 0.75);
  },
  curtain({ pen, uniform, box, tone, lightness }) {
    const folds = [0.5, 1.1, 0.55].map((light) => tone(0, 0.22, lightness * light));
    for (let x = -10; x < 234;) {
      const w = uniform(9, 22);
      box(x, 0, w + 1, 224, gradient(pen, [x, 0], [x + w, 0], folds));
      x += w;
    }
  },
  wall({ pen, uniform, box, tone, lightness }) {
    const x = uniform(0, 150);
    box(x, 18, uniform(40, 70), uniform(34, 56), tone(180, 0.3, 0.3));
    box(x + 5, 23, 34, 26, tone(uniform(0, 360), 0.4, 0.6));
    box(uniform(-30, 180), 120, 60, 110, tone(60, 0.3, lightness * 0.55));
    glow(pen, [uniform(0, 224), 30], 70, [255, 232, 190], 0.45);
  },
};

/** The room behind the speaker as a frame [size, size, 3], out of focus. */
export function drawBackground({ background, light }: Appearance, size: number): Uint8Array {
  const { kind, hue, lightness, seed } = background;
  const rng = randomStream("background", seed, Math.round(hue)), { uniform } = rng;
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
    const tone = (shift: number, saturation: number, light: number) =>
      css(fabric(hue + shift, saturation, light));
    const box: Room["box"] = (x, y, width, height, fill) => {
      pen.fillStyle = fill;
      pen.fillRect(x, y, width, height);
    };
    const wall = (share: number) => css(fabric(kind === "garden" ? 95 : hue, 0.2, lightness * share));
    const lit = light.x > 0 ? [0.62, 1.12] : [1.12, 0.62];
    box(0, 0, 224, 224, gradient(pen, [0, 40], [224, 180], lit.map(wall)));
    FURNITURE[kind]({ ...rng, pen, lightness, tone, box });
    for (let i = 0; i < 300; i++) { // plaster
      const shade = uniform() < 0.5 ? "rgba(0,0,0,0.035)" : "rgba(255,255,255,0.035)";
      box(uniform(0, 224), uniform(0, 224), uniform(1, 12), uniform(1, 12), shade);
    }
  });
  // drawn a little larger, so that the blur has no edge
  const canvas = paint(uniform(4.5, 8), (pen) => pen.drawImage(sharp, -12, -12, 248, 248));
  const pixels = canvas.getContext("2d").getImageData(0, 0, size, size).data;
  return new Uint8Array(3 * size * size).map((_, i) => pixels[4 * Math.floor(i / 3) + i % 3]);
}
