/** A frame is cut into this many cells along each side, and each has a histogram of its own. */
const CELLS = 4;
/** Steps of grey of one histogram. */
const BINS = 16;
/** Pixels looked at along each side: enough for a share, however large the frame. */
const SAMPLES = 96;
/**
 * A video's frames must differ this much for a shot change, and this many times more than those around it. Within
 * GRID's clips the most is 0.025; between two of its speakers, before the same wall, 0.15 to 0.54.
 */
const LEAST = 0.12, OUTSTANDING = 4;
/** Frames on either side whose differences tell how much this video moves. */
const AROUND = 8;
/** A flash is over after this many frames: what it lit looks again as before, and no shot changed. */
const FLASH = 2;

/**
 * What a frame looks like, coarsely: histograms of grey in 4 x 4 cells, [256] bytes, each cell's sum about 255.
 * A pixel counts for the two nearest steps of grey, so that a slight change of light changes little.
 */
export function thumbnailOf(frame: Uint8Array, width: number, height: number): Uint8Array {
  const sums = new Float32Array(CELLS * CELLS * BINS), counts = new Float32Array(CELLS * CELLS);
  const across = Math.min(width, SAMPLES), down = Math.min(height, SAMPLES);
  for (let j = 0; j < down; j++) {
    const y = Math.floor((j + 0.5) * height / down), row = Math.floor(CELLS * j / down) * CELLS;
    for (let i = 0; i < across; i++) {
      const at = 3 * (y * width + Math.floor((i + 0.5) * width / across));
      const grey = (frame[at] * 77 + frame[at + 1] * 151 + frame[at + 2] * 28) >> 8;
      const cell = row + Math.floor(CELLS * i / across);
      const place = Math.max(0, Math.min(BINS - 1, grey * BINS / 256 - 0.5));
      const low = Math.min(BINS - 2, Math.floor(place)), share = place - low;
      sums[cell * BINS + low] += 1 - share;
      sums[cell * BINS + low + 1] += share;
      counts[cell]++;
    }
  }
  return Uint8Array.from(sums, (sum, k) => Math.round(255 * sum / counts[Math.floor(k / BINS)]));
}

/** How different two frames look, 0 to 1: half the summed difference of their histograms, mean over the cells. */
export function thumbnailDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += Math.abs(a[k] - b[k]);
  return sum / (2 * 255 * CELLS * CELLS);
}

/** The shot changes of a video. */
export interface Shots {
  /** Frames that begin a new shot; 0 is not among them. */
  starts: number[];
  /** Difference of each frame to the one before it, [frames]; 0 for the first. */
  differences: Float32Array;
}

/**
 * Finds where a video cuts from one shot to another, given the thumbnails of its frames: a frame that differs from the one
 * before by 0.12 or more, four times more than the frames around do (a moving camera is no cut), and that does not
 * look as before two frames later or as three frames ago (a flash is no cut). Dissolves and fades are not found, nor
 * cuts between two takes that look alike.
 */
export function findShots(thumbnails: Uint8Array[]): Shots {
  const differences = new Float32Array(thumbnails.length);
  for (let t = 1; t < thumbnails.length; t++) {
    differences[t] = thumbnailDifference(thumbnails[t - 1], thumbnails[t]);
  }
  const starts: number[] = [];
  for (let t = 1; t < thumbnails.length; t++) {
    if (differences[t] < LEAST) continue;
    const near = [
      ...differences.subarray(Math.max(1, t - AROUND), t),
      ...differences.subarray(t + 1, t + 1 + AROUND),
    ].sort((a, b) => a - b);
    const usual = near.length > 0 ? near[near.length >> 1] : 0;
    const later = thumbnails[Math.min(thumbnails.length - 1, t + FLASH)],
      earlier = thumbnails[Math.max(0, t - 1 - FLASH)];
    if (
      differences[t] > OUTSTANDING * usual && thumbnailDifference(thumbnails[t - 1], later) >= LEAST &&
      thumbnailDifference(earlier, thumbnails[t]) >= LEAST
    ) starts.push(t);
  }
  return { starts, differences };
}
