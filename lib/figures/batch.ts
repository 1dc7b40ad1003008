import { FACE_BYTES, FACE_SIZE, HALF_FACE, LOWER_SIZE, MEL_SIZE, SYNC_FRAMES } from "../base/shapes.ts";
import type { GeneratorBatch, SyncBatch } from "../dataset/batches.ts";
import { canvasPng, drawRaster, drawText, MARGIN, NOTE, page, type PageText } from "./canvas.ts";
import { melRaster, type Raster } from "./raster.ts";
import { WIDTH } from "./style.ts";

export interface BatchOptions extends PageText {
  /** Pairs or frames shown, from the batch's first on. */
  most?: number;
}

const GAP = 4, LABEL = 104;
/** Height of the labels above the columns. */
const HEAD = 18;

/** Item `k` of values that have `size` an item. */
const itemOf = (values: Float32Array, k: number, size: number) => values.subarray(k * size, (k + 1) * size);

/** Item `k` of a batch's mel windows [batch, 80, 16]. */
const melOf = ({ mel }: { mel: Float32Array }, k: number): Raster =>
  melRaster(itemOf(mel, k, MEL_SIZE), { bandsFirst: true });

/** Three of the `channels` values of each pixel, from channel `first` on, as an image; values in 0..1. */
function channelsRaster(
  values: Float32Array,
  { height = FACE_SIZE, channels, first = 0 }: { height?: number; channels: number; first?: number },
): Raster {
  const rgb = new Uint8Array(3 * FACE_SIZE * height);
  for (let k = 0; k < rgb.length; k++) {
    rgb[k] = Math.round(255 * values[channels * Math.floor(k / 3) + first + k % 3]);
  }
  return { rgb, width: FACE_SIZE, height };
}

/** Frame `frame` of window `k`: the lower half of a face. */
function lowerFace({ faces }: SyncBatch, k: number, frame: number): Raster {
  const size = { height: HALF_FACE, channels: 3 * SYNC_FRAMES, first: 3 * frame };
  return channelsRaster(itemOf(faces, k, LOWER_SIZE), size);
}

/** A pair of a batch: the windows that are seen and heard, by their places, and whether they are in sync. */
export interface BatchPair {
  seen: number;
  heard: number;
  inSync: boolean;
}

/** The pairs of a batch in the order of their labels. */
export const batchPairs = ({ labels, windows }: Pick<SyncBatch, "labels" | "windows">): BatchPair[] =>
  Array.from(labels, (label, k) => {
    const seen = Math.floor(k / windows), clip = Math.floor(seen / windows);
    return { seen, heard: clip * windows + k % windows, inSync: label > 0.5 };
  });

/** The first pair of a batch as images: the lower half of its middle frame, and its mel window. */
export const pairInputs = (batch: SyncBatch): { face: Raster; mel: Raster } => ({
  face: lowerFace(batch, 0, SYNC_FRAMES >> 1),
  mel: melOf(batch, 0),
});

/** A page for rows of images of one height; the first one begins at `top`. */
function pageOfRows(count: number, height: number, text: PageText) {
  const rows = count * (height + GAP);
  const { top, ...made } = page(HEAD + rows, { scale: 1.5, ...text, foot: [16, 10, MARGIN] });
  return { ...made, top: top + HEAD };
}

/**
 * Pairs of a batch for the discriminator, a row each: its label, the lower halves of the 5 frames, and the mel window
 * they are paired with. Returns a PNG.
 */
export function syncBatchImage(
  batch: SyncBatch,
  { most = 6, ...text }: BatchOptions = {},
): Uint8Array {
  const pairs = batchPairs(batch).slice(0, most), count = pairs.length, face = { width: 112, height: 56 };
  const { canvas, context, top } = pageOfRows(count, face.height, text);
  const xOf = (frame: number) => MARGIN + LABEL + frame * (face.width + GAP);
  const mel = { x: xOf(SYNC_FRAMES) + 8, width: WIDTH - MARGIN - xOf(SYNC_FRAMES) - 8, height: face.height };
  const heading = (text: string, x: number) =>
    drawText(context, text, { ...NOTE, x, y: top - 5, align: "center" });
  for (let frame = 0; frame < SYNC_FRAMES; frame++) heading(`frame ${frame}`, xOf(frame) + face.width / 2);
  heading("mel, 200 ms", mel.x + mel.width / 2);
  for (const [k, { seen, heard, inSync }] of pairs.entries()) {
    const y = top + k * (face.height + GAP), label = inSync ? "in sync (1)" : "off sync (0)";
    drawText(context, label, { x: MARGIN, y: y + 32, size: 11, bold: true });
    for (let frame = 0; frame < SYNC_FRAMES; frame++) {
      drawRaster(context, lowerFace(batch, seen, frame), { x: xOf(frame), y, ...face });
    }
    drawRaster(context, melOf(batch, heard), { ...mel, y, smooth: false });
  }
  return canvasPng(canvas);
}

/**
 * Frames of a batch for the generator, a column each: the masked pose, the reference, the mel window heard, and the
 * face to be generated. Returns a PNG.
 */
export function generatorBatchImage(
  batch: GeneratorBatch,
  { most = 6, ...text }: BatchOptions = {},
): Uint8Array {
  const count = Math.min(batch.size, most), labels = ["masked pose", "reference", "mel, 200 ms", "target"];
  const side = Math.min(FACE_SIZE, (WIDTH - 2 * MARGIN - LABEL) / count - GAP);
  const { canvas, context, top } = pageOfRows(labels.length, side, text);
  const yOf = (row: number) => top + row * (side + GAP);
  labels.forEach((label, row) =>
    drawText(context, label, { x: MARGIN, y: yOf(row) + side / 2 + 4, width: LABEL - 8, size: 11 })
  );
  for (let k = 0; k < count; k++) {
    const x = MARGIN + LABEL + k * (side + GAP), faces = itemOf(batch.faces, k, 2 * FACE_BYTES);
    const images = [
      channelsRaster(faces, { channels: 6 }),
      channelsRaster(faces, { channels: 6, first: 3 }),
      melOf(batch, k),
      channelsRaster(itemOf(batch.target, k, FACE_BYTES), { channels: 3 }),
    ];
    drawText(context, `sample ${k + 1}`, {
      ...NOTE,
      x: x + side / 2,
      y: top - 5,
      width: side,
      align: "center",
    });
    images.forEach((image, row) =>
      drawRaster(context, image, { x, y: yOf(row), width: side, height: side, smooth: row !== 2 })
    );
  }
  return canvasPng(canvas);
}
