/** Hair of the head, drawn once for a look with many fine strokes. */
import { drawOn, glow, type Pen, type Point, strands, trace } from "./brush.ts";
import { drawFringe, drawSweep } from "./fringe.ts";
import type { Layer } from "./layer.ts";
import { type Appearance, css, lighten } from "./appearance.ts";
import { HAIR_SHAPES, hairTone, isParted } from "./hair_style.ts";
import { headHalfWidth } from "./relief.ts";
import type { Random } from "../../base/random.ts";

/** Points of the hair's outer edge, left to right over the crown. */
function outerEdge(appearance: Appearance): Point[] {
  const { hair, head } = appearance, { top, side, burns } = HAIR_SHAPES[hair.style], edge: Point[] = [];
  for (let step = -12; step <= 12; step++) {
    const angle = step / 12 * 1.42,
      up = Math.cos(angle),
      y = burns - 4 + (head.crown - burns + 4) * up ** 0.75;
    const thick = hair.volume * (side + (top - side) * up ** 1.5);
    const x = Math.sign(step) * headHalfWidth(appearance, y);
    const lean = Math.sign(step) * thick * Math.sqrt(Math.max(0, 1 - up * up * 0.8));
    const wave = hair.style === "curly" ? 1.6 * Math.sin(step * 2.4) : 0;
    edge.push([x + lean + wave * 0.6, y - thick * up - wave]);
  }
  return edge;
}

/** Points of the hairline, right to left: temple, forehead, temple. */
function hairline(appearance: Appearance): Point[] {
  const { hair } = appearance,
    { burns } = HAIR_SHAPES[hair.style],
    y = hair.hairline,
    half = appearance.head.halfWidth;
  const rise = hair.style === "receding" ? 1 : 0, part = hair.part * 22, line: Point[] = [];
  const peak = isParted(hair.style);
  const side = (d: 1 | -1): Point[] => [
    [d * (half + 1), burns],
    [d * (half - 3), burns - 5],
    [d * (half - 4.5), -14],
    [d * (half - 6 - 3 * rise), -26 - 4 * rise],
    [d * (half - 15 - 5 * rise), y + 7 - 13 * rise],
    [d * (half * 0.42), y + 0.5 - 9 * rise],
  ];
  line.push(...side(1), [part, y - (peak ? 4 : 0.5) + (rise ? -2 : 0)], ...side(-1).reverse());
  return line;
}

/** The way hair falls: from the parting or the hairline over the skull. */
function strandPath(appearance: Appearance): (place: number, rng: Random) => Point[] {
  const { hair, head } = appearance,
    { burns } = HAIR_SHAPES[hair.style],
    half = head.halfWidth,
    part = hair.part * 22;
  const crown = head.crown - hair.volume;
  if (hair.style === "curly") {
    return (_, rng) => {
      const x = rng.uniform(-half - 12, half + 12),
        y = rng.uniform(crown - 4, burns + 4),
        r = rng.uniform(1.5, 4.2);
      const start = rng.uniform(0, 6.28), turn = rng.uniform() < 0.5 ? 1 : -1;
      return [0, 1.1, 2.2, 3.3, 4.2].map((
        a,
      ): Point => [x + r * Math.cos(start + turn * a), y + r * Math.sin(start + turn * a)]);
    };
  }
  if (isParted(hair.style)) {
    return (_, rng) => {
      const d = rng.uniform() < 0.5 + hair.part * 0.25 ? -1 : 1,
        root = rng.uniform(hair.hairline - 2, crown + 3);
      const reach = rng.uniform(0.25, 1.1), fall = rng.uniform(-30, burns + 6);
      const endX = d * (half + 10) * Math.min(1, 0.55 + 0.5 * reach), bend = root - 3 + (fall - root) * 0.12;
      return [[part, root], [part + (endX - part) * 0.45, bend], [
        part + (endX - part) * 0.85,
        bend + (fall - bend) * 0.4,
      ], [endX, fall]];
    };
  }
  const backward = hair.style === "swept" || hair.style === "tied";
  return (_, rng) => {
    const angle = rng.uniform(-1.5, 1.5), x = Math.sin(angle) * half, up = Math.cos(angle);
    const y = burns + (hair.hairline - burns) * up ** 0.6 + rng.uniform(backward ? -22 : -34, 2);
    const length = backward ? rng.uniform(16, 34) : rng.uniform(5, 10);
    const lean = backward ? 0.35 * x / half : 0.6 * x / half + 0.35 * hair.part;
    const curl = rng.uniform(-1.5, 1.5);
    return [[x, y], [x + lean * length * 0.5 + curl, y - length * 0.5 * up], [
      x + lean * length,
      y - length * up,
    ]];
  };
}

