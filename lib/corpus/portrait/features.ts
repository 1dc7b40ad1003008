/** Brows, freckles and what is worn on the face, drawn once for a look. */
import { randomStream } from "../../base/random.ts";
import { drawnLayer, drawOn, glow, type Point, strands, trace } from "./brush.ts";
import { drawFringe } from "./fringe.ts";
import { bell, type Layer } from "./layer.ts";
import { type Appearance, css, lighten, mix } from "./appearance.ts";
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
      pen.filter = "blur(1.6px)";
      pen.beginPath();
      trace(pen, [0, 0.25, 0.5, 0.75, 1].map((t): Point => [ridge(t)[0], ridge(t)[1] - thick(t) / 2]));
      trace(pen, [1, 0.75, 0.5, 0.25, 0].map((t): Point => [ridge(t)[0], ridge(t)[1] + thick(t) / 2]), {
        join: true,
      });
      pen.fillStyle = css(colour, 0.55);
      pen.fill();
      pen.filter = "none";
      strands(pen, {
        count: 130,
        colour,
        width: 0.6,
        seed: appearance.background.seed + 7,
        path: (t, rng) => {
          const [x, y] = ridge(t * 0.97),
            h = thick(t),
            start = y + rng.uniform(-0.45, 0.5) * h,
            l = rng.uniform(1.8, 3.6);
          return [[x, start], [x + d * l * (0.35 + 0.5 * t), start - l * (0.55 - 0.7 * t)]];
        },
      });
    }
  });
}

/** What covers the eyes' part of the face: a fringe, glasses; null when there is neither. */
export function drawCover(appearance: Appearance): Layer | null {
  const { glasses, eyes, head, light } = appearance;
  if (!glasses && !appearance.hair.fringe) return null;
  return drawnLayer(HEAD_AREA, (pen) => {
    drawFringe(pen, appearance);
    if (!glasses) return;
    const w = eyes.halfWidth + 4.6, h = w * (0.62 + 0.3 * glasses.round), y = 1.5;
    for (const d of [-1, 1]) {
      const x = d * eyes.x, corner = Math.min(w, h) * (0.5 + 0.5 * glasses.round);
      pen.beginPath();
      pen.roundRect(x - w, y - h, 2 * w, 2 * h, corner);
      const lens = pen.createLinearGradient(x - w, y - h, x + w, y + h);
      lens.addColorStop(0, "rgba(255,255,255,0.14)");
      lens.addColorStop(0.42, "rgba(255,255,255,0.03)");
      lens.addColorStop(1, "rgba(190,215,255,0.09)");
      pen.fillStyle = lens;
      pen.fill();
      pen.strokeStyle = css(glasses.rim, 0.95);
      pen.lineWidth = glasses.weight;
      pen.stroke();
      pen.strokeStyle = css(lighten(mix(glasses.rim, [255, 255, 255], 0.4), 1), 0.5);
      pen.lineWidth = 0.4;
      pen.beginPath();
      pen.moveTo(x - w * 0.7, y - h + 0.3);
      pen.lineTo(x + w * 0.6 * Math.sign(light.x || 1), y - h + 0.3);
      pen.stroke();
      pen.strokeStyle = css(lighten(glasses.rim, 0.8), 0.95);
      pen.lineWidth = glasses.weight * 0.9;
      pen.beginPath();
      pen.moveTo(x + d * w, y - h * 0.35);
      pen.lineTo(d * (head.halfWidth + 3), y - 2);
      pen.stroke();
    }
    pen.beginPath();
    pen.moveTo(-eyes.x + w, y - 2);
    pen.quadraticCurveTo(0, y - 5, eyes.x - w, y - 2);
    pen.stroke();
  });
}

/** Small things at the ears. */
export function drawEarrings(head: Layer, appearance: Appearance): void {
  if (!appearance.earrings) return;
  drawOn(head, (pen) => {
    for (const d of [-1, 1]) {
      pen.fillStyle = css([214, 178, 96]);
      pen.beginPath();
      pen.arc(d * (appearance.head.halfWidth + 2.5), 27, 2, 0, 7);
      pen.fill();
      glow(pen, [d * (appearance.head.halfWidth + 2.5) - 0.6, 26.3], 1.2, [255, 250, 225], 0.9);
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
      pen.fillStyle = css(lighten(base, 0.62), rng.uniform(0.15, 0.5) * here);
      pen.beginPath();
      pen.arc(x, y, size, 0, 7);
      pen.fill();
    }
  });
}
