import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { lowerFaces, melWindow } from "../dataset/windows.ts";
import { melStart } from "../media/mel.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import type { Tensor } from "../native/tf.ts";
import type { Params } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { inBatches, type PackedInput } from "./batches.ts";

/** Windows a forward pass. */
const BATCH = 32;

/** What windows of sync are cut from: crops [frames, 96, 96, 3] and mel [columns, 80]. */
export interface WindowedClip {
  faces: Uint8Array;
  mel: Float32Array;
  columns: number;
}

/** The sync discriminator's inputs for a window, by the frame at which it begins. */
export const windowInputs = (clip: WindowedClip): Record<"mel" | "faces", PackedInput<number>> => ({
  mel: {
    shape: [MEL_BANDS, MEL_WINDOW, 1],
    write: (start, place) => melWindow(clip, melStart(start), place),
  },
  faces: {
    shape: [HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES],
    write: (start, place) => lowerFaces(clip, start, place),
  },
});

/** Embeddings of windows, in their order: [n] of [c] each. */
export interface WindowEmbeddings {
  audio: Float32Array[];
  video: Float32Array[];
}

/** Compiled once for all evaluations of a process. */
const forward = compile((params: Params, batch: Named) => {
  const { audio, video } = syncDiscriminator(scope(params), batch as { mel: Tensor; faces: Tensor });
  return { audio, video };
});

/** Applies a discriminator to windows of a clip: `starts`, the frames at which they begin, to embeddings. */
export function embedWindows(
  params: Params,
  clip: WindowedClip,
  starts: number[],
): WindowEmbeddings {
  const inputs = windowInputs(clip), network = (batch: Named) => forward(params, batch);
  const embedded = [...inBatches(starts, { size: BATCH, inputs, network })];
  return { audio: embedded.map(({ audio }) => audio), video: embedded.map(({ video }) => video) };
}

/** Cosine of two embeddings (eq. 4). */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0, aa = 0, bb = 0;
  for (let k = 0; k < a.length; k++) {
    dot += a[k] * b[k];
    aa += a[k] * a[k];
    bb += b[k] * b[k];
  }
  return dot / Math.max(Math.sqrt(aa * bb), 1e-6);
}
