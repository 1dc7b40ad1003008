import { valueAndGradients } from "../native/compile.ts";
import { adamDefaults, adamInit, type AdamState, adamStep } from "../nn/adam.ts";
import { inGroups, normOf } from "../nn/in_groups.ts";
import { type Params, trainable } from "../nn/params.ts";
import { type Scope, scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";

/**
 * A network that is trained: its parameters, its optimizer's state and, where it is asked for, the exponential moving
 * average of the weights, by which it is evaluated and exported.
 */
export type TrainedNetwork = { // a type, not an interface: only a type is seen to be a tree of tensors
  params: Params;
  state: AdamState;
  average?: Params;
};

/** A network whose weights are averaged from now on, unless they are already. */
export const averaged = (network: TrainedNetwork): TrainedNetwork =>
  network.average ? network : { ...network, average: copied(trainable(network.params)) };

/** Parameters of their own, to be disposed of apart. */
export const copied = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([name, tensor]) => [name, tf.keep(tensor.clone())]));

/** A network before its first step. */
export const beginTraining = (params: Params): TrainedNetwork => ({ params, state: adamInit(params) });

/** The parameters that a network is evaluated with: the averaged weights, where there are such. */
export const evaluated = ({ params, average }: TrainedNetwork): Params => ({ ...params, ...average });

/** A network's loss on a batch, a scalar, and what else is worth looking at. */
export type LossOf<Batch, Aux> = (net: Scope, batch: Batch) => { loss: Tensor; aux: Aux };

/**
 * The loss of a batch in training mode, its gradients, batch norm's moving statistics after it, and what else comes of it.
 * With `training: false` batch norm goes by its moving statistics, which stay.
 */
export function lossAndGradients<Batch, Aux>(
  lossOf: LossOf<Batch, Aux>,
  params: Params,
  batch: Batch,
  { training = true }: { training?: boolean } = {},
) {
  const { aux, ...found } = valueAndGradients((trained) => {
    const net = scope({ ...params, ...trained }, { training });
    const { loss, aux } = lossOf(net, batch);
    return { loss, aux: { statistics: net.statistics, aux } };
  }, trainable(params));
  return { ...found, ...aux };
}

/** The norm of all gradients together, and the gradients, made smaller where it is above `most` (0: never). */
function clipped(gradients: Params, most: number): { norm: Tensor; gradients: Params } {
  const norm = normOf(gradients);
  if (most === 0) return { norm, gradients };
  const share = tf.div(most, tf.maximum(norm, most));
  return { norm, gradients: inGroups([gradients], (gradient) => [tf.mul(gradient, share)])[0] };
}

/** An average of weights after one more step: `decay` of it stays. */
const moved = (average: Params, params: Params, decay: Tensor): Params =>
  inGroups([average, params], (old, now) => [tf.add(now, tf.mul(decay, tf.sub(old, now)))])[0];

/**
 * A training step as a pure function: forward pass and loss, gradients, their norm (clipped to `clipNorm`, 0: not), Adam,
 * and the average of the weights, of which `decay` stays. Compile it with `donate: [0]`: it puts the next network in the
 * place of the one it is given.
 */
export function trainingStep<Batch, Aux>(
  lossOf: LossOf<Batch, Aux>,
  { beta1 = adamDefaults.beta1, clipNorm = 0, training }: {
    beta1?: number;
    clipNorm?: number;
    /** See `lossAndGradients`. */
    training?: boolean;
  } = {},
) {
  return ({ params, state, average }: TrainedNetwork, batch: Batch, rate: Tensor, decay?: Tensor) => {
    const { loss, gradients: found, statistics, aux } = lossAndGradients(lossOf, params, batch, { training });
    const { norm, gradients } = clipped(found, clipNorm);
    const next = adamStep({ params, gradients, state }, rate, { ...adamDefaults, beta1 });
    const network: TrainedNetwork = { params: { ...next.params, ...statistics }, state: next.state };
    if (average) network.average = moved(average, next.params, decay!);
    return { network, loss, norm, aux };
  };
}
