import { MEL_BANDS, MEL_RATE } from "../base/shapes.ts";
import {
  brokenText,
  canvasPng,
  colourMap,
  drawRaster,
  newCanvas,
  type Raster,
  setFont,
  SOFT_INK,
} from "./canvas.ts";

export { showAudio as showSound, showHtml, type Shown, showPng, showVideo } from "./show.ts";

/** One row of a contact sheet: RGB24 frames, all of the sheet's size; an absent frame leaves its place empty. */
export interface SheetRow {
  label: string;
  frames: (Uint8Array | undefined)[];
}

export interface SheetOptions {
  /** Size of every frame, in pixels. */
  width: number;
  height: number;
  title?: string;
  /** What was drawn from what: data, preset, seed. */
  caption?: string;
  columnLabels?: string[];
  /** Units on the sheet to one pixel of a frame; by default the sheet is at most 760 units wide. */
  zoom?: number;
  /** Pixels to the unit. */
  scale?: number;
}

const MARGIN = 8, GAP = 4, SHEET_WIDTH = 760;

/**
 * Draws rows of frames under each other, labels at the left and above the columns, as a PNG: the same moments of
 * several videos (original, masked input, generated, ...), a column a moment.
 */
export function contactSheet(rows: SheetRow[], options: SheetOptions): Uint8Array {
  const { width, height, title, caption, columnLabels, scale = 2 } = options;
  const columns = Math.max(1, ...rows.map((row) => row.frames.length));
  const labelWidth = rows.some((row) => row.label) ? 96 : 0;
  const room = (SHEET_WIDTH - 2 * MARGIN - labelWidth) / columns - GAP;
  const zoom = options.zoom ?? Math.min(1.5, room / width);
  const cell = { width: width * zoom, height: height * zoom };
  const sheetWidth = Math.max(320, 2 * MARGIN + labelWidth + columns * (cell.width + GAP));

  const captionLines = brokenText(caption ?? "", { size: 10, width: sheetWidth - 2 * MARGIN });
  const top = MARGIN + (title ? 24 : 0) + (columnLabels ? 18 : 0);
  const sheetHeight = top + rows.length * (cell.height + GAP) + captionLines.length * 14 + MARGIN;

  const { canvas, context } = newCanvas(sheetWidth, sheetHeight, { scale });
  if (title) {
    setFont(context, 14, { bold: true });
    context.fillText(title, MARGIN, MARGIN + 13, sheetWidth - 2 * MARGIN);
  }
  const xOf = (column: number) => MARGIN + labelWidth + column * (cell.width + GAP);
  setFont(context, 10, { colour: SOFT_INK, align: "center" });
  columnLabels?.forEach((label, column) => {
    context.fillText(label, xOf(column) + cell.width / 2, top - 6, cell.width);
  });

  rows.forEach(({ label, frames }, row) => {
    const y = top + row * (cell.height + GAP);
    setFont(context, 11);
    const labelLines = brokenText(label, { size: 11, width: labelWidth - 8 });
    labelLines.forEach((line, index) => {
      const middle = y + cell.height / 2 + 4 + 14 * (index - (labelLines.length - 1) / 2);
      context.fillText(line, MARGIN, middle, labelWidth - 8);
    });
    frames.forEach((rgb, column) => {
      if (rgb) drawRaster(context, { rgb, width, height }, { x: xOf(column), y, ...cell });
    });
  });

  setFont(context, 10, { colour: SOFT_INK });
  captionLines.forEach((line, index) => {
    context.fillText(line, MARGIN, sheetHeight - MARGIN - 3 - 14 * (captionLines.length - 1 - index));
  });
  return canvasPng(canvas);
}

/** Every `every`-th frame of one video side by side, numbered, as a PNG; at most `most` of them. */
export function frameStrip(
  frames: Uint8Array[],
  { every = 1, most = 10, label = "", ...options }: SheetOptions & {
    every?: number;
    most?: number;
    label?: string;
  },
): Uint8Array {
  const numbers = frames.map((_, index) => index).filter((index) => index % every === 0).slice(0, most);
  const columnLabels = options.columnLabels ?? numbers.map((index) => `frame ${index}`);
  return contactSheet([{ label, frames: numbers.map((index) => frames[index]) }], {
    ...options,
    columnLabels,
  });
}

