import { type Clip, loadClip } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import { type ManifestRow, readSelected } from "../dataset/manifest.ts";
import { KitError } from "../base/errors.ts";
import type { Pair } from "../evaluation/scoring/evaluation_list.ts";
import { openSystem } from "../evaluation/scoring/evaluated_system.ts";
import { generateClip } from "../inference/generate.ts";
import { Progress } from "../base/progress.ts";
import { FACE_SIZE, FRAME_RATE, SYNC_FRAMES } from "../base/shapes.ts";
import { contactSheet, type SheetOptions } from "./video.ts";

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

async function clipOf(prepared: string, rows: ManifestRow[], id: string): Promise<Clip> {
  const row = rows.find((one) => one.id === id);
  if (row) return await loadClip(prepared, row);
  throw new KitError(
    `${prepared} has no clip ${id} that its filters keep`,
    "Name clips of its manifest as speaker/clip",
  );
}

/** Reads pairs of a prepared folder's clips. Throws KitError when a clip is absent or damaged. */
export async function openPairs(prepared: string, pairs: Pair[]): Promise<OpenPair[]> {
  const rows = await readSelected(prepared), videos: OpenPair[] = [];
  for (const pair of pairs) {
    const video = await clipOf(prepared, rows, pair.video);
    const sound = pair.sound === pair.video ? video : await clipOf(prepared, rows, pair.sound);
    videos.push({ video, sound, frames: Math.min(video.frames, sound.frames) });
  }
  return videos;
}

/**
 * Some frames of each pair as several systems redraw them, of which one at a time is in memory: crops [96, 96, 3] by
 * system, pair and place in the pair's `times`. Throws KitError when a run holds no generator.
 */
export async function generatePairs(
  videos: (OpenPair & { times: number[] })[],
  runs: NamedRun[],
): Promise<Uint8Array[][][]> {
  const progress = new Progress("redrawing", runs.length * videos.length, { unit: "clips" });
  const drawn: Uint8Array[][][] = [];
  try {
    for (const [k, { run }] of runs.entries()) {
      const { generate, dispose } = await openSystem(run);
      try {
        drawn.push(videos.map(({ video, sound, times }, n) => {
          const faces = generateClip(generate, video, { audio: sound, times });
          progress.update(k * videos.length + n + 1);
          return faces;
        }));
      } finally {
        dispose();
      }
    }
  } finally {
    progress.stop();
  }
  return drawn;
}

/**
 * `count` frames spread evenly over those in the middle of a window of speech; over all frames where speech has fewer.
 */
export function speechFrames(
  { sound, frames }: Pick<OpenPair, "sound" | "frames">,
  count: number,
): number[] {
  const all = Array.from({ length: frames }, (_, t) => t);
  const spoken = all.filter((t) => sound.voiced[t - (SYNC_FRAMES >> 1)]);
  const among = spoken.length >= count ? spoken : all;
  return Array.from({ length: count }, (_, k) => among[Math.floor((k + 0.5) * among.length / count)]);
}

/**
 * The same moments of a pair as every system draws them, as a PNG: the video of the face, the video that the sound comes
 * from, whose mouth shows what should be seen, and a row a system. A clip that speaks its own sound has one real row.
 * Throws KitError for an absent clip and for a run without a generator.
 */
export async function systemSheet(
  prepared: string,
  { pair, runs, frames = 8, ...options }: Omit<SheetOptions, "width" | "height"> & {
    pair: Pair;
    runs: NamedRun[];
    frames?: number;
  },
): Promise<Uint8Array> {
  const [film] = await openPairs(prepared, [pair]);
  const { video, sound } = film, times = speechFrames(film, frames);
  const drawn = await generatePairs([{ ...film, times }], runs);
  const real = [
    { label: "film of the face", frames: times.map((t) => faceAt(video, t)) },
    { label: "film of the sound", frames: times.map((t) => faceAt(sound, t)) },
  ];
  const made = runs.map(({ name }, k) => ({ label: name, frames: drawn[k][0] }));
  return contactSheet([...(sound === video ? [{ ...real[0], label: "real film" }] : real), ...made], {
    width: FACE_SIZE,
    height: FACE_SIZE,
    columnLabels: times.map((t) => `${(t / FRAME_RATE).toFixed(2)} s`),
    ...options,
  });
}
