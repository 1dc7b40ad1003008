import { levelOf, SILENCE_DB } from "../media/audio.ts";
import { Reject } from "./rejection.ts";

/** Fewer frames than this hold no window to learn from. */
export const FEWEST_FRAMES = 15;
/** Level of an audio in dB of full scale; throws Reject when it is empty or too quiet to be speech. */
export function checkAudio(audio: Float32Array | Int16Array): number {
  const level = levelOf(audio);
  if (audio.length === 0) throw new Reject("no-sound", "its sound track is empty");
  if (level < SILENCE_DB) throw new Reject("silent", `its sound has ${level.toFixed(0)} dB of full scale`);
  return level;
}

/** Means of the boxes for the manifest: centre and size in pixels, movement from frame to frame over size. */
export function boxStatistics(boxes: Float32Array) {
  const frames = boxes.length / 4;
  let x = 0, y = 0, size = 0, moved = 0;
  for (let i = 0; i < boxes.length; i += 4) {
    x += (boxes[i] + boxes[i + 2]) / 2;
    y += (boxes[i + 1] + boxes[i + 3]) / 2;
    size += (boxes[i + 2] - boxes[i] + boxes[i + 3] - boxes[i + 1]) / 2;
    if (i === 0) continue;
    const dx = boxes[i] + boxes[i + 2] - boxes[i - 4] - boxes[i - 2];
    const dy = boxes[i + 1] + boxes[i + 3] - boxes[i - 3] - boxes[i - 1];
    moved += Math.hypot(dx, dy) / 2;
  }
  return {
    box_x_mean: x / frames,
    box_y_mean: y / frames,
    box_size_mean: size / frames,
    box_jitter: moved / Math.max(1, frames - 1) / (size / frames),
  };
}
