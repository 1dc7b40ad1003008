import { type PairChoice, probabilitiesOf, rocAuc, type ScoredPair } from "../../training/sync_accuracy.ts";

const named = (voicedOnly: boolean) => voicedOnly ? "windows of speech" : "all windows";

/** Share of pairs judged rightly (P > 0.5 at shift 0, P <= 0.5 elsewhere) at each shift of the sound. */
export function accuracyByShift(
  pairs: ScoredPair[],
  { voicedOnly = true }: PairChoice = {},
): { shift: number; accuracy: number; name: string }[] {
  const byShift = Map.groupBy(pairs.filter(({ voiced }) => voiced || !voicedOnly), ({ shift }) => shift);
  return [...byShift].sort(([a], [b]) => a - b).map(([shift, all]) => {
    const right = all.filter(({ probability }) => (probability > 0.5) === (shift === 0)).length;
    return { shift, accuracy: right / all.length, name: named(voicedOnly) };
  });
}

/** A point of the curve: shares of the negatives and of the positives whose score reaches a threshold. */
export interface RocPoint {
  falsePositive: number;
  truePositive: number;
}

/** Most points of a curve: more would not be seen in a figure. */
const MOST_POINTS = 400;

/** The receiver operating characteristic of scores that should be high for `positive` and low for `negative` pairs. */
export function rocPoints(positive: number[], negative: number[]): RocPoint[] {
  const scores = [
    ...positive.map((score) => ({ score, right: true })),
    ...negative.map((score) => ({ score, right: false })),
  ].sort((a, b) => b.score - a.score);
  const points: RocPoint[] = [{ falsePositive: 0, truePositive: 0 }];
  let hits = 0, alarms = 0;
  for (const [k, { score, right }] of scores.entries()) {
    if (right) hits++;
    else alarms++;
    // Equal scores are one threshold.
    if (scores[k + 1]?.score === score) continue;
    points.push({ falsePositive: alarms / negative.length, truePositive: hits / positive.length });
  }
  const step = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, k) => k % step === 0 || k === points.length - 1);
}

/** ROC of in-sync pairs against off-sync ones of the same clips, and the area under it. */
export function syncRoc(
  pairs: ScoredPair[],
  choice: PairChoice = {},
): { name: string; auc: number; points: RocPoint[] } {
  const { inSync, offSync } = probabilitiesOf(pairs, choice);
  return {
    name: named(choice.voicedOnly ?? true),
    auc: rocAuc(inSync, offSync),
    points: rocPoints(inSync, offSync),
  };
}
