import { FACE_BYTES, FACE_SIZE, FRAME_RATE } from "../base/shapes.ts";
import type { Clip } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import { brokenText, canvasPng, drawRaster, drawText, MARGIN, NOTE, page, type PageText } from "./canvas.ts";
import { faceRaster } from "./raster.ts";
import { WIDTH } from "./style.ts";

/** One row of a contact sheet: crops [96, 96, 3]. */
export interface SheetRow {
  label: string;
  frames: Uint8Array[];
}

export interface SheetOptions extends PageText {
  columnLabels?: string[];
  /** Units on the sheet to one pixel of a crop; by default the sheet is at most 760 units wide. */
  zoom?: number;
}

const GAP = 4, LABEL = 96, LEAST_WIDTH = 320;

/**
 * Draws rows of crops under each other, labels at the left and above the columns, as a PNG: the same moments of
 * several videos (original, masked input, generated, ...), a column a moment.
 */
export function contactSheet(
  rows: SheetRow[],
  { columnLabels, zoom, ...text }: SheetOptions = {},
): Uint8Array {
  const columns = Math.max(1, ...rows.map(({ frames }) => frames.length));
  const labels = rows.some(({ label }) => label) ? LABEL : 0, head = columnLabels ? 18 : 0;
  const room = (WIDTH - 2 * MARGIN - labels) / columns - GAP;
  const side = FACE_SIZE * (zoom ?? Math.min(1.5, room / FACE_SIZE));
  const width = Math.max(LEAST_WIDTH, 2 * MARGIN + labels + columns * (side + GAP));
  const { canvas, context, top } = page(head + rows.length * (side + GAP), {
    ...text,
    ...{ width, foot: [11, 11, MARGIN] },
  });
  const xOf = (column: number) => MARGIN + labels + column * (side + GAP);
  columnLabels?.forEach((label, column) => {
    const x = xOf(column) + side / 2;
    drawText(context, label, { ...NOTE, x, y: top + head - 6, width: side, align: "center" });
  });
  rows.forEach(({ label, frames }, row) => {
    const y = top + head + row * (side + GAP);
    const lines = brokenText(label, { size: 11, width: labels - 8 });
    lines.forEach((line, k) => {
      const middle = y + side / 2 + 4 + 14 * (k - (lines.length - 1) / 2);
      drawText(context, line, { x: MARGIN, y: middle, width: labels - 8, size: 11 });
    });
    frames.forEach((face, column) => {
      drawRaster(context, faceRaster(face), { x: xOf(column), y, width: side, height: side });
    });
  });
  return canvasPng(canvas);
}

/** Moments of a video, by its frames, as a sheet's columns name them. */
export const inSeconds = (frames: number[]): string[] =>
  frames.map((frame) => `${(frame / FRAME_RATE).toFixed(2)} s`);

/** What a generator made of one prepared clip, and was given for it. */
export interface GeneratedVideos {
  /** The crop that showed it the face. */
  reference: Uint8Array;
  /** Redrawn to the clip's own sound: crops [96, 96, 3], one a frame. */
  own: Uint8Array[];
  /** Redrawn to the sound of another clip. */
  foreign: Uint8Array[];
  /** The clip that gave that sound. */
  other: Clip;
}

/** A crop as the generator is given it: its lower half black. */
const masked = (face: Uint8Array): Uint8Array => face.map((value, k) => k < FACE_BYTES / 2 ? value : 0);

/**
 * A contact sheet of a clip that was redrawn: original, masked input, reference, generated, generated with another
 * clip's sound, and the video of that sound, seven moments from left to right. Returns a PNG.
 */
export function generatedSheet(
  clip: Clip,
  { reference, own, foreign, other }: GeneratedVideos,
  text: SheetOptions = {},
): Uint8Array {
  const frames = Math.min(own.length, foreign.length);
  // The ends, where little is said, are left out.
  const times = Array.from({ length: 7 }, (_, k) => Math.round((k + 1.5) * frames / 9));
  const row = (label: string, faceOf: (t: number) => Uint8Array) => ({ label, frames: times.map(faceOf) });
  return contactSheet([
    row("original", (t) => faceAt(clip, t)),
    row("masked input", (t) => masked(faceAt(clip, t))),
    row("reference", () => reference),
    row("generated", (t) => own[t]),
    row("generated, another clip's sound", (t) => foreign[t]),
    row("film of that sound", (t) => faceAt(other, t)),
  ], { columnLabels: inSeconds(times), scale: 1.5, ...text });
}
