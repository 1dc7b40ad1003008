import { FACE_SIZE, FRAME_RATE } from "../base/shapes.ts";
import type { Clip } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import { closedFrame } from "../inference/generate.ts";
import { contactSheet, type SheetOptions } from "./video.ts";

/** The videos of one prepared clip that a sheet shows under each other. */
export interface GeneratedVideos {
  /** Redrawn to the clip's own sound: crops [96, 96, 3], one a frame. */
  own: Uint8Array[];
  /** Redrawn to the sound of another clip. */
  foreign: Uint8Array[];
  /** The clip that gave that sound. */
  other: Clip;
}

/** A crop as the generator is given it: its lower half black. */
export const masked = (face: Uint8Array): Uint8Array =>
  face.map((value, k) => k < face.length / 2 ? value : 0);

/**
 * A contact sheet of a clip that was redrawn: original, masked input, reference, generated, generated with another
 * clip's sound, and the video of that sound, `columns` moments from left to right. Returns a PNG.
 */
export function generatedSheet(
  clip: Clip,
  { own, foreign, other }: GeneratedVideos,
  { columns = 7, scale = 1.5, ...words }: Omit<SheetOptions, "width" | "height"> & { columns?: number } = {},
): Uint8Array {
  const frames = Math.min(own.length, foreign.length);
  // The ends, where little is said, are left out.
  const times = Array.from({ length: columns }, (_, k) => Math.round((k + 1.5) * frames / (columns + 2)));
  const reference = faceAt(clip, closedFrame(clip));
  return contactSheet([
    { label: "original", frames: times.map((t) => faceAt(clip, t)) },
    { label: "masked input", frames: times.map((t) => masked(faceAt(clip, t))) },
    { label: "reference", frames: times.map(() => reference) },
    { label: "generated", frames: times.map((t) => own[t]) },
    { label: "generated, another clip's sound", frames: times.map((t) => foreign[t]) },
    { label: "film of that sound", frames: times.map((t) => faceAt(other, t)) },
  ], {
    width: FACE_SIZE,
    height: FACE_SIZE,
    columnLabels: times.map((t) => `${(t / FRAME_RATE).toFixed(2)} s`),
    scale,
    ...words,
  });
}
