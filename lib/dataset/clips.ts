import { join } from "node:path";
import { openPreparedClip, type PreparedClip } from "./prepared_clip.ts";

/** Where a clip is, and how it is to be read. */
export interface ClipPlace {
  /** Its file, relative to the prepared folder. */
  path: string;
  /** Frames by which its sound is moved (see `spanAt`). */
  offset: number;
}

/** Prepared clips by their number: what batches are drawn from. */
export interface Clips {
  folder: string;
  places: ClipPlace[];
  cacheMegabytes: number;
  /** Opens a clip. Throws KitError when its file is damaged. */
  open(index: number): Promise<PreparedClip>;
}

/** Memory for clips that may be asked for again, when nothing else is said. */
export const CACHE_MEGABYTES = 1500;

/**
 * Gives access to the clips of a prepared folder by their places in it. Memory holds what was read and decoded of the
 * clips used last, up to `cacheMegabytes`, however many clips there are.
 */
export function openClips(
  folder: string,
  places: ClipPlace[],
  { cacheMegabytes = CACHE_MEGABYTES }: { cacheMegabytes?: number } = {},
): Clips {
  interface Held {
    clip: Promise<PreparedClip>;
    bytes: number;
  }
  const held = new Map<number, Held>(); // the least recently used first
  let total = 0;

  const drop = (index: number, entry: Held) => {
    if (held.get(index) !== entry) return;
    held.delete(index);
    total -= entry.bytes;
  };

  /** Counts what a clip has grown by, then makes room, at the cost of any clip but this one. */
  const grow = (index: number, entry: Held, bytes: number) => {
    if (held.get(index) !== entry) return; // dropped while somebody still reads it
    entry.bytes += bytes;
    total += bytes;
    for (const [oldest, old] of held) {
      if (total <= cacheMegabytes * 1e6) break;
      if (old !== entry) drop(oldest, old);
    }
  };

  const read = (index: number): Held => {
    const entry = { bytes: 0 } as Held;
    const { path, offset } = places[index];
    const grown = (bytes: number) => grow(index, entry, bytes);
    entry.clip = openPreparedClip(join(folder, path), { offset, grown });
    entry.clip.catch(() => drop(index, entry)); // it may be mended by the time it is asked for again
    return entry;
  };

  return {
    folder,
    places,
    cacheMegabytes,
    open(index) {
      const entry = held.get(index) ?? read(index);
      held.delete(index); // and put back, as the most recently used
      held.set(index, entry);
      return entry.clip;
    },
  };
}
