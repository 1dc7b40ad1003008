/** Long hair beside and behind the face, drawn once for a person. */
import type { Appearance } from "./appearance.ts";
import { css } from "./colour.ts";
import { drawnLayer, fill, glow, gradient, type Point } from "./brush.ts";
import { HAIR_SHAPES, hairStrands, hairTone } from "./hair_style.ts";
import type { Layer } from "./layer.ts";
import { HEAD_AREA } from "./relief.ts";

/** Locks in front of the shoulders, for long styles: a layer over the head; null for the others. */
export function drawLocks(appearance: Appearance): Layer | null {
  const { hair, head } = appearance, { locks: end } = HAIR_SHAPES[hair.style];
  if (!end) return null;
  const half = head.halfWidth, out = hair.volume, wavy = hair.style === "wavy" ? 1 : 0;
  const flare = (end - 40) / 90; // long hair spreads on the shoulders
  return drawnLayer({ ...HEAD_AREA, left: -100, right: 100, bottom: Math.min(132, end + 10) }, (pen) => {
    for (const d of [-1, 1]) {
      const wave = (i: number) => wavy * 3.2 * Math.sin(1.9 * i + (d > 0 ? 0.7 : 2));
      const inner: Point[] = [
        [d * (half - 13), -50],
        [d * (half - 4), -17],
        [d * (half - 4 + wave(1)), 14],
        [d * (half - 4 + wave(2)), end * 0.45],
        [d * (half - 5 - 3 * flare + wave(3)), end * 0.75],
        [d * (half - 8 - 5 * flare), end],
      ];
      const outer: Point[] = [
        [d * (half + 4 + 8 * flare), end + 2],
        [d * (half + out * 1.5 + 5 + 6 * flare + wave(4)), end * 0.75],
        [d * (half + out * 1.4 + 3 * flare + wave(5)), end * 0.42],
        [d * (half + out * 1.15 + wave(6)), 8],
        [d * (half + out * 0.85), -22],
        [d * (half - 9 + out * 0.35), -52],
      ];
      pen.filter = "blur(1px)";
      fill(pen, css(hairTone(appearance, 0.7)), inner, outer);
      pen.filter = "none";
      const towards = d * appearance.light.x > 0, lit = towards ? 1.08 : 0.84;
      hairStrands(pen, appearance, {
        passes: [[90, 2, lit * 0.85, 2 + d], [420, 0.8, lit, 2 + d]],
        contrast: 0.6,
        path: (_, rng) => {
          const k = rng.uniform(-0.04, 1.05), own = rng.uniform(-1.2, 1.2), short = rng.uniform(0, 7);
          const points = inner.map(([x, y], i): Point => {
            const [toX, toY] = outer[5 - i];
            return [x + (toX - x) * k + own * Math.sin(i * 2), y + (toY - y) * k];
          });
          points[5][1] -= short - 3;
          return points;
        },
      });
      pen.globalCompositeOperation = "source-atop"; // a band of light across the strands, and shadow at the neck
      glow(pen, [d * (half + out * 0.6), -8], 26, hairTone(appearance, 2.1), towards ? 0.3 : 0.12);
      glow(pen, [d * (half - 8), end * 0.8], 24, [0, 0, 0], 0.3);
      pen.globalCompositeOperation = "destination-out"; // they come out of the hair above without an edge
      pen.fillStyle = gradient(pen, [0, -54], [0, -34], ["rgb(0,0,0)", "rgba(0,0,0,0)"]);
      pen.fillRect(-100, -110, 200, 76);
      pen.globalCompositeOperation = "source-over";
    }
  });
}

/** Hair behind the neck, for long styles; null for the others. */
export function drawBackHair(appearance: Appearance): Layer | null {
  const { hair, head: { halfWidth: half } } = appearance, { locks } = HAIR_SHAPES[hair.style];
  if (!locks) return null;
  const out = hair.volume;
  return drawnLayer({ left: -100, right: 100, top: -60, bottom: Math.min(132, locks + 12) }, (pen) => {
    const right: Point[] = [[half - 10, -52], [half + out * 0.7, -26], [half + out * 1.1, 20]];
    right.push([half + out, locks]);
    const left = right.map(([x, y]): Point => [-x, y]).reverse();
    fill(pen, css(hairTone(appearance, 0.42)), [...right, [0, locks + 6], ...left]);
    pen.clip();
    hairStrands(pen, appearance, {
      passes: [[260, 1.2, 0.52, 31]],
      path: (place, rng) => {
        const x = (2 * place - 1) * (half + out), lean = rng.uniform(-3, 3);
        return [[x * 0.9, -40], [x, 20], [x * 1.02 + lean, locks + 6]];
      },
    });
  });
}
