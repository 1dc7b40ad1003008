/** What all hair of a head has in common. */
import type { Random } from "../../base/random.ts";
import type { Appearance, HairStyle } from "./appearance.ts";
import { type Colour, lighten, mix } from "./colour.ts";
import { type Pen, type Point, strands } from "./brush.ts";

/** How the styles differ: thickness over the skull, at the sides, where locks end (y), how far sideburns go (y). */
export const HAIR_SHAPES: Record<HairStyle, { top: number; side: number; locks: number; burns: number }> = {
  cropped: { top: 0.55, side: 0.25, locks: 0, burns: 6 },
  parted: { top: 0.95, side: 0.45, locks: 0, burns: 8 },
  swept: { top: 1.15, side: 0.4, locks: 0, burns: 4 },
  curly: { top: 1.35, side: 1.15, locks: 0, burns: 6 },
  tied: { top: 0.6, side: 0.3, locks: 0, burns: 2 },
  bob: { top: 0.9, side: 0.85, locks: 58, burns: 10 },
  wavy: { top: 1.05, side: 1, locks: 92, burns: 10 },
  long: { top: 0.85, side: 0.8, locks: 128, burns: 10 },
  receding: { top: 0.22, side: 0.3, locks: 0, burns: 8 },
};

/** The hair's colour, lighter or darker. Strokes of hair need contrast to be seen: black hair reflects more than its colour says. */
export function hairTone({ hair }: Appearance, factor: number): Colour {
  return lighten(mix(hair.colour, [90, 84, 86], 0.08), factor);
}

/** Whether hair falls to both sides of a parting. */
export const isParted = (style: HairStyle) => ["parted", "bob", "wavy", "long"].includes(style);

/** One pass over an area with strands: how many, their width, the shade of their colour, and what seeds them. */
export type Pass = [count: number, width: number, shade: number, seed: number];

/** Strands of a person's hair; see `strands`. */
export function hairStrands(
  pen: Pen,
  appearance: Appearance,
  { passes, path, contrast }: {
    passes: Pass[];
    path: (place: number, rng: Random, seed: number) => Point[];
    contrast?: number;
  },
): void {
  for (const [count, width, shade, seed] of passes) {
    strands(pen, {
      count,
      colour: hairTone(appearance, shade),
      width,
      contrast,
      seed: appearance.background.seed + seed,
      path: (place, rng) => path(place, rng, seed),
    });
  }
}
