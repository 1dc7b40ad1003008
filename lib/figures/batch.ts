import {
  FACE_BYTES,
  FACE_SIZE,
  HALF_FACE,
  LOWER_SIZE,
  MEL_BANDS,
  MEL_SIZE,
  MEL_WINDOW,
  SYNC_FRAMES,
} from "../base/shapes.ts";
import type { GeneratorBatch, SyncBatch } from "../dataset/batches.ts";
import { canvasPng, drawRaster, newCanvas, type Raster, setFont, SOFT_INK } from "./canvas.ts";
import { melRaster } from "./video.ts";

export interface BatchOptions {
  title?: string;
  caption?: string;
  /** Pairs or frames shown, from the batch's first on. */
  most?: number;
  /** A second line under each label, such as a network's probability of sync. */
  notes?: string[];
  /** Pixels to the unit. */
  scale?: number;
}

const WIDTH = 760, MARGIN = 8, GAP = 4, LABEL = 104;

/** A mel window [80, 16], as networks take it, as an image: bands upwards, time to the right. */
function windowRaster(mel: Float32Array): Raster {
  const columns = new Float32Array(mel.length);
  for (let band = 0; band < MEL_BANDS; band++) {
    for (let k = 0; k < MEL_WINDOW; k++) columns[k * MEL_BANDS + band] = mel[band * MEL_WINDOW + k];
  }
  return melRaster(columns);
}

/** Three of the `channels` values of each pixel, from channel `first` on, as an image; values in 0..1. */
function channelsRaster(
  values: Float32Array,
  { width, height, channels, first }: { width: number; height: number; channels: number; first: number },
): Raster {
  const rgb = new Uint8Array(3 * width * height);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) rgb[3 * p + c] = Math.round(255 * values[p * channels + first + c]);
  }
  return { rgb, width, height };
}

/** A canvas for rows of images, with title and caption where they are asked for; `top` is where rows begin. */
function frame(rows: { count: number; height: number }, { title, caption, scale = 1.5 }: BatchOptions) {
  const top = MARGIN + (title ? 24 : 0) + 18;
  const height = top + rows.count * (rows.height + GAP) + (caption ? 18 : 0) + MARGIN;
  const { canvas, context } = newCanvas(WIDTH, height, { scale });
  if (title) {
    setFont(context, 14, { bold: true });
    context.fillText(title, MARGIN, MARGIN + 13, WIDTH - 2 * MARGIN);
  }
  if (caption) {
    setFont(context, 10, { colour: SOFT_INK });
    context.fillText(caption, MARGIN, height - MARGIN - 2, WIDTH - 2 * MARGIN);
  }
  return { canvas, context, top };
}

/**
 * Pairs of a batch for the discriminator, a row each: its label, the lower halves of the 5 frames, and the mel window
 * they are paired with. Returns a PNG.
 */
export function syncBatchImage(batch: SyncBatch, options: BatchOptions = {}): Uint8Array {
  const count = Math.min(batch.size, options.most ?? 6);
  const face = { width: 112, height: 56 };
  const { canvas, context, top } = frame({ count, height: face.height }, options);
  const xOf = (k: number) => MARGIN + LABEL + k * (face.width + GAP);
  const mel = { x: xOf(SYNC_FRAMES) + 8, width: WIDTH - MARGIN - xOf(SYNC_FRAMES) - 8 };
  setFont(context, 10, { colour: SOFT_INK, align: "center" });
  for (let k = 0; k < SYNC_FRAMES; k++) context.fillText(`frame ${k}`, xOf(k) + face.width / 2, top - 5);
  context.fillText("mel, 200 ms", mel.x + mel.width / 2, top - 5);
  for (let row = 0; row < count; row++) {
    const y = top + row * (face.height + GAP), note = options.notes?.[row];
    setFont(context, 11, { bold: true });
    context.fillText(batch.labels[row] > 0.5 ? "in sync (1)" : "off sync (0)", MARGIN, y + (note ? 25 : 32));
    setFont(context, 10, { colour: SOFT_INK });
    if (note) context.fillText(note, MARGIN, y + 41, LABEL - 8);
    const lips = batch.faces.subarray(row * LOWER_SIZE, (row + 1) * LOWER_SIZE);
    for (let k = 0; k < SYNC_FRAMES; k++) {
      const size = { width: FACE_SIZE, height: HALF_FACE, channels: 3 * SYNC_FRAMES, first: 3 * k };
      drawRaster(context, channelsRaster(lips, size), { x: xOf(k), y, ...face });
    }
    const audio = windowRaster(batch.mel.subarray(row * MEL_SIZE, (row + 1) * MEL_SIZE));
    drawRaster(context, audio, { ...mel, y, height: face.height, smooth: false });
  }
  return canvasPng(canvas);
}

/**
 * Frames of a batch for the generator, a column each: the masked pose, the reference, the mel window heard, and the
 * face to be drawn. Returns a PNG.
 */
export function generatorBatchImage(batch: GeneratorBatch, options: BatchOptions = {}): Uint8Array {
  const count = Math.min(batch.size, options.most ?? 6);
  const labels = ["masked pose", "reference", "mel, 200 ms", "target"];
  const side = Math.min(FACE_SIZE, (WIDTH - 2 * MARGIN - LABEL) / count - GAP);
  const { canvas, context, top } = frame({ count: labels.length, height: side }, options);
  const square = { width: FACE_SIZE, height: FACE_SIZE };
  labels.forEach((label, row) => {
    setFont(context, 11);
    context.fillText(label, MARGIN, top + row * (side + GAP) + side / 2 + 4, LABEL - 8);
  });
  for (let k = 0; k < count; k++) {
    const faces = batch.faces.subarray(2 * k * FACE_BYTES, 2 * (k + 1) * FACE_BYTES);
    const target = batch.target.subarray(k * FACE_BYTES, (k + 1) * FACE_BYTES);
    const images = [
      channelsRaster(faces, { ...square, channels: 6, first: 0 }),
      channelsRaster(faces, { ...square, channels: 6, first: 3 }),
      windowRaster(batch.mel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE)),
      channelsRaster(target, { ...square, channels: 3, first: 0 }),
    ];
    const x = MARGIN + LABEL + k * (side + GAP);
    setFont(context, 10, { colour: SOFT_INK, align: "center" });
    context.fillText(options.notes?.[k] ?? `sample ${k + 1}`, x + side / 2, top - 5, side);
    images.forEach((image, row) => {
      const y = top + row * (side + GAP);
      drawRaster(context, image, { x, y, width: side, height: side, smooth: row !== 2 });
    });
  }
  return canvasPng(canvas);
}
