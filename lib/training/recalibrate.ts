import type { GeneratorInputs } from "../models/generator.ts";
import { compile, type Named } from "../native/compile.ts";
import { isStatistic, type Params } from "../nn/params.ts";
import { type Scope, scope } from "../nn/scope.ts";
import { tf } from "../native/tf.ts";

/** The momentum with which batch norm moves its statistics. */
const MOMENTUM = 0.1;
/** Forward passes over training data, a batch each. */
const PASSES = 20;

export type StatisticsPass = (params: Params, statistics: Params, batch: Named) => Params;

/** A network's moving statistics after one more batch, for `recalibrate`; made once for a process, since it is compiled. */
export const statisticsPass = (network: (net: Scope, batch: GeneratorInputs) => unknown): StatisticsPass =>
  compile((params: Params, statistics: Params, batch: Named) => {
    const net = scope({ ...params, ...statistics }, { training: true });
    network(net, batch as GeneratorInputs);
    return net.statistics;
  }, { donate: [1, 2] });

/**
 * Batch norm statistics anew, from forward passes over training data with frozen weights: after large steps the moving
 * ones lag behind the weights, and a network that is good on batches is poor on its own. `sample` gives a batch a pass.
 * Returns all parameters, with new statistics (the caller's to dispose).
 */
export async function recalibrate(
  params: Params,
  { pass, sample }: { pass: StatisticsPass; sample: () => Promise<Named> },
): Promise<Params> {
  const moving = Object.entries(params).filter(([name]) => isStatistic(name));
  let statistics: Params = Object.fromEntries(moving.map(([name, { shape }]) => [name, tf.zeros(shape)]));
  for (let k = 0; k < PASSES; k++) statistics = pass(params, statistics, await sample());
  // Started from zero, so the average is divided by the weight it has gathered (as Adam's moments are).
  const weight = 1 - (1 - MOMENTUM) ** PASSES;
  const calibrated = Object.entries(params).map(([name, tensor]) => [
    name,
    isStatistic(name) ? tf.div(statistics[name], weight) : tensor.clone(),
  ]);
  tf.dispose(statistics);
  return Object.fromEntries(calibrated);
}
