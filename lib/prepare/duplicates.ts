import type { ManifestRow } from "../dataset/manifest.ts";

/** What tells one clip from another. */
type Fingerprinted = Pick<ManifestRow, "id" | "frames" | "picture_hash" | "sound_hash">;

/**
 * Two clips are one video if their fingerprints differ in fewer bits than this, and their lengths by no more frames.
 * A copy at a lower rate and size differs in up to 0.11 (sound) and 0.04 (image); two sentences of one speaker in
 * 0.29 or more (sound), though their images may be as alike as those of a copy; two people's images differ in
 * 0.105 or more. Measured on GRID.
 */
const AUDIO = 0.2, IMAGE = 0.1, FRAMES = 5;
/** Bits of a fingerprint, and the hexadecimal digits that are its text. */
const BITS = 256, DIGITS = BITS / 4;
/** Two sounds are compared only where three digits in a row (12 bits), at one of 21 places, agree. */
const BAND = 3, BANDS = Math.floor(DIGITS / BAND), VALUES = 16 ** BAND;

/** Bits that are 1 of a 32-bit number. */
function ones(value: number): number {
  value -= (value >>> 1) & 0x55555555;
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Whether a text is a fingerprint. */
const isHash = (text: string) => text.length === DIGITS;

/** Compares fingerprints by their numbers: the share of bits in which two of them differ. */
function comparing(hashes: string[]): (a: number, b: number) => number {
  const words = new Int32Array(8 * hashes.length); // 32 bits each
  hashes.forEach((hash, k) => {
    for (let word = 0; word < 8; word++) {
      words[8 * k + word] = parseInt(hash.slice(8 * word, 8 * word + 8), 16);
    }
  });
  return (a, b) => {
    let sum = 0;
    for (let word = 0; word < 8; word++) sum += ones(words[8 * a + word] ^ words[8 * b + word]);
    return sum / BITS;
  };
}

/**
 * Finds clips that are a video that came before under another name: id -> id of the first one, in the order of the
 * rows. Both sound and image must agree, so a dubbed video is none. Not all pairs are compared: a copy that differs
 * in a tenth of the sound's bits is missed once in a thousand times.
 */
export function findDuplicates(rows: Fingerprinted[]): Map<string, string> {
  const audio = comparing(rows.map((row) => row.sound_hash)),
    image = comparing(rows.map((row) => row.picture_hash));
  const frames = Int32Array.from(rows, (row) => row.frames), first = Int32Array.from(rows, (_, k) => k);
  // For each place and value of three digits, the last row that has it; and for each row the one before it there.
  const last = new Int32Array(BANDS * VALUES).fill(-1), before = new Int32Array(BANDS * rows.length);
  const isSame = (a: number, b: number) =>
    Math.abs(frames[a] - frames[b]) <= FRAMES && audio(a, b) < AUDIO &&
    [a, b].every((k) => isHash(rows[k].picture_hash)) && image(a, b) < IMAGE;
  const found = new Map<string, string>();
  for (let k = 0; k < rows.length; k++) {
    if (!isHash(rows[k].sound_hash)) continue;
    let match = -1;
    for (let band = 0; band < BANDS; band++) {
      const digits = rows[k].sound_hash.slice(BAND * band, BAND * (band + 1));
      const slot = band * VALUES + parseInt(digits, 16), row = band * rows.length;
      for (let other = last[slot]; other >= 0 && match < 0; other = before[row + other]) {
        if (isSame(other, k)) match = other;
      }
      before[row + k] = last[slot];
      last[slot] = k;
    }
    if (match < 0) continue;
    first[k] = first[match];
    found.set(rows[k].id, rows[first[k]].id);
  }
  return found;
}
