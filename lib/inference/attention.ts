import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { AttentionMaps } from "../nn/scope.ts";
import type { Params } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { inBatches } from "./batches.ts";
import { type WindowedClip, windowInputs } from "./embed.ts";

/** Windows a forward pass. */
const BATCH = 16;

/** Which of a sync discriminator's two inputs a layer looks at, by its path. */
export const inputOf = (layer: string): "face" | "sound" => layer.startsWith("video/") ? "face" : "sound";

/** A layer of a sync discriminator that has a CBAM. */
export interface CbamLayer {
  /** Its path in the parameter tree, such as "video/3". */
  name: string;
  /** Which of the two inputs it looks at. */
  input: "face" | "sound";
  /** Sizes of its attention: channel weights [channels] and a spatial map [h, w]. */
  channels: number;
  h: number;
  w: number;
}

const mapsOf = (params: Params, batch: Named): Record<string, AttentionMaps> =>
  syncDiscriminator(scope(params), batch as { mel: Tensor; faces: Tensor }).maps;

/** The layers of a sync discriminator that have a CBAM, found by applying it to nothing. */
export function cbamLayers(params: Params): CbamLayer[] {
  return tf.tidy(() => {
    const maps = mapsOf(params, {
      mel: tf.zeros([1, MEL_BANDS, MEL_WINDOW, 1]),
      faces: tf.zeros([1, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
    });
    return Object.entries(maps).map(([name, { channel, spatial }]) => ({
      name,
      input: inputOf(name),
      channels: channel.shape[1]!,
      h: spatial.shape[1]!,
      w: spatial.shape[2]!,
    }));
  });
}

/** The maps of all layers side by side: compiled once. */
const forward = compile((params: Params, batch: Named) =>
  Object.fromEntries(
    Object.entries(mapsOf(params, batch)).flatMap(([layer, maps]) =>
      Object.entries(maps).map(([which, map]): [string, Tensor] => [`${layer}/${which}`, map])
    ),
  )
);

/**
 * The attention of a sync discriminator in each of a clip's windows, which begin at the frames `starts`, one after the
 * other: channel weights `<layer>/channel` [c] and maps `<layer>/spatial` [h, w].
 */
export const windowAttention = (params: Params, clip: WindowedClip, starts: number[]) =>
  inBatches(starts, {
    size: BATCH,
    inputs: windowInputs(clip),
    network: (batch) => forward(params, batch),
  });
