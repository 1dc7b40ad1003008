// Programs of another checkout of the kit, whose measurements stand beside this build's.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { KitError } from "../base/errors.ts";

/**
 * Where a checkout has a program: the first that is there of the places where it has lain.
 * Throws KitError when there is none.
 * @param does What the program does: "times a step"
 */
export function checkoutProgram(
  checkout: string,
  { places, does }: { places: string[]; does: string },
): string {
  const found = places.map((place) => join(checkout, place)).find(existsSync);
  if (found) return found;
  throw new KitError(`${checkout} has no program that ${does}`, "Give a checkout of the kit to --before");
}
