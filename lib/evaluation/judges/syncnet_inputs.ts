import { SAMPLES_A_FRAME } from "../../base/shapes.ts";
import { CEPSTRA, mfcc } from "../../media/mfcc.ts";

/** Side of the frames that SyncNet sees, in pixels. */
export const SYNCNET_SIDE = 224;
/** MFCC columns beside a window of 5 frames, and columns a frame. */
const COLUMNS = 20, COLUMNS_A_FRAME = 4;

/**
 * How whole frames become SyncNet's images. The two do not compare:
 * "LRS": the whole frame, drawn to 224 x 224 whatever its shape (Wav2Lip's calculate_scores_LRS.py);
 * "real videos": the face and its surroundings, by crop scale 0.4 (syncnet_python's run_pipeline.py).
 */
export type SyncnetProtocol = "LRS" | "real videos";

/** How much more than the face is shown: the published crop scale. */
const CROP_SCALE = 0.4;
/** What lies beyond the frame's border. */
const PAD_VALUE = 110;
/** Frames over which the face's place and size are smoothed, by their median. */
const MEDIAN = 13;

/** An RGB image, [height, width, 3] bytes. */
export interface Raster {
  rgb: Uint8Array;
  width: number;
  height: number;
}

/** Weights are whole numbers that sum to this. */
const ONE = 2048;

/** For each of 224 outputs two source pixels and their weights; beyond the border the border's pixel stands for both. */
function axis(length: number): Record<"first" | "second" | "near" | "far", Int32Array> {
  const [first, second, near, far] = [0, 1, 2, 3].map(() => new Int32Array(SYNCNET_SIDE));
  for (let i = 0; i < SYNCNET_SIDE; i++) {
    const place = Math.fround((i + 0.5) * length / SYNCNET_SIDE - 0.5), at = Math.floor(place);
    first[i] = Math.min(length - 1, Math.max(0, at));
    second[i] = Math.min(length - 1, at + 1);
    const share = Math.fround(place - at);
    near[i] = roundedToEven(ONE * Math.fround(1 - share));
    far[i] = roundedToEven(ONE * share);
  }
  return { first, second, near, far };
}

