/** What the networks see and hear of a clip, as numbers: windows of its mel and its face crops. */
import { FACE_BYTES, MEL_BANDS, MEL_SIZE, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { melStart } from "../media/mel.ts";

/** A window whose mel values lie below this on the average has nobody speaking in it. */
const VOICED = -2.9;
/** The mel scale's floor, which stands for what lies before and after the audio. */
export const SILENCE = -4;
/** First byte of a face's lower half. */
const LOWER_BYTE = FACE_BYTES / 2;
/** A byte as a share of 255; looked up, since a batch asks for millions. */
const UNIT = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Start frames at which both 5 frames and 16 mel columns remain. */
export function windowsOf(frames: number, columns: number): number {
  let windows = Math.max(0, frames - SYNC_FRAMES + 1);
  while (windows > 0 && melStart(windows - 1) + MEL_WINDOW > columns) windows--;
  return windows;
}

/** The frames of the sync window that starts at one. */
export const windowFrames = (start: number) => Array.from({ length: SYNC_FRAMES }, (_, f) => start + f);

/** Whether the sync window starting at each frame holds speech: mel [columns, 80] -> one answer a window. */
export function voicedWindows(mel: Float32Array, frames: number): boolean[] {
  const columns = mel.length / MEL_BANDS, sums = new Float64Array(columns);
  for (let column = 0, k = 0; column < columns; column++) {
    for (let band = 0; band < MEL_BANDS; band++, k++) sums[column] += mel[k];
  }
  return Array.from({ length: windowsOf(frames, columns) }, (_, frame) => {
    const from = melStart(frame);
    let sum = 0;
    for (let column = from; column < from + MEL_WINDOW; column++) sum += sums[column];
    return sum / MEL_SIZE > VOICED;
  });
}

/** Writes the mel window starting at a column as [80, 16] into `out`; what lies outside the audio is silence. */
export function melWindow(
  clip: { mel: Float32Array; columns: number },
  column: number,
  out: Float32Array,
): void {
  for (let band = 0; band < MEL_BANDS; band++) {
    for (let k = 0; k < MEL_WINDOW; k++) {
      const at = column + k;
      out[band * MEL_WINDOW + k] = at >= 0 && at < clip.columns ? clip.mel[at * MEL_BANDS + band] : SILENCE;
    }
  }
}

/** Frame of a clip whose mouth is the most closed: the reference that gives no mouth shape away. */
export function closedFrame({ frames, mouth }: { frames: number; mouth: Float32Array }): number {
  let closed = 0;
  for (let t = 1; t < frames; t++) if (mouth[2 * t] < mouth[2 * closed]) closed = t;
  return closed;
}

/** The mel window that the generator hears for a frame: 200 ms centred on the frame. */
export const generatorColumn = (frame: number): number => melStart(frame - 2);

/** The RGB crop [96, 96, 3] of one frame. */
export const faceAt = (clip: { faces: Uint8Array }, frame: number): Uint8Array =>
  clip.faces.subarray(frame * FACE_BYTES, (frame + 1) * FACE_BYTES);

/** Writes a face [96, 96, 3] in 0..1 into `out`. */
export function wholeFace(face: Uint8Array, out: Float32Array): void {
  for (let p = 0; p < FACE_BYTES; p++) out[p] = UNIT[face[p]];
}

/** Writes the lower half of a window's frame `f` in 0..1 into its place among the channels of `out` [48, 96, 15]. */
export function lowerFace(face: Uint8Array, f: number, out: Float32Array): void {
  const channels = 3 * SYNC_FRAMES;
  for (let from = LOWER_BYTE, to = 3 * f; from < FACE_BYTES; from += 3, to += channels) {
    out[to] = UNIT[face[from]];
    out[to + 1] = UNIT[face[from + 1]];
    out[to + 2] = UNIT[face[from + 2]];
  }
}

/** Writes the lower halves of 5 frames as [48, 96, 15] in 0..1 into `out`, frame by frame on the channels. */
export function lowerFaces(clip: { faces: Uint8Array }, start: number, out: Float32Array): void {
  for (let f = 0; f < SYNC_FRAMES; f++) lowerFace(faceAt(clip, start + f), f, out);
}

/** Writes one generator input [96, 96, 6] in 0..1: the pose frame with its lower half black, then the reference frame. */
export function generatorInput(pose: Uint8Array, reference: Uint8Array, out: Float32Array): void {
  for (let from = 0, to = 0; from < FACE_BYTES; from += 3, to += 6) {
    const seen = from < LOWER_BYTE;
    out[to] = seen ? UNIT[pose[from]] : 0;
    out[to + 1] = seen ? UNIT[pose[from + 1]] : 0;
    out[to + 2] = seen ? UNIT[pose[from + 2]] : 0;
    out[to + 3] = UNIT[reference[from]];
    out[to + 4] = UNIT[reference[from + 1]];
    out[to + 5] = UNIT[reference[from + 2]];
  }
}
