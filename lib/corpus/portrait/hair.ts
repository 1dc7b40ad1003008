/** Hair of the head, drawn once for a person with many fine strokes. */
import type { Random } from "../../base/random.ts";
import type { Appearance } from "./appearance.ts";
import { css, lighten } from "./colour.ts";
import { drawOn, fill, fillEllipse, glow, type Pen, type Point, stroke } from "./brush.ts";
import { drawFringe, drawSweep } from "./fringe.ts";
import { HAIR_SHAPES, hairStrands, hairTone, isParted } from "./hair_style.ts";
import type { Layer } from "./layer.ts";
import { headHalfWidth } from "./relief.ts";

/** Points of the hair's outer edge, left to right over the crown. */
function outerEdge(appearance: Appearance): Point[] {
  const { hair, head } = appearance, { top, side, burns } = HAIR_SHAPES[hair.style];
  return Array.from({ length: 25 }, (_, i): Point => {
    const step = i - 12, up = Math.cos(step / 12 * 1.42);
    const y = burns - 4 + (head.crown - burns + 4) * up ** 0.75;
    const thick = hair.volume * (side + (top - side) * up ** 1.5);
    const x = Math.sign(step) * headHalfWidth(appearance, y);
    const lean = Math.sign(step) * thick * Math.sqrt(Math.max(0, 1 - up * up * 0.8));
    const wave = hair.style === "curly" ? 1.6 * Math.sin(step * 2.4) : 0;
    return [x + lean + wave * 0.6, y - thick * up - wave];
  });
}

/** Points of the hairline, right to left: temple, forehead, temple. */
function hairline({ hair, head }: Appearance): Point[] {
  const { burns } = HAIR_SHAPES[hair.style], y = hair.hairline, half = head.halfWidth;
  const rise = hair.style === "receding" ? 1 : 0, peak = isParted(hair.style) ? 4 : 0.5;
  const side = (d: 1 | -1): Point[] => [
    [d * (half + 1), burns],
    [d * (half - 3), burns - 5],
    [d * (half - 4.5), -14],
    [d * (half - 6 - 3 * rise), -26 - 4 * rise],
    [d * (half - 15 - 5 * rise), y + 7 - 13 * rise],
    [d * (half * 0.42), y + 0.5 - 9 * rise],
  ];
  return [...side(1), [hair.part * 22, y - peak + (rise ? -2 : 0)], ...side(-1).reverse()];
}

/** The place at a share of the way along a line of points, and between which two of them it lies. */
function along(points: Point[], at: number): { x: number; y: number; from: Point; to: Point } {
  const i = Math.floor(at), f = at - i, from = points[i], to = points[i + 1];
  return { x: from[0] + (to[0] - from[0]) * f, y: from[1] + (to[1] - from[1]) * f, from, to };
}

/** The way hair falls: from the parting or the hairline over the skull. */
function strandPath({ hair, head }: Appearance): (place: number, rng: Random) => Point[] {
  const { burns } = HAIR_SHAPES[hair.style], half = head.halfWidth, part = hair.part * 22;
  const crown = head.crown - hair.volume;
  if (hair.style === "curly") {
    return (_, rng) => {
      const x = rng.uniform(-half - 12, half + 12), y = rng.uniform(crown - 4, burns + 4);
      const r = rng.uniform(1.5, 4.2), start = rng.uniform(0, 6.28), turn = rng.uniform() < 0.5 ? 1 : -1;
      const at = (
        a: number,
      ): Point => [x + r * Math.cos(start + turn * a), y + r * Math.sin(start + turn * a)];
      return [0, 1.1, 2.2, 3.3, 4.2].map(at);
    };
  }
  if (isParted(hair.style)) {
    return (_, rng) => {
      const d = rng.uniform() < 0.5 + hair.part * 0.25 ? -1 : 1;
      const root = rng.uniform(hair.hairline - 2, crown + 3);
      const reach = rng.uniform(0.25, 1.1), end = rng.uniform(-30, burns + 6);
      const way = d * (half + 10) * Math.min(1, 0.55 + 0.5 * reach) - part;
      const bend = root - 3 + (end - root) * 0.12, low = bend + (end - bend) * 0.4;
      return [[part, root], [part + way * 0.45, bend], [part + way * 0.85, low], [part + way, end]];
    };
  }
  const backward = hair.style === "swept" || hair.style === "tied";
  return (_, rng) => {
    const angle = rng.uniform(-1.5, 1.5), x = Math.sin(angle) * half, up = Math.cos(angle);
    const y = burns + (hair.hairline - burns) * up ** 0.6 + rng.uniform(backward ? -22 : -34, 2);
    const length = backward ? rng.uniform(16, 34) : rng.uniform(5, 10);
    const lean = backward ? 0.35 * x / half : 0.6 * x / half + 0.35 * hair.part;
    const middle: Point = [x + lean * length * 0.5 + rng.uniform(-1.5, 1.5), y - length * 0.5 * up];
    return [[x, y], middle, [x + lean * length, y - length * up]];
  };
}