/** The nearest whole number; of two that are as near the even one. */
function roundedToEven(value: number): number {
  const below = Math.floor(value), rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Draws an image to 224 x 224 as cv2.resize does by default: bilinear between pixel centres, without smoothing when it
 * shrinks, in its fixed-point arithmetic, byte for byte. That cuts digits off, so its images are 0.13 levels darker in
 * the mean than rounding would make them: one part in a thousand of LSE-C.
 */
export function toSyncnetSize({ rgb, width, height }: Raster): Uint8Array {
  const across = axis(width), down = axis(height);
  const out = new Uint8Array(SYNCNET_SIDE * SYNCNET_SIDE * 3);
  for (let y = 0, to = 0; y < SYNCNET_SIDE; y++) {
    const above = down.first[y] * width, below = down.second[y] * width;
    const upper = down.near[y], lower = down.far[y];
    for (let x = 0; x < SYNCNET_SIDE; x++) {
      const left = across.first[x], right = across.second[x], u = across.near[x], v = across.far[x];
      for (let c = 0; c < 3; c++, to++) {
        const top = rgb[3 * (above + left) + c] * u + rgb[3 * (above + right) + c] * v;
        const bottom = rgb[3 * (below + left) + c] * u + rgb[3 * (below + right) + c] * v;
        out[to] = ((upper * (top >> 4) >> 16) + (lower * (bottom >> 4) >> 16) + 2) >> 2;
      }
    }
  }
  return out;
}

/** Running median over 13 values with zeros beyond both ends, as scipy.signal.medfilt. */
function medianFilter(values: Float64Array): Float64Array {
  const reach = MEDIAN >> 1;
  return values.map((_, k) => {
    const near = Float64Array.from({ length: MEDIAN }, (_, i) => values[k - reach + i] ?? 0);
    return near.sort()[reach];
  });
}

/** A face's place in one frame: its middle and half the longer side of its box, in pixels. */
export interface TrackedFace {
  x: number;
  y: number;
  s: number;
}

/** The smoothed track of face boxes x0, y0, x1, y1, one a frame: [frames, 4] -> [frames]. */
export function syncnetTrack(boxes: ArrayLike<number>): TrackedFace[] {
  const frames = boxes.length / 4;
  const course = (of: (x0: number, y0: number, x1: number, y1: number) => number) =>
    medianFilter(Float64Array.from({ length: frames }, (_, t) => {
      const [x0, y0, x1, y1] = [0, 1, 2, 3].map((side) => boxes[4 * t + side]);
      return of(x0, y0, x1, y1);
    }));
  const x = course((x0, _, x1) => (x0 + x1) / 2), y = course((_, y0, __, y1) => (y0 + y1) / 2);
  const s = course((x0, y0, x1, y1) => Math.max(y1 - y0, x1 - x0) / 2);
  return Array.from(x, (_, t) => ({ x: x[t], y: y[t], s: s[t] }));
}

/**
 * The part of a frame that SyncNet sees of a tracked face: from s above its middle to 1.8 s below it and 1.4 s to either
 * side, grey (110) beyond the frame's border, drawn to 224 x 224. Null where the smoothed track is empty.
 */
export function syncnetCrop(frame: Raster, { x, y, s }: TrackedFace): Uint8Array | null {
  const pad = Math.trunc(s * (1 + 2 * CROP_SCALE));
  // Truncated after the padding is added, as published; the cut then lies `pad` to the left and above.
  const top = Math.trunc(y + pad - s) - pad, bottom = Math.trunc(y + pad + s * (1 + 2 * CROP_SCALE)) - pad;
  const reach = s * (1 + CROP_SCALE);
  const left = Math.trunc(x + pad - reach) - pad, right = Math.trunc(x + pad + reach) - pad;
  const width = right - left, height = bottom - top;
  if (width < 1 || height < 1) return null;
  const rgb = new Uint8Array(width * height * 3).fill(PAD_VALUE);
  const from = Math.max(0, left), to = Math.min(frame.width, right);
  for (let line = Math.max(0, top); line < Math.min(frame.height, bottom) && from < to; line++) {
    const start = (line * frame.width + from) * 3;
    rgb.set(
      frame.rgb.subarray(start, start + 3 * (to - from)),
      ((line - top) * width + from - left) * 3,
    );
  }
  return toSyncnetSize({ rgb, width, height });
}

/** What preparing adds to the landmarks' box, in heights of it (see `trackSpeaker`). */
const ADDED = { top: 0.04, bottom: 0.12 };
/** How far a face detector's box reaches above the brows, in heights from brow to chin. */
const FOREHEAD = 0.3;

/**
 * Face boxes such as a detector gives (forehead to chin), from the crop boxes of a prepared clip: [frames, 4] both. The
 * published pipeline has its boxes from S3FD; these come from landmarks, with 30 % of the face's height added for the
 * forehead, so crops agree in kind and not to the pixel.
 */
export function detectorBoxes(crops: ArrayLike<number>): Float32Array {
  const boxes = Float32Array.from(crops);
  for (let k = 0; k < boxes.length; k += 4) {
    const height = (crops[k + 3] - crops[k + 1]) / (1 + ADDED.top + ADDED.bottom);
    boxes[k + 1] += (ADDED.top - FOREHEAD) * height;
    boxes[k + 3] -= ADDED.bottom * height;
  }
  return boxes;
}

/** Windows that SyncNet's evaluation looks at: min(frames, floor(samples / 640)) - 5, one fewer than would fit. */
export const syncnetWindows = (frames: number, samples: number): number =>
  Math.max(0, Math.min(frames, Math.floor(samples / SAMPLES_A_FRAME)) - 5);

/** The MFCC beside each window of 5 frames, columns 4 i to 4 i + 19: sound -> [windows] of [13, 20]. */
export function mfccWindows(audio: Int16Array, windows: number): Float32Array[] {
  const cepstra = mfcc(audio);
  return Array.from({ length: windows }, (_, k) => {
    const at = (n: number, column: number) => cepstra[(COLUMNS_A_FRAME * k + column) * CEPSTRA + n];
    return Float32Array.from(
      { length: CEPSTRA * COLUMNS },
      (_, i) => at(Math.floor(i / COLUMNS), i % COLUMNS),
    );
  });
}
