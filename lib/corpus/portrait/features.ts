/** Brows, freckles and what is worn on the face, drawn once for a person. */
import { randomStream } from "../../base/random.ts";
import type { Appearance } from "./appearance.ts";
import { css, lighten, mix } from "./colour.ts";
import {
  drawnLayer,
  drawOn,
  fill,
  fillEllipse,
  glow,
  type Paint,
  type Pen,
  type Point,
  strands,
} from "./brush.ts";
import { drawFringe } from "./fringe.ts";
import { bell, type Layer } from "./layer.ts";
import { HEAD_AREA } from "./relief.ts";

/** Eyebrows, a layer of their own because they move. */
export function drawBrows(appearance: Appearance): Layer {
  const { brows, eyes, hair } = appearance, colour = lighten(mix(hair.colour, [52, 38, 32], 0.5), 0.72);
  return drawnLayer(HEAD_AREA, (pen) => {
    for (const d of [-1, 1]) {
      const ridge = (t: number): Point => [
        d * (eyes.x - eyes.halfWidth * 0.95 + t * eyes.halfWidth * 2.3),
        brows.y + brows.tilt * (0.5 - t) - brows.arch * Math.sin(Math.PI * Math.min(1, t * 1.05) * 0.92) +
        3.4 * Math.max(0, t - 0.55) ** 1.2 + 1.4,
      ];
      const thick = (t: number) =>
        brows.thickness * Math.min(1, 0.55 + 2 * t) * (1 - 0.75 * Math.max(0, t - 0.45) / 0.55);
      const edge = (side: number) => (t: number): Point => [ridge(t)[0], ridge(t)[1] + side * thick(t) / 2];
      const places = [0, 0.25, 0.5, 0.75, 1];
      pen.filter = "blur(1.6px)";
      fill(pen, css(colour, 0.55), places.map(edge(-1)), places.toReversed().map(edge(1)));
      pen.filter = "none";
      strands(pen, {
        count: 130,
        colour,
        width: 0.6,
        seed: appearance.background.seed + 7,
        path: (t, rng) => {
          const [x, y] = ridge(t * 0.97), start = y + rng.uniform(-0.45, 0.5) * thick(t);
          const l = rng.uniform(1.8, 3.6);
          return [[x, start], [x + d * l * (0.35 + 0.5 * t), start - l * (0.55 - 0.7 * t)]];
        },
      });
    }
  });
}

/** A straight line, or one that is bent towards a point. */
function line(
  pen: Pen,
  [from, to]: [Point, Point],
  { paint, width, over }: { paint: Paint; width: number; over?: Point },
) {
  pen.strokeStyle = paint;
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(...from);
  if (over) pen.quadraticCurveTo(...over, ...to);
  else pen.lineTo(...to);
  pen.stroke();
}

function drawGlasses(pen: Pen, { glasses, eyes, head, light }: Appearance): void {
  if (!glasses) return;
  const { rim, round, weight } = glasses, w = eyes.halfWidth + 4.6, h = w * (0.62 + 0.3 * round), y = 1.5;
  const bridge = { paint: css(lighten(rim, 0.8), 0.95), width: weight * 0.9 };
  for (const d of [-1, 1]) {
    const x = d * eyes.x;
    pen.beginPath();
    pen.roundRect(x - w, y - h, 2 * w, 2 * h, Math.min(w, h) * (0.5 + 0.5 * round));
    const lens = pen.createLinearGradient(x - w, y - h, x + w, y + h);
    lens.addColorStop(0, "rgba(255,255,255,0.14)");
    lens.addColorStop(0.42, "rgba(255,255,255,0.03)");
    lens.addColorStop(1, "rgba(190,215,255,0.09)");
    pen.fillStyle = lens;
    pen.fill();
    pen.strokeStyle = css(rim, 0.95);
    pen.lineWidth = weight;
    pen.stroke();
    const top = y - h + 0.3, shine = css(lighten(mix(rim, [255, 255, 255], 0.4), 1), 0.5);
    const end = x + w * 0.6 * Math.sign(light.x || 1);
    line(pen, [[x - w * 0.7, top], [end, top]], { paint: shine, width: 0.4 });
    line(pen, [[x + d * w, y - h * 0.35], [d * (head.halfWidth + 3), y - 2]], bridge);
  }
  line(pen, [[-eyes.x + w, y - 2], [eyes.x - w, y - 2]], { ...bridge, over: [0, y - 5] });
}

/** What covers the eyes' part of the face: a fringe, glasses; null when there is neither. */
export function drawCover(appearance: Appearance): Layer | null {
  if (!appearance.glasses && !appearance.hair.fringe) return null;
  return drawnLayer(HEAD_AREA, (pen) => {
    drawFringe(pen, appearance);
    drawGlasses(pen, appearance);
  });
}

/** Small things at the ears. */
export function drawEarrings(head: Layer, appearance: Appearance): void {
  if (!appearance.earrings) return;
  drawOn(head, (pen) => {
    for (const d of [-1, 1]) {
      const x = d * (appearance.head.halfWidth + 2.5);
      fillEllipse(pen, css([214, 178, 96]), [x, 27], [2, 2]);
      glow(pen, [x - 0.6, 26.3], 1.2, [255, 250, 225], 0.9);
    }
  });
}

/** Draws freckles on nose and cheeks, for those who have them. */
export function drawFreckles(head: Layer, appearance: Appearance): void {
  const { skin: { freckles, base }, background: { seed } } = appearance, rng = randomStream("freckles", seed);
  if (!freckles) return;
  drawOn(head, (pen) => {
    for (let i = 0; i < 260 * freckles; i++) {
      const x = rng.uniform(-40, 40), y = rng.uniform(0, 29), size = rng.uniform(0.25, 0.65);
      const here = bell(Math.abs(x) - 17, 13) * bell(y - 15, 9);
      const paint = css(lighten(base, 0.62), rng.uniform(0.15, 0.5) * here);
      fillEllipse(pen, paint, [x, y], [size, size]);
    }
  });
}
