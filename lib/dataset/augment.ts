/** Changes to what networks learn from that cannot break sync: the same for all frames of a window. */
import type { Random } from "../base/random.ts";
import { FACE_BYTES, FACE_SIZE } from "../base/shapes.ts";
import { SILENCE } from "./windows.ts";

/** How much samples are changed, each by its own random numbers; 0 everywhere leaves them as they are. */
export interface Augmentation {
  /** Share of samples whose faces are mirrored. */
  mirror: number;
  /** Pixels by which a crop is moved, at most, in each direction. */
  shift: number;
  /** Brightness, contrast and tint change by this share, at most. */
  colour: number;
  /** Mel units (12.5 dB each) by which the sound is made louder or softer, at most. */
  gain: number;
  /** Standard deviation of the noise on mel values, at most, in mel units. */
  noise: number;
}

/** Samples as they are. */
export const unchanged: Augmentation = { mirror: 0, shift: 0, colour: 0, gain: 0, noise: 0 };

/** The mel scale's upper end. */
const LOUDEST = 4;

/** One change of faces [96, 96, 3], drawn once for all faces of a sample. */
export type FaceChange = (face: Uint8Array) => Uint8Array;

/** A byte for each byte of a colour channel: contrast about the middle, brightness, and the channel's own tint. */
function colourTable(random: Random, colour: number): Uint8Array[] {
  const around = (share: number) => random.uniform(-share, share);
  const contrast = 1 + around(colour), brightness = 255 * around(colour) / 2;
  return [0, 1, 2].map(() => {
    const scale = contrast * (1 + around(colour) / 2);
    return Uint8Array.from(
      { length: 256 },
      (_, byte) => Math.max(0, Math.min(255, Math.round(127.5 + (byte - 127.5) * scale + brightness))),
    );
  });
}

/** The change of one sample's faces; what a moved crop lacks at its edge is the edge's own pixel. */
export function faceChange(random: Random, { mirror, shift, colour }: Augmentation): FaceChange {
  if (mirror === 0 && shift === 0 && colour === 0) return (face) => face;
  const mirrored = random.uniform() < mirror;
  const [right, down] = [0, 1].map(() => random.below(2 * shift + 1) - shift);
  const tables = colourTable(random, colour);
  const within = (at: number) => Math.max(0, Math.min(FACE_SIZE - 1, at));
  const columns = Array.from({ length: FACE_SIZE }, (_, x) => {
    const from = within(x + right);
    return 3 * (mirrored ? FACE_SIZE - 1 - from : from);
  });
  return (face) => {
    const changed = new Uint8Array(FACE_BYTES);
    for (let y = 0, to = 0; y < FACE_SIZE; y++) {
      const row = 3 * FACE_SIZE * within(y + down);
      for (let x = 0; x < FACE_SIZE; x++) {
        const from = row + columns[x];
        for (let c = 0; c < 3; c++) changed[to++] = tables[c][face[from + c]];
      }
    }
    return changed;
  };
}

/** The change of one sample's mel windows [80, 16], in place. */
export function melChange(random: Random, { gain, noise }: Augmentation): (mel: Float32Array) => void {
  if (gain === 0 && noise === 0) return () => {};
  const louder = random.uniform(-gain, gain), deviation = random.uniform(0, noise);
  return (mel) => {
    for (let k = 0; k < mel.length; k++) {
      const value = mel[k] + louder + (deviation > 0 ? deviation * random.normal() : 0);
      mel[k] = Math.max(SILENCE, Math.min(LOUDEST, value));
    }
  };
}
