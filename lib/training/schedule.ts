/** How a learning rate moves over a training. */
export interface Schedule {
  /** Steps in which the rate rises from almost 0 to its height. */
  warmup: number;
  /** How it falls from there: not at all, or along half a cosine to 0 at the last step. */
  decay: "none" | "cosine";
}

/** The share of its height that a learning rate has at a step (from 0) of so many. */
export function rateShare(step: number, steps: number, { warmup, decay }: Schedule): number {
  const risen = Math.min(1, (step + 1) / (warmup + 1));
  if (decay === "none") return risen;
  const done = Math.max(0, step - warmup) / Math.max(1, steps - warmup);
  return risen * (1 + Math.cos(Math.PI * Math.min(1, done))) / 2;
}

/**
 * How much of the moving average of the weights stays at a step (from 0): at first less than `average`, so that the weights
 * that a training starts from are soon forgotten. Source: the ramp of TensorFlow's ExponentialMovingAverage.
 */
export const averageDecay = (step: number, average: number): number =>
  Math.min(average, (1 + step) / (10 + step));
