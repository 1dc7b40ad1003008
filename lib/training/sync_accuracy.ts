import type { Dataset } from "../dataset/dataset.ts";
import { KitError } from "../base/errors.ts";
import { cosine, embedWindows } from "../inference/embed.ts";
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

/** The clips of a data set, or some of them. */
export type HeldOutClips = Pick<Dataset, "folder" | "rows" | "clip">;

/** One scored pair: the probability of sync of a window with sound `shift` frames away (0 is in sync). */
export interface ScoredPair {
  clip: string;
  frame: number;
  shift: number;
  probability: number;
  voiced: boolean;
}

/**
 * Scores windows of each clip against sound at every shift of up to `reach` frames.
 * Only pairs in which both windows hold speech count as voiced.
 */
export async function scorePairs(
  dataset: HeldOutClips,
  params: Params,
  { every = 3, reach = 15, clips = Infinity }: { every?: number; reach?: number; clips?: number } = {},
): Promise<ScoredPair[]> {
  const pairs: ScoredPair[] = [];
  for (let k = 0; k < Math.min(clips, dataset.rows.length); k++) {
    const clip = await dataset.clip(k);
    const windows = clip.voiced.length;
    const { audio, video } = embedWindows(params, clip, Array.from({ length: windows }, (_, f) => f));
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

/** Shares of probabilities of sync on the right side of a half, of pairs in sync and of pairs off sync. */
export const sharesRight = (inSync: number[], offSync: number[]) => ({
  inSync: inSync.filter((p) => p > 0.5).length / inSync.length,
  offSync: offSync.filter((p) => p <= 0.5).length / offSync.length,
});

/** Which of the scored pairs count. */
export interface PairChoice {
  /** Only pairs in which both windows hold speech; in silence nobody can tell sync. */
  voicedOnly?: boolean;
  /** Frames between lips and sound of an off-sync pair, at least. */
  minShift?: number;
}

/** The probabilities of pairs whose shift is 0 (in sync), and of those whose is at least `minShift` (off sync). */
export function probabilitiesOf(
  pairs: ScoredPair[],
  { minShift = 5, voicedOnly = true }: PairChoice = {},
): { inSync: number[]; offSync: number[] } {
  const of = (chosen: (shift: number) => boolean) =>
    pairs.flatMap(({ shift, probability, voiced }) =>
      chosen(Math.abs(shift)) && (voiced || !voicedOnly) ? [probability] : []
    );
  return { inSync: of((shift) => shift === 0), offSync: of((shift) => shift > 0 && shift >= minShift) };
}

/** Accuracy over pairs in sync and off sync. */
export function accuracyOf(pairs: ScoredPair[], choice: PairChoice = {}): SyncAccuracy {
  const { inSync, offSync } = probabilitiesOf(pairs, choice);
  const bce = (values: number[], label: number) =>
    tf.tidy(() => binaryCrossEntropy(tf.tensor1d(values), tf.fill([values.length], label)).dataSync()[0]);
  return {
    // Both kinds count the same, however many off-sync pairs there are for each in-sync one.
    loss: (bce(inSync, 1) + bce(offSync, 0)) / 2,
    ...sharesRight(inSync, offSync),
    auc: rocAuc(inSync, offSync),
    pairs: inSync.length + offSync.length,
  };
}

/**
 * Held-out accuracy of a discriminator; the procedure that training stops by.
 * Throws KitError when the clips hold no pair in sync or none off sync.
 */
export async function syncAccuracy(
  dataset: HeldOutClips,
  params: Params,
  options: PairChoice & { clips?: number } = {},
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
