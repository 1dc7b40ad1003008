/** A point of the curve: shares of the negatives and of the positives whose score reaches a threshold. */
export interface RocPoint {
  falsePositive: number;
  truePositive: number;
}

/** Most points returned: more would not be seen in a figure. */
const MOST_POINTS = 400;

/**
 * The receiver operating characteristic of scores that should be high for `positive` and low for `negative` pairs,
 * and the area under it: the chance that a positive scores above a negative, ties counting half.
 */
export function roc(
  positive: ArrayLike<number>,
  negative: ArrayLike<number>,
): { auc: number; points: RocPoint[] } {
  const scores = [
    ...Array.from(positive, (score) => ({ score, positive: true })),
    ...Array.from(negative, (score) => ({ score, positive: false })),
  ].sort((a, b) => b.score - a.score);

  const points: RocPoint[] = [{ falsePositive: 0, truePositive: 0 }];
  let hits = 0, alarms = 0, auc = 0;
  for (let index = 0; index < scores.length; index++) {
    if (scores[index].positive) hits++;
    else alarms++;
    // Equal scores are one threshold.
    if (index + 1 < scores.length && scores[index + 1].score === scores[index].score) continue;
    const last = points.at(-1)!;
    const next = { falsePositive: alarms / negative.length, truePositive: hits / positive.length };
    auc += (next.falsePositive - last.falsePositive) * (next.truePositive + last.truePositive) / 2;
    points.push(next);
  }
  const step = Math.ceil(points.length / MOST_POINTS);
  return { auc, points: points.filter((_, index) => index % step === 0 || index === points.length - 1) };
}
