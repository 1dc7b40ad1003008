import { FACE_SIZE, MEL_BANDS } from "../base/shapes.ts";

/** Images of a clip that are hashed, spread evenly over it. */
export const HASHED_IMAGES = 4;
/** Grid of greys of one image; each bit compares two neighbours. */
const ACROSS = 9, DOWN = 8;
/** Bits of the sound: 32 steps of time, 8 of pitch. */
const TIMES = 32, PITCHES = 8;

/** Bits as hexadecimal text, the first one highest. */
function hex(bits: boolean[]): string {
  let text = "";
  for (let k = 0; k < bits.length; k += 4) {
    text += (8 * +bits[k] + 4 * +bits[k + 1] + 2 * +bits[k + 2] + +bits[k + 3]).toString(16);
  }
  return text;
}

/** The 64 bits of one crop [96, 96, 3]: whether each of 8 x 8 places is darker than its right neighbour. */
function differenceBits(crop: Uint8Array): boolean[] {
  const edges = Array.from({ length: ACROSS + 1 }, (_, i) => Math.round(FACE_SIZE * i / ACROSS));
  const rows = FACE_SIZE / DOWN, bits: boolean[] = [];
  for (let j = 0; j < DOWN; j++) {
    const greys = edges.slice(1).map((end, i) => {
      let sum = 0;
      for (let y = j * rows; y < (j + 1) * rows; y++) {
        for (let k = 3 * (y * FACE_SIZE + edges[i]); k < 3 * (y * FACE_SIZE + end); k += 3) {
          sum += 77 * crop[k] + 151 * crop[k + 1] + 28 * crop[k + 2];
        }
      }
      return sum / (end - edges[i]);
    });
    for (let i = 0; i < DOWN; i++) bits.push(greys[i] < greys[i + 1]);
  }
  return bits;
}

/** The image's fingerprint: difference hashes of 4 crops [96, 96, 3] of a clip, 64 bits each, in hexadecimal. */
export function imageHash(crops: Uint8Array[]): string {
  return hex(crops.flatMap(differenceBits));
}

/**
 * The sound's fingerprint, 256 bits in hexadecimal: mel [columns, 80] averaged over 33 stretches of time and 9 of
 * pitch; a bit says whether the fall from one pitch to the next grew since the stretch before. Loudness and most
 * of what encoding does cancel out. After Haitsma and Kalker, "A highly robust audio fingerprinting system" (2002).
 */
export function audioHash(mel: Float32Array): string {
  const columns = mel.length / MEL_BANDS, times = TIMES + 1, pitches = PITCHES + 1;
  const means = new Float64Array(times * pitches), counts = new Float64Array(times * pitches);
  for (let column = 0; column < columns; column++) {
    const row = Math.floor(times * column / columns) * pitches;
    for (let band = 0; band < MEL_BANDS; band++) {
      const cell = row + Math.floor(pitches * band / MEL_BANDS);
      means[cell] += mel[column * MEL_BANDS + band];
      counts[cell]++;
    }
  }
  for (let k = 0; k < means.length; k++) means[k] /= Math.max(1, counts[k]);
  const fall = (t: number, p: number) => means[t * pitches + p] - means[t * pitches + p + 1];
  const bits: boolean[] = [];
  for (let t = 0; t < TIMES; t++) {
    for (let p = 0; p < PITCHES; p++) bits.push(fall(t + 1, p) > fall(t, p));
  }
  return hex(bits);
}
