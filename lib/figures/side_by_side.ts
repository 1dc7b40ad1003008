import { faceAt } from "../dataset/windows.ts";
import { KitError } from "../base/errors.ts";
import { FACE_SIZE, FRAME_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import type { Pair } from "../evaluation/scoring/evaluation_list.ts";
import { fromInt16 } from "../media/audio.ts";
import { openVideoWriter } from "../media/writer.ts";
import { canvasRaster, drawRaster, newCanvas, setFont } from "./canvas.ts";
import { generatePairs, type NamedRun, type OpenPair, openPairs } from "./system_sheet.ts";

/** Pixels: a face, the bar with its name above it, and the seams between tiles. */
const SIDE = 192, BAR = 26, SEAM = 4;
const BACKGROUND = "#222222";
/** The first tile's name: its mouth speaks other words unless the pair is a clip with its own sound. */
const REAL_VIDEO = "real film, not dubbed";

/** Where a grid of `tiles` has its tiles, as square as can be, and how large it is. */
export function gridOf(tiles: number) {
  const columns = Math.ceil(Math.sqrt(tiles)), rows = Math.ceil(tiles / columns);
  return {
    width: SEAM + columns * (SIDE + SEAM),
    height: SEAM + rows * (BAR + SIDE + SEAM),
    /** A tile's face; its bar is the 26 pixels above. */
    boxOf: (tile: number) => ({
      x: SEAM + tile % columns * (SIDE + SEAM),
      y: SEAM + Math.floor(tile / columns) * (BAR + SIDE + SEAM) + BAR,
      width: SIDE,
      height: SIDE,
    }),
  };
}

/** The grid with its names and no faces yet. */
function labelledGrid(names: string[]) {
  const grid = gridOf(names.length);
  const { canvas, context } = newCanvas(grid.width, grid.height);
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, grid.width, grid.height);
  names.forEach((name, tile) => {
    const { x, y } = grid.boxOf(tile);
    setFont(context, 13, { colour: "white", align: "center" });
    context.fillText(name, x + SIDE / 2, y - 8, SIDE - 8);
  });
  return { ...grid, canvas, context };
}

/** What is seen at a frame of the video: a frame of a pair. */
interface Shown {
  pair: number;
  t: number;
}

/** One pair after the other, from the first one again until there are `total` frames. */
export function schedule(frames: number[], total: number): Shown[] {
  const shown: Shown[] = [];
  for (let pair = 0, t = 0; shown.length < total; t++) {
    while (t >= frames[pair]) [pair, t] = [(pair + 1) % frames.length, 0];
    shown.push({ pair, t });
  }
  return shown;
}

/** The sound of what is shown: 640 samples a frame, silence where a clip's sound ends early. */
function audioOf(shown: Shown[], videos: OpenPair[]): Float32Array {
  const audio = new Float32Array(shown.length * SAMPLES_A_FRAME);
  shown.forEach(({ pair, t }, k) => {
    const samples = videos[pair].sound.audio.subarray(t * SAMPLES_A_FRAME, (t + 1) * SAMPLES_A_FRAME);
    audio.set(fromInt16(samples), k * SAMPLES_A_FRAME);
  });
  return audio;
}

/**
 * Writes an mp4 of `seconds` with sound in which the real video and every system's speak side by side, a named tile each:
 * the pairs one after the other, from the first one again when they end before, each with its sound. The file has its
 * name only when it is whole. Throws KitError without pairs, for an absent clip, for a run without a generator, and when
 * the place is not writable.
 */
export async function writeSideBySide(
  path: string,
  prepared: string,
  { pairs, runs, seconds = 10 }: { pairs: Pair[]; runs: NamedRun[]; seconds?: number },
): Promise<void> {
  if (pairs.length === 0) throw new KitError("There is no pair to show side by side", "Give at least one");
  const videos = await openPairs(prepared, pairs);
  const shown = schedule(videos.map(({ frames }) => frames), Math.round(seconds * FRAME_RATE));
  const seen = videos.map((video, pair) => {
    const count = shown.reduce((most, one) => one.pair === pair ? Math.max(most, one.t + 1) : most, 0);
    return { ...video, times: Array.from({ length: count }, (_, t) => t) };
  });
  const drawn = await generatePairs(seen, runs);
  const grid = labelledGrid([REAL_VIDEO, ...runs.map(({ name }) => name)]);
  const writer = openVideoWriter(path, {
    width: grid.width,
    height: grid.height,
    audio: audioOf(shown, videos),
  });
  try {
    for (const { pair, t } of shown) {
      [faceAt(videos[pair].video, t), ...drawn.map((faces) => faces[pair][t])].forEach((rgb, tile) => {
        drawRaster(grid.context, { rgb, width: FACE_SIZE, height: FACE_SIZE }, grid.boxOf(tile));
      });
      await writer.write(canvasRaster(grid.canvas).rgb);
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
