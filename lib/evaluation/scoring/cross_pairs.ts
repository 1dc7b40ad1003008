import { KitError } from "../../base/errors.ts";
import { randomStream } from "../../base/random.ts";
import type { Pair } from "./evaluation_list.ts";

/**
 * Pairs every clip with another one's sound, each sound used once: with another speaker's wherever no speaker has more
 * than half of the clips, as the published lists do. The same clips and seed give the same pairs.
 * Throws KitError for fewer than two clips.
 */
export function crossPairs(
  clips: { id: string; speaker: string }[],
  { seed = 1 }: { seed?: number } = {},
): Pair[] {
  if (clips.length < 2) {
    throw new KitError(
      `${clips.length} clip cannot be dubbed with another one's sound`,
      "Prepare more clips",
    );
  }
  const ordered = clips.toSorted((a, b) => a.id < b.id ? -1 : 1);
  const bySpeaker = Map.groupBy(randomStream(seed, "cross pairs").shuffle(ordered), ({ speaker }) => speaker);
  const row = [...bySpeaker.values()].flat();
  // Speakers stand side by side: so many places on, everybody meets somebody else.
  const largest = Math.max(...[...bySpeaker.values()].map(({ length }) => length));
  const shift = 2 * largest <= row.length ? largest : 1;
  return row.map(({ id }, k) => ({ video: id, sound: row[(k + shift) % row.length].id }));
}