/** Strands over the skull: how many, their width, the contrast of their shades. */
function coverOf({ hair: { style } }: Appearance): { count: number; width: number; contrast: number } {
  if (style === "curly") return { count: 2200, width: 0.8, contrast: 0.28 };
  if (style === "cropped" || style === "receding") return { count: 1500, width: 0.5, contrast: 0.6 };
  return { count: 1100, width: 0.6, contrast: 0.6 };
}

/** Draws the cap of hair over the skull onto the head, with the shadow it throws on the forehead. */
export function drawHair(head: Layer, appearance: Appearance): void {
  const { hair, light } = appearance, edge = outerEdge(appearance), line = hairline(appearance);
  const receding = hair.style === "receding";
  drawOn(head, (pen) => {
    pen.filter = "blur(4px)";
    stroke(pen, line.slice(2, -2).map(([x, y]): Point => [x, y + 2]), css([40, 22, 16], 0.3), 5);
    pen.filter = "blur(1.2px)";
    const thin = receding ? 0.4 : 1;
    const shaded = pen.createRadialGradient(30 * light.x, -70 + 20 * light.y, 6, 0, -20, 80);
    shaded.addColorStop(0, css(hairTone(appearance, 1.25), thin));
    shaded.addColorStop(0.45, css(hairTone(appearance, 0.9), thin));
    shaded.addColorStop(1, css(hairTone(appearance, 0.55), Math.min(1, thin * 2.2)));
    fill(pen, shaded, edge, line);
    pen.filter = "none";
    pen.save();
    pen.clip();
    const { count, width, contrast } = coverOf(appearance);
    hairStrands(pen, appearance, { passes: [[count, width, 1, 0]], contrast, path: strandPath(appearance) });
    pen.globalCompositeOperation = "screen"; // the light's reflection lies across the strands
    for (const [x, y, r, a] of [[24 * light.x, -62, 34, 0.16], [44 * light.x, -40, 22, 0.1]]) {
      glow(pen, [x, y], r, lighten(hairTone(appearance, 1.6), 1.2), a * 1.6);
    }
    pen.globalCompositeOperation = "source-over";
    pen.restore();
    // single hairs soften the hairline
    hairStrands(pen, appearance, {
      passes: [[receding ? 90 : 240, 0.5, 0.95, 1]],
      path: (place, rng) => {
        const { x, y } = along(line, 2 + place * (line.length - 5));
        const out = x / appearance.head.halfWidth, l = rng.uniform(2, 6), root = y + rng.uniform(-1.6, 1.4);
        const middle: Point = [x + out * l * 0.4 + rng.uniform(-1, 1), root - l * 0.6];
        return [[x, root], middle, [x + out * l, root - l * 1.2]];
      },
    });
    drawFlyaways(pen, appearance, edge);
    drawSweep(pen, appearance);
    drawFringe(pen, appearance);
    if (hair.style === "tied") drawBun(pen, appearance);
  });
}

/** Single hairs that leave the outline, so that it is not cut out of paper. */
function drawFlyaways(pen: Pen, appearance: Appearance, edge: Point[]): void {
  const { style } = appearance.hair, wild = style === "curly" ? 3 : style === "cropped" ? 0.8 : 1.6;
  hairStrands(pen, appearance, {
    passes: [[style === "receding" ? 60 : 170, 0.42, 0.9, 3]],
    path: (place, rng) => {
      const { x, y, from, to } = along(edge, place * (edge.length - 1.01));
      const out = rng.uniform(0.1, 1) * wild, l = Math.sign(x || 1) * rng.uniform(2, 7);
      const [a, b] = [to[0] - from[0], to[1] - from[1]], n = 1 / Math.hypot(a, b);
      return [
        [x, y + 1],
        [x + a * n * l * 0.5 + b * n * out * 0.5, y + b * n * l * 0.5 - a * n * out * 0.6],
        [x + a * n * l + b * n * out * 0.6, y + b * n * l - a * n * out],
      ];
    },
  });
}

function drawBun(pen: Pen, appearance: Appearance): void {
  const { head, hair } = appearance, y = head.crown - hair.volume * 0.6 - 5, r = 10 + hair.volume * 0.4;
  pen.save();
  fillEllipse(pen, css(hairTone(appearance, 0.75)), [hair.part * 6, y], [r * 1.15, r]);
  pen.clip();
  hairStrands(pen, appearance, {
    passes: [[120, 1, 1.1, 5]],
    path: (_, rng) => {
      const a = rng.uniform(-1.2, 1.2);
      return [[-r * 1.2, y + r * a], [0, y + r * a * 1.25 - 2], [r * 1.2, y + r * a]];
    },
  });
  pen.restore();
}
