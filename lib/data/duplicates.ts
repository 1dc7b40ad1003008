import { hashDistance } from "./fingerprint.ts";

/** What tells one clip from another. */
export interface Fingerprinted {
  id: string;
  frames: number;
  picture_hash: string;
  sound_hash: string;
}

/**
 * Two clips are one film if their fingerprints differ in fewer bits than this, and their lengths by no more frames.
 * A copy at a lower rate and size differs in up to 0.11 (sound) and 0.04 (picture); two sentences of one speaker in
 * 0.29 or more (sound), though their pictures may be as alike as those of a copy. Measured on GRID.
 */
const SOUND = 0.2, PICTURE = 0.15, FRAMES = 5;
/** Two sounds are compared only where these many hexadecimal digits of them agree somewhere: 12 bits. */
const DIGITS = 3;
const VALUES = 16 ** DIGITS;

/**
 * Finds clips that are a film that came before under another name: id -> id of the first one, in the order of the
 * rows. Both sound and picture must agree, so a dubbed film is none. Time grows little faster than the rows do.
 */
export function findDuplicates(rows: Fingerprinted[]): Map<string, string> {
  const bands = Math.floor(Math.max(0, ...new Set(rows.map((row) => row.sound_hash.length))) / DIGITS);
  // For each stretch of digits and its value, the rows that have it: the last one, and from each the one before.
  const last = new Int32Array(bands * VALUES).fill(-1), before = new Int32Array(bands * rows.length);
  const first = new Int32Array(rows.length);
  const found = new Map<string, string>();
  rows.forEach((row, k) => {
    first[k] = k;
    const slots: number[] = [];
    for (let band = 0; (band + 1) * DIGITS <= row.sound_hash.length; band++) {
      slots.push(band * VALUES + parseInt(row.sound_hash.slice(band * DIGITS, (band + 1) * DIGITS), 16));
    }
    let match = -1;
    slots.forEach((slot, band) => {
      for (let other = last[slot]; other >= 0 && match < 0; other = before[band * rows.length + other]) {
        const known = rows[other];
        if (
          Math.abs(known.frames - row.frames) <= FRAMES &&
          hashDistance(known.sound_hash, row.sound_hash) < SOUND &&
          hashDistance(known.picture_hash, row.picture_hash) < PICTURE
        ) match = other;
      }
    });
    if (match >= 0) {
      first[k] = first[match];
      found.set(row.id, rows[first[k]].id);
    }
    slots.forEach((slot, band) => {
      before[band * rows.length + k] = last[slot];
      last[slot] = k;
    });
  });
  return found;
}
