import { randomStream } from "../base/random.ts";
/** What a camera makes of a clean image: slightly soft, with the grain of its sensor. */

export interface Camera {
  /** Share of its light that a pixel gives to each of its two neighbours in a row and in a column, 0 to 0.25. */
  softness: number;
  /** Standard deviation of the grain in a mid grey, 0 to 255 being black to white. */
  grain: number;
}

/** Values of the grain, enough that a frame's are never looked up twice in a row. */
const GRAIN_LENGTH = 2 ** 19;
/** Grey, 0 to 255, at which `Camera.grain` holds. */
const MID_GREY = 118;

/** Normal noise; a frame starts anywhere in it. It is as long as three frames and the same for all cameras. */
let grainValues: Float32Array | undefined;

function grainOfVideo(): Float32Array {
  const rng = randomStream("grain"), values = new Float32Array(GRAIN_LENGTH);
  for (let i = 0; i < values.length; i++) values[i] = rng.normal();
  return values;
}

/** Blurs an image's rows, then its columns (RGB, [size, size, 3]) with the weights (s, 1 - 2 s, s), into `soft`. */
function soften(
  frame: Uint8Array,
  soft: Float32Array,
  { size, share }: { size: number; share: number },
): void {
  const row = 3 * size, middle = 1 - 2 * share, across = new Float32Array(frame.length);
  for (let start = 0; start < frame.length; start += row) {
    for (let i = 0; i < row; i++) {
      const left = i < 3 ? i : i - 3, right = i < row - 3 ? i + 3 : i;
      across[start + i] = middle * frame[start + i] + share * (frame[start + left] + frame[start + right]);
    }
  }
  for (let i = 0; i < frame.length; i++) {
    const above = i < row ? i : i - row, below = i < frame.length - row ? i + row : i;
    soft[i] = middle * across[i] + share * (across[above] + across[below]);
  }
}

/**
 * Opens a camera for frames [size, size, 3]. Its grain is drawn anew for each frame from the video's `seed` and the
 * frame's number alone: the same frame gives the same bytes, and the grain says nothing of the image under it but its
 * brightness (a sensor's noise grows with the square root of the light).
 */
export function openCamera(
  { softness, grain }: Camera,
  { size, seed }: { size: number; seed: string },
): (frame: Uint8Array, number: number) => Uint8Array {
  const noise = grainValues ??= grainOfVideo(), soft = new Float32Array(3 * size * size);
  const strengthAt = (value: number) => grain * Math.sqrt((value + 20) / (MID_GREY + 20));
  const strength = Float32Array.from({ length: 256 }, (_, value) => strengthAt(value));
  return (frame, number) => {
    soften(frame, soft, { size, share: softness });
    const exposed = new Uint8ClampedArray(frame.length);
    const offsets = randomStream(seed, "grain", number), room = GRAIN_LENGTH - frame.length;
    // Most of the grain is common to the three colours, the rest is each one's own.
    const common = offsets.below(room), own = offsets.below(room);
    for (let i = 0, pixel = common; i < frame.length; i += 3, pixel++) {
      const shared = 0.85 * noise[pixel];
      for (let c = i; c < i + 3; c++) {
        const value = soft[c];
        exposed[c] = value + strength[value | 0] * (shared + 0.53 * noise[own + c]);
      }
    }
    return new Uint8Array(exposed.buffer);
  };
}