/** Draws the cap of hair over the skull onto the head, with the shadow it throws on the forehead. */
export function drawHair(head: Layer, appearance: Appearance): void {
  const { hair, light } = appearance, edge = outerEdge(appearance), line = hairline(appearance);
  const region = (pen: Pen) => {
    pen.beginPath();
    trace(pen, edge);
    trace(pen, line, { join: true });
    pen.closePath();
  };
  drawOn(head, (pen) => {
    pen.filter = "blur(4px)";
    pen.strokeStyle = css([40, 22, 16], 0.3);
    pen.lineWidth = 5;
    pen.beginPath();
    trace(pen, line.slice(2, -2).map(([x, y]): Point => [x, y + 2]));
    pen.stroke();
    pen.filter = "none";
    pen.filter = "blur(1.2px)";
    region(pen);
    const thin = hair.style === "receding" ? 0.4 : 1;
    const fill = pen.createRadialGradient(30 * light.x, -70 + 20 * light.y, 6, 0, -20, 80);
    fill.addColorStop(0, css(hairTone(appearance, 1.25), thin));
    fill.addColorStop(0.45, css(hairTone(appearance, 0.9), thin));
    fill.addColorStop(1, css(hairTone(appearance, 0.55), Math.min(1, thin * 2.2)));
    pen.fillStyle = fill;
    pen.fill();
    pen.filter = "none";
    pen.save();
    pen.clip();
    const cropped = hair.style === "cropped" || hair.style === "receding";
    strands(pen, {
      count: cropped ? 1500 : hair.style === "curly" ? 2200 : 1100,
      colour: hairTone(appearance, 1),
      width: hair.style === "curly" ? 0.8 : cropped ? 0.5 : 0.6,
      contrast: hair.style === "curly" ? 0.28 : 0.6,
      seed: appearance.background.seed,
      path: strandPath(appearance),
    });
    pen.globalCompositeOperation = "screen"; // the light's reflection lies across the strands
    for (const [x, y, r, a] of [[24 * light.x, -62, 34, 0.16], [44 * light.x, -40, 22, 0.1]]) {
      glow(pen, [x, y], r, lighten(hairTone(appearance, 1.6), 1.2), a * 1.6);
    }
    pen.globalCompositeOperation = "source-over";
    pen.restore();
    // single hairs soften the hairline
    const rooted = hair.style !== "receding";
    strands(pen, {
      count: rooted ? 240 : 90,
      colour: hairTone(appearance, 0.95),
      width: 0.5,
      seed: appearance.background.seed + 1,
      path: (place, rng) => {
        const at = 2 + place * (line.length - 5), i = Math.floor(at), f = at - i;
        const x = line[i][0] * (1 - f) + line[i + 1][0] * f, y = line[i][1] * (1 - f) + line[i + 1][1] * f;
        const out = x / appearance.head.halfWidth, l = rng.uniform(2, 6), off = rng.uniform(-1.6, 1.4);
        return [[x, y + off], [x + out * l * 0.4 + rng.uniform(-1, 1), y - l * 0.6 + off], [
          x + out * l,
          y - l * 1.2 + off,
        ]];
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
  const { hair } = appearance, wild = hair.style === "curly" ? 3 : hair.style === "cropped" ? 0.8 : 1.6;
  strands(pen, {
    count: hair.style === "receding" ? 60 : 170,
    colour: hairTone(appearance, 0.9),
    width: 0.42,
    seed: appearance.background.seed + 3,
    path: (place, rng) => {
      const at = place * (edge.length - 1.01), i = Math.floor(at), f = at - i;
      const along = (j: number, share: number): Point => [
        edge[j][0] + (edge[j + 1][0] - edge[j][0]) * share,
        edge[j][1] + (edge[j + 1][1] - edge[j][1]) * share,
      ];
      const [x, y] = along(i, f), out = rng.uniform(0.1, 1) * wild, side = Math.sign(x || 1);
      const [a, b] = [edge[i + 1][0] - edge[i][0], edge[i + 1][1] - edge[i][1]], n = 1 / Math.hypot(a, b);
      const l = side * rng.uniform(2, 7);
      return [
        [x, y + 1],
        [x + a * n * l * 0.5 + b * n * out * 0.5, y + b * n * l * 0.5 - a * n * out * 0.6],
        [
          x + a * n * l + b * n * out * 0.6,
          y + b * n * l - a * n * out,
        ],
      ];
    },
  });
}

function drawBun(pen: Pen, appearance: Appearance): void {
  const { head, hair } = appearance, y = head.crown - hair.volume * 0.6 - 5, r = 10 + hair.volume * 0.4;
  pen.fillStyle = css(hairTone(appearance, 0.75));
  pen.beginPath();
  pen.ellipse(hair.part * 6, y, r * 1.15, r, 0, 0, 7);
  pen.fill();
  pen.save();
  pen.clip();
  strands(pen, {
    count: 120,
    colour: hairTone(appearance, 1.1),
    width: 1,
    seed: appearance.background.seed + 5,
    path: (_, rng) => {
      const a = rng.uniform(-1.2, 1.2);
      return [[-r * 1.2, y + r * a], [0, y + r * a * 1.25 - 2], [r * 1.2, y + r * a]];
    },
  });
  pen.restore();
}
