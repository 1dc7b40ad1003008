/** Hair over the forehead, drawn once for a look. */
import { type Pen, type Point, strands } from "./brush.ts";
import { hairTone, isParted } from "./hair_style.ts";
import type { Appearance } from "./appearance.ts";

/** Hair that falls from a parting over the upper forehead, lower on the parting's wider side. */
export function drawSweep(pen: Pen, appearance: Appearance): void {
  const { hair, head } = appearance, half = head.halfWidth;
  if (!isParted(hair.style) || hair.fringe) return;
  for (const [count, width, shade, seed] of [[70, 2.2, 0.7, 23], [260, 0.8, 1, 29]]) {
    strands(pen, {
      count,
      colour: hairTone(appearance, shade),
      width,
      contrast: 0.6,
      seed: appearance.background.seed + seed,
      path: (place, rng) => {
        const d = place < 0.5 ? -1 : 1, low = 1 + 0.6 * Math.max(-1, Math.min(1, -d * hair.part * 2));
        const root: Point = [hair.part * 22 + d * rng.uniform(0, 3), hair.hairline - rng.uniform(1, 9)];
        const depth = rng.uniform(-5, 5.5 * low), end = -20 + rng.uniform(-8, 6);
        return [root, [root[0] + d * half * 0.34, hair.hairline - 1 + depth * 0.6], [
          d * half * 0.74,
          hair.hairline + 9 + depth * 1.1,
        ], [d * (half - 1.5), end]];
      },
    });
  }
}

/** Draws hair that falls over the forehead; nothing for looks without. */
export function drawFringe(pen: Pen, appearance: Appearance): void {
  const { hair, head } = appearance, half = head.halfWidth;
  if (!hair.fringe) return;
  const crown = head.crown - hair.volume * 0.6, slope = 3 * hair.part;
  const tips = (x: number) => -23 + 8 * (x / half) ** 2 - 6 * (1 - hair.fringe) + slope * x / half;
  for (const [count, width, shade, seed] of [[240, 2.4, 0.72, 17], [520, 0.9, 1, 19]]) {
    strands(pen, {
      count,
      colour: hairTone(appearance, shade),
      width,
      contrast: 0.55,
      seed: appearance.background.seed + seed,
      path: (place, rng) => {
        const x = (2 * place - 1) * 0.86 * half, lock = 1.6 * Math.sin(place * 41 + seed);
        const root = rng.uniform(hair.hairline - 16, crown + 14), high = (hair.hairline - root) / 34;
        const end = tips(x) + lock + rng.uniform(-3.5, 1), bend = rng.uniform(-1, 1);
        return [[x * (0.82 - 0.45 * high) + hair.part * 9, root], [
          x * 0.97 + bend,
          root + (end - root) * 0.5,
        ], [x + hair.part * 4 + 0.8 * lock, end]];
      },
    });
  }
}
