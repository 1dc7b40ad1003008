// Tensors of a notebook as what its figures are drawn from.
import { max } from "d3-array";
import type { AttentionLayer } from "../figures/attention.ts";
import type { HeatTile } from "../figures/heat_maps.ts";
import { inputOf } from "../inference/attention.ts";
import type { Tensor } from "../native/tf.ts";
import type { AttentionMaps } from "../nn/scope.ts";

/** The first item of a batch: x [batch, ...] -> its values. */
const firstOf = (x: Tensor): Float32Array => (x.dataSync() as Float32Array).subarray(0, x.size / x.shape[0]);

/** The colours of values of both signs: red above 0, blue below. */
function signedColours(values: Float32Array): Pick<HeatTile, "range" | "scheme"> {
  const most = max(values, Math.abs)!;
  return { range: [-most, most], scheme: "burd" };
}

/**
 * The first 8 channels of x [batch, h, w, c], of its first item, as planes for `heatMaps`, red above 0 and blue below,
 * each with its own range. `label` names channel k.
 */
export function channelTiles(
  x: Tensor,
  { label = (k) => `channel ${k}` }: { label?: (channel: number) => string } = {},
): HeatTile[] {
  const [, height, width, channels] = x.shape as number[], all = firstOf(x);
  return Array.from({ length: Math.min(channels, 8) }, (_, k) => {
    const values = all.filter((_, place) => place % channels === k);
    return { label: label(k), height, width, values, ...signedColours(values) };
  });
}

/** The plane of the first item of x [batch, h, w, 1], from its own least value to its greatest. */
export function planeTile(label: string, x: Tensor): HeatTile {
  const [, height, width] = x.shape as number[];
  return { label, values: firstOf(x), height, width };
}

/** States of an LSTM [batch, steps, units], of the first item, as a plane: units upwards, steps to the right. */
export function stepTile(label: string, x: Tensor, { signed = false } = {}): HeatTile {
  const [, width, height] = x.shape as number[], states = firstOf(x);
  const values = states.map((_, k) => states[(k % width) * height + Math.floor(k / width)]);
  const colours = signed ? signedColours(values) : { range: [0, 1] as [number, number] };
  return { label, values, height, width, upwards: true, ...colours };
}

/** The attention of every layer for the first item of a batch, as `attentionGrid` draws it. */
export function attentionLayers(maps: Record<string, AttentionMaps>): AttentionLayer[] {
  return Object.entries(maps).map(([name, { channel, spatial }]) => ({
    name,
    input: inputOf(name),
    channelWeights: firstOf(channel),
    spatialMap: firstOf(spatial),
    h: spatial.shape[1]!,
    w: spatial.shape[2]!,
  }));
}
