import { rocAuc, type ScoredPair } from "../../training/sync_accuracy.ts";

/** Which of the scored pairs count. */
export interface PairChoice {
  /** Only pairs in which both windows hold speech; in silence nobody can tell sync. */
  voicedOnly?: boolean;
  /** Frames between lips and sound of an off-sync pair, at least. */
  minShift?: number;
}

const named = (voicedOnly: boolean) => voicedOnly ? "windows of speech" : "all windows";

/** Share of pairs judged rightly (P > 0.5 at shift 0, P <= 0.5 elsewhere) at each shift of the sound. */
export function accuracyByShift(
  pairs: ScoredPair[],
  { voicedOnly = true }: PairChoice = {},
): { shift: number; accuracy: number; name: string }[] {
  const counts = new Map<number, { right: number; all: number }>();
  for (const { shift, probability, voiced } of pairs) {
    if (voicedOnly && !voiced) continue;
    const count = counts.get(shift) ?? { right: 0, all: 0 };
    counts.set(shift, count);
    count.all++;
    if ((probability > 0.5) === (shift === 0)) count.right++;
  }
  return [...counts].sort(([a], [b]) => a - b).map(([shift, { right, all }]) => ({
    shift,
    accuracy: right / all,
    name: named(voicedOnly),
  }));
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
  { voicedOnly = true, minShift = 5 }: PairChoice = {},
): { name: string; auc: number; points: RocPoint[] } {
  const used = pairs.filter(({ voiced }) => voiced || !voicedOnly);
  const scores = (chosen: (shift: number) => boolean) =>
    used.filter(({ shift }) => chosen(shift)).map(({ probability }) => probability);
  const inSync = scores((shift) => shift === 0), offSync = scores((shift) => Math.abs(shift) >= minShift);
  return { name: named(voicedOnly), auc: rocAuc(inSync, offSync), points: rocPoints(inSync, offSync) };
}
