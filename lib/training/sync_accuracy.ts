import { type Clip, type Dataset, lowerFaces, melWindow } from "../dataset/dataset.ts";
import { KitError } from "../base/errors.ts";
import {
  FACE_SIZE,
  HALF_FACE,
  LOWER_SIZE,
  MEL_BANDS,
  MEL_SIZE,
  MEL_WINDOW,
  SYNC_FRAMES,
} from "../base/shapes.ts";
import { melStart } from "../media/mel.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import { type Params } from "../nn/params.ts";
import { binaryCrossEntropy } from "./losses.ts";
import { tf } from "../native/tf.ts";

/** How a discriminator tells sound in sync from sound that is off, on clips it may not have seen. */
export interface SyncAccuracy {
  /** Binary cross entropy over in-sync and off-sync pairs alike. */
  loss: number;
  /** Share of in-sync pairs with P > 0.5, and of off-sync pairs with P <= 0.5. */
  inSync: number;
  offSync: number;
  /** Area under the ROC curve: the chance that an in-sync pair scores above an off-sync one. */
  auc: number;
  pairs: number;
}

/** One scored pair: the probability of sync of a window with sound `shift` frames away (0 is in sync). */
export interface ScoredPair {
  clip: string;
  frame: number;
  shift: number;
  probability: number;
  voiced: boolean;
}

/** Windows a forward pass. */
const BATCH = 32;

/** Embeds windows of one clip: `start` frames in, [n, c] audio and video embeddings out. */
export type Embed = (
  clip: Pick<Clip, "faces" | "mel" | "columns">,
  starts: number[],
) => { audio: Float32Array[]; video: Float32Array[] };

/** Compiled once for all evaluations of a process. */
const forward = compile((all: Named, batch: Named) => {
  const { audio, video } = syncDiscriminator(all, batch as { mel: never; faces: never }, { training: false });
  return { audio, video };
});

/** Applies a discriminator to windows, batch by batch of one size so that it is compiled once. */
export function embedder(params: Params): Embed {
  return (clip, starts) => {
    const audio: Float32Array[] = [], video: Float32Array[] = [];
    for (let from = 0; from < starts.length; from += BATCH) {
      const part = starts.slice(from, from + BATCH);
      const mel = new Float32Array(BATCH * MEL_SIZE), faces = new Float32Array(BATCH * LOWER_SIZE);
      part.forEach((start, k) => {
        melWindow(clip, melStart(start), mel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE));
        lowerFaces(clip, start, faces.subarray(k * LOWER_SIZE, (k + 1) * LOWER_SIZE));
      });
      const out = tf.tidy(() => {
        const made = forward(params, {
          mel: tf.tensor4d(mel, [BATCH, MEL_BANDS, MEL_WINDOW, 1]),
          faces: tf.tensor4d(faces, [BATCH, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
        });
        return { a: made.audio.dataSync(), v: made.video.dataSync(), size: made.audio.shape[1]! };
      });
      part.forEach((_, k) => {
        audio.push(out.a.slice(k * out.size, (k + 1) * out.size) as Float32Array);
        video.push(out.v.slice(k * out.size, (k + 1) * out.size) as Float32Array);
      });
    }
    return { audio, video };
  };
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

/**
 * Scores windows of each clip against sound at every shift of up to `reach` frames.
 * Only pairs in which both windows hold speech count as voiced.
 */
export async function scorePairs(
  dataset: Dataset,
  params: Params,
  { every = 3, reach = 15, clips = Infinity }: { every?: number; reach?: number; clips?: number } = {},
): Promise<ScoredPair[]> {
  const embed = embedder(params);
  const pairs: ScoredPair[] = [];
  for (let k = 0; k < Math.min(clips, dataset.rows.length); k++) {
    const clip = await dataset.clip(k);
    const windows = clip.voiced.length;
    const { audio, video } = embed(clip, Array.from({ length: windows }, (_, f) => f));
    for (let f = 0; f < windows; f += every) {
      for (let shift = -reach; shift <= reach; shift++) {
        const g = f + shift;
        if (g < 0 || g >= windows) continue;
        pairs.push({
          clip: clip.row.id,
          frame: f,
          shift,
          probability: cosine(audio[g], video[f]),
          voiced: clip.voiced[f] && clip.voiced[g],
        });
      }
    }
  }
  return pairs;
}

/** Area under the ROC curve by ranks (Mann and Whitney), ties counting a half. */
export function rocAuc(positive: number[], negative: number[]): number {
  const all = [...positive.map((p) => [p, 1]), ...negative.map((p) => [p, 0])].sort((a, b) => a[0] - b[0]);
  let rankSum = 0;
  for (let k = 0; k < all.length;) {
    let end = k + 1;
    while (end < all.length && all[end][0] === all[k][0]) end++;
    const rank = (k + 1 + end) / 2;
    for (; k < end; k++) rankSum += all[k][1] * rank;
  }
  const n = positive.length;
  return (rankSum - n * (n + 1) / 2) / (n * negative.length);
}

/** Accuracy over pairs whose shift is 0 (in sync) or at least `minShift` (off sync). */
export function accuracyOf(pairs: ScoredPair[], { minShift = 5, voicedOnly = true } = {}): SyncAccuracy {
  const used = pairs.filter((p) =>
    (p.voiced || !voicedOnly) && (p.shift === 0 || Math.abs(p.shift) >= minShift)
  );
  const positive = used.filter((p) => p.shift === 0).map((p) => p.probability);
  const negative = used.filter((p) => p.shift !== 0).map((p) => p.probability);
  const bce = (values: number[], label: number) =>
    tf.tidy(() => binaryCrossEntropy(tf.tensor1d(values), tf.fill([values.length], label)).dataSync()[0]);
  const share = (values: number[], right: (p: number) => boolean) =>
    values.filter(right).length / values.length;
  return {
    // Both kinds count the same, however many off-sync pairs there are for each in-sync one.
    loss: (bce(positive, 1) + bce(negative, 0)) / 2,
    inSync: share(positive, (p) => p > 0.5),
    offSync: share(negative, (p) => p <= 0.5),
    auc: rocAuc(positive, negative),
    pairs: used.length,
  };
}

/**
 * Held-out accuracy of a discriminator; the procedure that training stops by.
 * Throws KitError when the clips hold no pair in sync or none off sync.
 */
export async function syncAccuracy(
  dataset: Dataset,
  params: Params,
  options: { clips?: number; minShift?: number; voicedOnly?: boolean } = {},
): Promise<SyncAccuracy> {
  const accuracy = accuracyOf(await scorePairs(dataset, params, { clips: options.clips }), options);
  // A share of nothing.
  if (Number.isNaN(accuracy.inSync + accuracy.offSync)) {
    throw new KitError(
      `${dataset.folder} has no held-out clip with two windows of speech ${
        options.minShift ?? 5
      } frames apart`,
      "Use longer clips, or other ones",
    );
  }
  return accuracy;
}