/** A mel spectrogram [columns, 80] (time-major, in [-4, 4]) as an image: one pixel a value, low bands at the bottom. */
export function melRaster(mel: Float32Array): Raster {
  const columns = mel.length / MEL_BANDS, rows = new Float32Array(mel.length);
  for (let column = 0; column < columns; column++) {
    for (let band = 0; band < MEL_BANDS; band++) {
      rows[(MEL_BANDS - 1 - band) * columns + column] = mel[column * MEL_BANDS + band];
    }
  }
  return colourMap(rows, { width: columns, height: MEL_BANDS, low: -4, high: 4, scheme: "viridis" });
}

/** Steps of about a tenth of `range`, of 1, 2 or 5 in some decade. */
function tickStep(range: number): number {
  const decade = 10 ** Math.floor(Math.log10(range / 5));
  return decade * [1, 2, 5, 10].find((step) => range / (step * decade) <= 10)!;
}

/**
 * A mel spectrogram [columns, 80] with its axes, as a PNG: seconds (from `start`) to the right, bands upwards.
 * `marks` are upright lines at seconds, such as the phonemes' beginnings, with a short label each.
 */
export function melImage(
  mel: Float32Array,
  { title = "Mel spectrogram", caption, start = 0, marks = [], width = SHEET_WIDTH, height = 160, scale = 2 }:
    {
      title?: string;
      caption?: string;
      start?: number;
      marks?: { second: number; label: string }[];
      width?: number;
      height?: number;
      scale?: number;
    } = {},
): Uint8Array {
  const box = { x: 44, y: 36 + (marks.length ? 12 : 0), width: width - 44 - 62, height };
  const bottom = box.y + height;
  const { canvas, context } = newCanvas(width, bottom + 40 + (caption ? 18 : 0), { scale });
  setFont(context, 14, { bold: true });
  context.fillText(title, MARGIN, 22, width - 2 * MARGIN);
  drawRaster(context, melRaster(mel), { ...box, smooth: false });

  const duration = mel.length / MEL_BANDS / MEL_RATE;
  const xOf = (second: number) => box.x + box.width * (second - start) / duration;
  setFont(context, 10, { align: "center" });
  const step = tickStep(duration), first = Math.ceil(start / step - 1e-9);
  for (let tick = first; tick * step <= start + duration + 1e-9; tick++) {
    context.fillRect(xOf(tick * step) - 0.5, bottom, 1, 4);
    context.fillText(String(Number((tick * step).toFixed(6))), xOf(tick * step), bottom + 16);
  }
  context.fillText("time (s)", box.x + box.width / 2, bottom + 32);
  setFont(context, 10, { align: "right" });
  for (const band of [0, 20, 40, 60, 79]) {
    const y = bottom - height * (band + 0.5) / MEL_BANDS;
    context.fillRect(box.x - 4, y - 0.5, 4, 1);
    context.fillText(String(band), box.x - 7, y + 3.5);
  }
  context.save();
  context.translate(12, box.y + height / 2);
  context.rotate(-Math.PI / 2);
  setFont(context, 10, { align: "center" });
  context.fillText("mel band", 0, 0);
  context.restore();

  const scaleBar = Float32Array.from({ length: 64 }, (_, index) => 63 - index);
  const bar = colourMap(scaleBar, { width: 1, height: 64, low: 0, high: 63, scheme: "viridis" });
  drawRaster(context, bar, { x: width - 50, y: box.y, width: 9, height, smooth: false });
  setFont(context, 8, { colour: SOFT_INK });
  context.fillText("0 dB", width - 38, box.y + 8);
  context.fillText("−100 dB", width - 38, bottom);

  setFont(context, 9, { align: "center" });
  for (const { second, label } of marks) {
    if (second < start || second > start + duration) continue;
    context.fillText(label, xOf(second), box.y - 4);
    context.save();
    context.fillStyle = "rgba(255,255,255,0.7)";
    context.fillRect(xOf(second) - 0.5, box.y, 1, height);
    context.restore();
  }
  if (caption) {
    setFont(context, 10, { colour: SOFT_INK });
    context.fillText(caption, MARGIN, bottom + 50, width - 2 * MARGIN);
  }
  return canvasPng(canvas);
}
