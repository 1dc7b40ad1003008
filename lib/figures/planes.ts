import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_SIZE, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import type { SyncBatch } from "../dataset/batches.ts";
import type { AttentionMaps } from "../nn/scope.ts";
import type { Tensor } from "../native/tf.ts";
import type { AttentionLayer } from "./attention.ts";
import type { Raster } from "./canvas.ts";
import type { HeatTile } from "./heat_maps.ts";

const CHANNELS = 3 * SYNC_FRAMES;

/** One item of a batch: x [batch, ...] -> its values. */
function itemOf(x: Tensor, item: number): Float32Array {
  const values = x.dataSync() as Float32Array, size = values.length / x.shape[0];
  return values.subarray(item * size, (item + 1) * size);
}

/** The range around 0 that holds all values, so that 0 has the middle colour. */
const aroundZero = (values: Float32Array): [number, number] => {
  const most = values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
  return [-most, most];
};

/**
 * The channels of one item of x [batch, h, w, c] as planes for `heatMaps`, red above 0 and blue below, each with its own
 * range. `label` names channel k.
 */
export function channelTiles(
  x: Tensor,
  { item = 0, most = 8, label = (k) => `channel ${k}` }: {
    item?: number;
    most?: number;
    label?: (channel: number) => string;
  } = {},
): HeatTile[] {
  const [, h, w, c] = x.shape as number[], all = itemOf(x, item);
  return Array.from({ length: Math.min(c, most) }, (_, k) => {
    const values = Float32Array.from({ length: h * w }, (_, p) => all[p * c + k]);
    return { label: label(k), h, w, values, range: aroundZero(values), scheme: "burd" };
  });
}

/** One plane of one item of x [batch, h, w, 1], from its own least value to its greatest. */
export function planeTile(label: string, x: Tensor, item = 0): HeatTile {
  const [, h, w] = x.shape as number[];
  return { label, values: itemOf(x, item), h, w };
}

/** States of an LSTM [batch, steps, units] as a plane: units upwards, steps to the right. */
export function stepTile(
  label: string,
  x: Tensor,
  { item = 0, signed = false }: { item?: number; signed?: boolean } = {},
): HeatTile {
  const [, w, h] = x.shape as number[], values = itemOf(x, item);
  const rows = Float32Array.from({ length: h * w }, (_, k) => values[(k % w) * h + Math.floor(k / w)]);
  const colours = signed
    ? { range: aroundZero(values), scheme: "burd" as const }
    : { range: [0, 1] as [number, number] };
  return { label, values: rows, h, w, upwards: true, ...colours };
}

/** The attention of every layer for one item of a batch, as `attentionGrid` draws it. */
export function attentionLayers(maps: Record<string, AttentionMaps>, item = 0): AttentionLayer[] {
  return Object.entries(maps).map(([name, { channel, spatial }]) => ({
    name,
    input: name.startsWith("video/") ? "face" : "sound",
    channelWeights: itemOf(channel, item),
    spatialMap: itemOf(spatial, item),
    h: spatial.shape[1]!,
    w: spatial.shape[2]!,
  }));
}

/** One pair of a batch as images: the lower half of its middle frame, and its mel window, time-major [16, 80]. */
export function pairInputs(batch: SyncBatch, item = 0): { face: Raster; mel: Float32Array } {
  const pixels = HALF_FACE * FACE_SIZE, first = 3 * (SYNC_FRAMES >> 1), rgb = new Uint8Array(3 * pixels);
  for (let p = 0, from = item * pixels * CHANNELS + first; p < pixels; p++, from += CHANNELS) {
    for (let c = 0; c < 3; c++) rgb[3 * p + c] = Math.round(255 * batch.faces[from + c]);
  }
  const mel = new Float32Array(MEL_SIZE), from = item * mel.length;
  for (let k = 0; k < mel.length; k++) {
    mel[k] = batch.mel[from + (k % MEL_BANDS) * MEL_WINDOW + Math.floor(k / MEL_BANDS)];
  }
  return { face: { rgb, width: FACE_SIZE, height: HALF_FACE }, mel };
}
