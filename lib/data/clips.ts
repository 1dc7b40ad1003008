import { join } from "node:path";
import { openPreparedClip, type PreparedClip } from "./prepared_clip.ts";

/** Prepared clips by their number: what batches are drawn from. */
export interface Clips {
  folder: string;
  /** The clips' files, relative to the folder. */
  paths: string[];
  cacheMegabytes: number;
  /** Opens a clip. Throws KitError when its file is damaged. */
  open(index: number): Promise<PreparedClip>;
}

/** Memory for clips that may be asked for again, when nothing else is said. */
export const CACHE_MEGABYTES = 1500;

/**
 * Gives access to the clips of a prepared folder by their paths in it. Memory holds what was read and decoded of the
 * clips used last, up to `cacheMegabytes`, however many clips there are.
 */
export function openClips(
  folder: string,
  paths: string[],
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
    entry.clip = openPreparedClip(join(folder, paths[index]), (bytes) => grow(index, entry, bytes));
    entry.clip.catch(() => drop(index, entry)); // it may be mended by the time it is asked for again
    return entry;
  };

  return {
    folder,
    paths,
    cacheMegabytes,
    open(index) {
      const entry = held.get(index) ?? read(index);
      held.delete(index); // and put back, as the most recently used
      held.set(index, entry);
      return entry.clip;
    },
  };
}
