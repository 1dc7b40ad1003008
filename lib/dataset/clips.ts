import { join } from "node:path";
import { openPreparedClip, type PreparedClip } from "./prepared_clip.ts";

/** Where a clip is, and how it is to be read. */
export interface ClipPlace {
  /** Its file, relative to the prepared folder. */
  path: string;
  /** Frames by which its sound is moved (see `spanAt`). */
  offset: number;
}

/** Prepared clips by their number: what batches are sampled from. */
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

  /** Makes room after a clip has grown, at the cost of any clip but this one. */
  const makeRoom = (grown: Held) => {
    let total = 0;
    for (const { bytes } of held.values()) total += bytes;
    for (const [index, old] of held) {
      if (total <= cacheMegabytes * 1e6) break;
      if (old === grown) continue;
      held.delete(index);
      total -= old.bytes;
    }
  };

  const read = (index: number): Held => {
    const entry = { bytes: 0 } as Held, { path, offset } = places[index];
    const grown = (bytes: number) => {
      entry.bytes += bytes;
      makeRoom(entry);
    };
    entry.clip = openPreparedClip(join(folder, path), { offset, grown });
    entry.clip.catch(() => held.get(index) === entry && held.delete(index)); // mended, maybe, by the next time
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
