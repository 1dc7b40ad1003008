/** Hair over the forehead, drawn once for a person. */
import type { Appearance } from "./appearance.ts";
import type { Pen, Point } from "./brush.ts";
import { hairStrands, isParted } from "./hair_style.ts";

/** Hair that falls from a parting over the upper forehead, lower on the parting's wider side. */
export function drawSweep(pen: Pen, appearance: Appearance): void {
  const { hair, head } = appearance, half = head.halfWidth, line = hair.hairline;
  if (!isParted(hair.style) || hair.fringe) return;
  hairStrands(pen, appearance, {
    passes: [[70, 2.2, 0.7, 23], [260, 0.8, 1, 29]],
    contrast: 0.6,
    path: (place, rng) => {
      const d = place < 0.5 ? -1 : 1, low = 1 + 0.6 * Math.max(-1, Math.min(1, -d * hair.part * 2));
      const root: Point = [hair.part * 22 + d * rng.uniform(0, 3), line - rng.uniform(1, 9)];
      const depth = rng.uniform(-5, 5.5 * low), end = -20 + rng.uniform(-8, 6);
      const high: Point = [root[0] + d * half * 0.34, line - 1 + depth * 0.6];
      return [root, high, [d * half * 0.74, line + 9 + depth * 1.1], [d * (half - 1.5), end]];
    },
  });
}

/** Draws hair that falls over the forehead; nothing for people without. */
export function drawFringe(pen: Pen, appearance: Appearance): void {
  const { hair, head } = appearance, half = head.halfWidth;
  if (!hair.fringe) return;
  const crown = head.crown - hair.volume * 0.6, slope = 3 * hair.part;
  const tips = (x: number) => -23 + 8 * (x / half) ** 2 - 6 * (1 - hair.fringe) + slope * x / half;
  hairStrands(pen, appearance, {
    passes: [[240, 2.4, 0.72, 17], [520, 0.9, 1, 19]],
    contrast: 0.55,
    path: (place, rng, seed) => {
      const x = (2 * place - 1) * 0.86 * half, lock = 1.6 * Math.sin(place * 41 + seed);
      const root = rng.uniform(hair.hairline - 16, crown + 14), high = (hair.hairline - root) / 34;
      const end = tips(x) + lock + rng.uniform(-3.5, 1), bend = rng.uniform(-1, 1);
      const middle: Point = [x * 0.97 + bend, root + (end - root) * 0.5];
      return [
        [x * (0.82 - 0.45 * high) + hair.part * 9, root],
        middle,
        [x + hair.part * 4 + 0.8 * lock, end],
      ];
    },
  });
}
