import type { Named } from "../native/compile.ts";
import { isStatistic, type Params } from "../nn/params.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** The momentum with which batch norm moves its statistics. */
const MOMENTUM = 0.1;

/**
 * Batch norm statistics anew, from forward passes over training data with frozen weights: after large steps
 * the moving ones lag behind the weights, and a network that is good on batches is poor on its own.
 * `pass` is a compiled step that gives the statistics after one batch; `batches` yields its inputs.
 * Returns all parameters, with new statistics (the caller's to dispose).
 */
export async function recalibrate(
  params: Params,
  pass: (params: Params, batch: Named) => Params,
  batches: AsyncIterable<Named>,
): Promise<Params> {
  const zeros = () =>
    Object.fromEntries(
      Object.entries(params).filter(([name]) => isStatistic(name))
        .map(([name, t]) => [name, tf.keep(tf.zeros(t.shape))]),
    );
  let statistics: Params = zeros();
  let passes = 0;
  for await (const batch of batches) {
    const next = pass({ ...params, ...statistics }, batch);
    Object.values(batch).forEach((t) => t.dispose());
    Object.values(statistics).forEach((t) => t.dispose());
    statistics = next;
    passes++;
  }
  // Started from zero, so the average is divided by the weight it has gathered (as Adam's moments are).
  const weight = 1 - (1 - MOMENTUM) ** passes;
  const done = Object.fromEntries(
    Object.entries(params).map(([name, t]) => {
      const made: Tensor = isStatistic(name) ? tf.div(statistics[name], weight) : t.clone();
      return [name, tf.keep(made)];
    }),
  );
  Object.values(statistics).forEach((t) => t.dispose());
  return done;
}
