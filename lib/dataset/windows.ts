import { MEL_BANDS, MEL_SIZE, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { melStart } from "../media/mel.ts";

/** A window whose mel values lie below this on the average has nobody speaking in it. */
const VOICED = -2.9;

/** Start frames at which both 5 frames and 16 mel columns remain. */
export function windowsOf(frames: number, columns: number): number {
  let windows = Math.max(0, frames - SYNC_FRAMES + 1);
  while (windows > 0 && melStart(windows - 1) + MEL_WINDOW > columns) windows--;
  return windows;
}

/** Whether the sync window starting at each frame holds speech: mel [columns, 80] -> one answer a window. */
export function voicedWindows(mel: Float32Array, frames: number): boolean[] {
  const columns = mel.length / MEL_BANDS;
  const sums = new Float64Array(columns);
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
