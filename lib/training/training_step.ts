import { valueAndGradients } from "../native/compile.ts";
import { adamDefaults, adamInit, type AdamState, adamStep } from "../nn/adam.ts";
import { type Params, trainable } from "../nn/params.ts";
import { type Scope, scope } from "../nn/scope.ts";
import type { Tensor } from "../native/tf.ts";

/** A network that is trained: its parameters and its optimizer's state. */
export type TrainedNetwork = { params: Params; state: AdamState }; // a type: only a type is seen to be a tree of tensors

/** A network before its first step. */
export const beginTraining = (params: Params): TrainedNetwork => ({ params, state: adamInit(params) });

/** A network's loss on a batch, a scalar, and what else is worth looking at. */
export type LossOf<Batch, Aux> = (net: Scope, batch: Batch) => { loss: Tensor; aux: Aux };

/** The loss of a batch in training mode, its gradients, batch norm's moving statistics after it, and what else comes of it. */
export function lossAndGradients<Batch, Aux>(lossOf: LossOf<Batch, Aux>, params: Params, batch: Batch) {
  const { aux, ...found } = valueAndGradients((trained) => {
    const net = scope({ ...params, ...trained }, { training: true });
    const { loss, aux } = lossOf(net, batch);
    return { loss, aux: { statistics: net.statistics, aux } };
  }, trainable(params));
  return { ...found, ...aux };
}

/**
 * A training step as a pure function: forward pass and loss, gradients, Adam. Compile it with `donate: [0]`: it puts
 * the next network in the place of the one it is given.
 */
export function trainingStep<Batch, Aux>(
  lossOf: LossOf<Batch, Aux>,
  { beta1 = adamDefaults.beta1 }: { beta1?: number } = {},
) {
  return ({ params, state }: TrainedNetwork, batch: Batch, rate: Tensor) => {
    const { loss, gradients, statistics, aux } = lossAndGradients(lossOf, params, batch);
    const next = adamStep({ params, gradients, state }, rate, { ...adamDefaults, beta1 });
    return { network: { params: { ...next.params, ...statistics }, state: next.state }, loss, aux };
  };
}
