// What systems generate, side by side: the images that go with the paper's tables.
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { writeAtomic } from "../base/files.ts";
import { FRAME_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import { faceAt } from "../dataset/windows.ts";
import type { Pair } from "../evaluation/scoring/pairs.ts";
import { planPairs } from "../evaluation/scoring/pairs.ts";
import { contactSheet, inSeconds, type SheetOptions } from "../figures/contact_sheet.ts";
import { writeSideBySide } from "../figures/video.ts";
import { fromInt16 } from "../media/audio.ts";
import { generatePairs, type NamedRun, type OpenPair, openPairs, speechFrames } from "./dubbed_pairs.ts";

/** Pairs in the video: enough for ten seconds. */
const IN_VIDEO = 4;
/** The first tile's name: its mouth speaks other words unless the pair is a clip with its own sound. */
const REAL_VIDEO = "real film, not dubbed";

/**
 * The same moments of a pair as every system generates them, as a PNG: the video of the face, the video that the sound
 * comes from, whose mouth shows what should be seen, and a row a system. A clip that speaks its own sound has one real
 * row. Throws KitError for an absent clip and for a run without a generator.
 */
export async function systemSheet(
  prepared: string,
  { pair, runs, frames = 8, ...options }: SheetOptions & { pair: Pair; runs: NamedRun[]; frames?: number },
): Promise<Uint8Array> {
  const [opened] = await openPairs(prepared, [pair]), { video, sound } = opened;
  const times = speechFrames(opened, frames), generated = await generatePairs([{ ...opened, times }], runs);
  const real = sound === video
    ? { "real film": video }
    : { "film of the face": video, "film of the sound": sound };
  return contactSheet([
    ...Object.entries(real).map(([label, clip]) => ({ label, frames: times.map((t) => faceAt(clip, t)) })),
    ...runs.map(({ name }, k) => ({ label: name, frames: generated[k][0] })),
  ], { columnLabels: inSeconds(times), ...options });
}

/** What is seen at a frame of the video: a frame of a pair. */
interface Moment {
  pair: number;
  t: number;
}

/** One pair after the other, from the first one again until there are `total` frames. */
export function schedule(frames: number[], total: number): Moment[] {
  const moments: Moment[] = [];
  for (let pair = 0, t = 0; moments.length < total; t++) {
    while (t >= frames[pair]) [pair, t] = [(pair + 1) % frames.length, 0];
    moments.push({ pair, t });
  }
  return moments;
}

/** The sound of what is seen: 640 samples a frame, silence where a clip's sound ends early. */
function audioOf(moments: Moment[], pairs: OpenPair[]): Float32Array {
  const audio = new Float32Array(moments.length * SAMPLES_A_FRAME);
  moments.forEach(({ pair, t }, k) => {
    const samples = pairs[pair].sound.audio.subarray(t * SAMPLES_A_FRAME, (t + 1) * SAMPLES_A_FRAME);
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
export async function writeSystemVideo(
  path: string,
  prepared: string,
  { pairs, runs, seconds = 10 }: { pairs: Pair[]; runs: NamedRun[]; seconds?: number },
): Promise<void> {
  if (pairs.length === 0) throw new KitError("There is no pair to show side by side", "Give at least one");
  const opened = await openPairs(prepared, pairs);
  const moments = schedule(opened.map(({ frames }) => frames), Math.round(seconds * FRAME_RATE));
  const seen = opened.map((one, pair) => {
    const times = new Set(moments.filter((moment) => moment.pair === pair).map(({ t }) => t));
    return { ...one, times: [...times] };
  });
  const generated = await generatePairs(seen, runs);
  const faces = moments.map(({ pair, t }) => [
    faceAt(opened[pair].video, t),
    ...generated.map((system) => system[pair][t]),
  ]);
  const names = [REAL_VIDEO, ...runs.map(({ name }) => name)];
  await writeSideBySide(path, faces, { names, audio: audioOf(moments, opened) });
}

/**
 * Writes `sheet.png`, the same frames of one dubbed video by every system, and `side-by-side.mp4`, ten seconds of them
 * with sound, into a folder. Throws KitError when a system cannot be loaded or the folder is not writable.
 */
export async function writeTableImages(
  prepared: string,
  { folder, runs, clips, caption }: {
    folder: string;
    runs: NamedRun[];
    /** So many pairs were scored; the first of them are shown. */
    clips?: number;
    caption: string;
  },
): Promise<void> {
  const { cross } = await planPairs(prepared, { clips });
  const sheet = await systemSheet(prepared, { pair: cross[0], runs, caption, scale: 1.4 });
  await writeAtomic(join(folder, "sheet.png"), sheet);
  const video = join(folder, "side-by-side.mp4");
  await writeSystemVideo(video, prepared, { pairs: cross.slice(0, IN_VIDEO), runs });
}
