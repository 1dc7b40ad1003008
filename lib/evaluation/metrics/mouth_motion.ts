import { SAMPLES_A_FRAME } from "../../base/shapes.ts";

/** Half the span over which the level of a frame is measured: vowels last two frames or more. */
const HALF_SPAN = SAMPLES_A_FRAME;
/** Level of silence, dB of full scale. */
const FLOOR = -80;

/**
 * Pearson's correlation of two courses over the frames that both have, leaving out those where one is NaN; NaN when
 * fewer than two are left or one course does not move at all.
 */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let n = 0, meanA = 0, meanB = 0, aa = 0, bb = 0, ab = 0;
  for (let t = 0; t < Math.min(a.length, b.length); t++) {
    if (Number.isNaN(a[t]) || Number.isNaN(b[t])) continue;
    n++;
    const fromA = a[t] - meanA, fromB = b[t] - meanB;
    meanA += fromA / n;
    meanB += fromB / n;
    aa += fromA * (a[t] - meanA);
    bb += fromB * (b[t] - meanB);
    ab += fromA * (b[t] - meanB);
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

/** Level of 16-bit sound around the middle of each frame (over 80 ms): [frames] dB below full scale, -80 at least. */
export function frameLevels(audio: Int16Array, frames: number): Float32Array {
  const levels = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    const middle = (frame + 0.5) * SAMPLES_A_FRAME;
    const from = Math.max(0, middle - HALF_SPAN), to = Math.min(audio.length, middle + HALF_SPAN);
    let power = 0;
    for (let k = from; k < to; k++) power += (audio[k] / 32768) ** 2;
    levels[frame] = Math.max(FLOOR, 10 * Math.log10(power / Math.max(1, to - from)));
  }
  return levels;
}

/**
 * Correlation of mouth opening and sound level at each shift from -most to most frames. The shift is that of the sync
 * judge: at a peak above 0 the sound is early, the image's frame t goes with the sound of frame t - shift.
 */
export function correlationByShift(
  { openings, levels }: { openings: ArrayLike<number>; levels: ArrayLike<number> },
  most = 12,
): { shift: number; correlation: number }[] {
  return Array.from({ length: 2 * most + 1 }, (_, k) => {
    const shift = k - most;
    const images = Array.from(openings).slice(Math.max(0, shift)), sounds = Array.from(levels);
    return { shift, correlation: correlation(images, sounds.slice(Math.max(0, -shift))) };
  });
}
