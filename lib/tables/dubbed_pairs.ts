// The same pairs of clips dubbed by several systems: what the images beside the paper's tables show.
import { KitError } from "../base/errors.ts";
import { Progress } from "../base/progress.ts";
import { SYNC_FRAMES } from "../base/shapes.ts";
import { type Clip, loadClip } from "../dataset/dataset.ts";
import { readSelected } from "../dataset/manifest.ts";
import { openSystem } from "../evaluation/scoring/evaluated_system.ts";
import type { Pair } from "../evaluation/scoring/pairs.ts";
import { generateClip } from "../inference/generate.ts";

/** A trained system, under the name that it has in the figure. */
export interface NamedRun {
  name: string;
  run: string;
}

/** A pair of clips in memory. */
export interface OpenPair {
  /** The clip whose face is seen, and the one whose sound is spoken. */
  video: Clip;
  sound: Clip;
  /** Frames that both have. */
  frames: number;
}

/** Reads pairs of a prepared folder's clips. Throws KitError when a clip is absent or damaged. */
export async function openPairs(prepared: string, pairs: Pair[]): Promise<OpenPair[]> {
  const rows = await readSelected(prepared);
  const clipOf = async (id: string): Promise<Clip> => {
    const row = rows.find((one) => one.id === id);
    if (row) return await loadClip(prepared, row);
    const problem = `${prepared} has no clip ${id} that its filters keep`;
    throw new KitError(problem, "Name clips of its manifest as speaker/clip");
  };
  const opened: OpenPair[] = [];
  for (const pair of pairs) {
    const video = await clipOf(pair.video),
      sound = pair.sound === pair.video ? video : await clipOf(pair.sound);
    opened.push({ video, sound, frames: Math.min(video.frames, sound.frames) });
  }
  return opened;
}

/**
 * Some frames of each pair as several systems redraw them, of which one at a time is in memory: crops [96, 96, 3] by
 * system, pair and place in the pair's `times`. Throws KitError when a run holds no generator.
 */
export async function generatePairs(
  pairs: (OpenPair & { times: number[] })[],
  runs: NamedRun[],
): Promise<Uint8Array[][][]> {
  using progress = new Progress("redrawing", runs.length * pairs.length, { unit: "clips" });
  const generated: Uint8Array[][][] = [];
  for (const [k, { run }] of runs.entries()) {
    const { generate, dispose } = await openSystem(run);
    try {
      generated.push(pairs.map(({ video, sound, times }, n) => {
        const faces = generateClip(generate, video, { audio: sound, times });
        progress.update(k * pairs.length + n + 1);
        return faces;
      }));
    } finally {
      dispose();
    }
  }
  return generated;
}

/**
 * `count` frames spread evenly over those in the middle of a window of speech; over all frames where speech has fewer.
 */
export function speechFrames({ sound, frames }: Pick<OpenPair, "sound" | "frames">, count: number): number[] {
  const all = Array.from({ length: frames }, (_, t) => t);
  const spoken = all.filter((t) => sound.voiced[t - (SYNC_FRAMES >> 1)]);
  const among = spoken.length >= count ? spoken : all;
  return Array.from({ length: count }, (_, k) => among[Math.floor((k + 0.5) * among.length / count)]);
}
