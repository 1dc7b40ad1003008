// The file of attention maps: what every CBAM layer of a discriminator does in every window of a video.
import { Progress } from "../base/progress.ts";
import { type SpeakerVideo, videoParts } from "../dataset/speaker_video.ts";
import type { AttentionLayer } from "../figures/attention.ts";
import { rangeOf } from "../figures/raster.ts";
import { type CbamLayer, cbamLayers, windowAttention } from "../inference/attention.ts";
import type { Params } from "../nn/params.ts";
import type { OpenSafetensors } from "../weights/safetensors.ts";
import { openRowWriter } from "../weights/safetensors_rows.ts";

/** Size of one layer's attention, and the range of its spatial map over the whole video. */
export interface LayerSummary extends CbamLayer {
  range: [number, number];
}

/**
 * Writes the attention of all windows of a video as a safetensors file of 16-bit floats: `<layer>/channel` [windows, c]
 * and `<layer>/spatial` [windows, h, w]. Throws KitError when the place is not writable.
 */
export async function writeAttentionMaps(
  path: string,
  video: SpeakerVideo,
  { params, metadata }: { params: Params; metadata: Record<string, string> },
): Promise<LayerSummary[]> {
  const layers = cbamLayers(params).map((layer): LayerSummary => ({
    ...layer,
    range: [Infinity, -Infinity],
  }));
  const shapes = layers.flatMap(({ name, channels, h, w }): [string, number[]][] => [
    [`${name}/channel`, [channels]],
    [`${name}/spatial`, [h, w]],
  ]);
  const writer = await openRowWriter(path, Object.fromEntries(shapes), { rows: video.windows, metadata });
  using progress = new Progress("attention", video.windows, { unit: "windows" });
  try {
    let window = 0;
    for await (const part of videoParts(video)) {
      const starts = Array.from({ length: part.windows }, (_, start) => start);
      for (const maps of windowAttention(params, part, starts)) {
        for (const [name, values] of Object.entries(maps)) await writer.write(name, window, values);
        for (const layer of layers) {
          const [low, high] = rangeOf(maps[`${layer.name}/spatial`]);
          layer.range = [Math.min(low, layer.range[0]), Math.max(high, layer.range[1])];
        }
        progress.update(++window);
      }
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return layers;
}

/** Reads the attention of one window out of the file of maps. */
export async function readAttention(
  file: OpenSafetensors,
  layers: CbamLayer[],
  window: number,
): Promise<AttentionLayer[]> {
  const row = async (name: string, size: number) => {
    const bytes = await file.readRange(name, 2 * window * size, 2 * (window + 1) * size);
    return Float32Array.from(new Float16Array(bytes.slice().buffer));
  };
  return await Promise.all(layers.map(async ({ name, input, channels, h, w }) => ({
    ...{ name, input, h, w },
    channelWeights: await row(`${name}/channel`, channels),
    spatialMap: await row(`${name}/spatial`, h * w),
  })));
}
