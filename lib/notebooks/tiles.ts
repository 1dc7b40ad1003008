// Tensors of a notebook as what its figures are drawn from.
import { max } from "d3-array";
import type { AttentionLayer } from "../figures/attention.ts";
import type { HeatTile } from "../figures/heat_maps.ts";
import type { Tensor } from "../native/tf.ts";
import type { AttentionMaps } from "../nn/scope.ts";

/** One item of a batch: x [batch, ...] -> its values. */
function itemOf(x: Tensor, item: number): Float32Array {
  const values = x.dataSync() as Float32Array, size = values.length / x.shape[0];
  return values.subarray(item * size, (item + 1) * size);
}

/** The colours of values of both signs: red above 0, blue below. */
function signedColours(values: Float32Array): Pick<HeatTile, "range" | "scheme"> {
  const most = max(values, Math.abs)!;
  return { range: [-most, most], scheme: "burd" };
}

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
  const [, height, width, channels] = x.shape as number[], all = itemOf(x, item);
  return Array.from({ length: Math.min(channels, most) }, (_, k) => {
    const values = all.filter((_, place) => place % channels === k);
    return { label: label(k), height, width, values, ...signedColours(values) };
  });
}

/** One plane of one item of x [batch, h, w, 1], from its own least value to its greatest. */
export function planeTile(label: string, x: Tensor, item = 0): HeatTile {
  const [, height, width] = x.shape as number[];
  return { label, values: itemOf(x, item), height, width };
}

/** States of an LSTM [batch, steps, units] as a plane: units upwards, steps to the right. */
export function stepTile(
  label: string,
  x: Tensor,
  { item = 0, signed = false }: { item?: number; signed?: boolean } = {},
): HeatTile {
  const [, width, height] = x.shape as number[], states = itemOf(x, item);
  const values = states.map((_, k) => states[(k % width) * height + Math.floor(k / width)]);
  const colours = signed ? signedColours(values) : { range: [0, 1] as [number, number] };
  return { label, values, height, width, upwards: true, ...colours };
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
