import { adam } from "../native/kernels.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { inGroups } from "./in_groups.ts";
import { isStatistic, type Params } from "./params.ts";

export interface AdamConfig {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** Adam's state: first and second moments by parameter, and the running powers of the betas. */
export type AdamState = { // a type, not an interface: only a type is seen to be a tree of tensors
  m: Params;
  v: Params;
  /** [beta1^t, beta2^t]: tensors, since a number would be frozen into a compiled step. */
  powers: Tensor;
};

/** The paper's optimizer: Adam with learning rate 1e-4. */
export const adamDefaults: AdamConfig = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Zero moments for the parameters that a gradient reaches. */
export function adamInit(params: Params): AdamState {
  const names = Object.keys(params).filter((name) => !isStatistic(name));
  const zeros = () => Object.fromEntries(names.map((name) => [name, tf.keep(tf.zeros(params[name].shape))]));
  return { m: zeros(), v: zeros(), powers: tf.keep(tf.ones([2])) };
}

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1) at a learning rate given as a scalar tensor.
 * Returns new parameters and a new state; what has no gradient is handed on as it is.
 */
export function adamStep(
  { params, gradients, state }: { params: Params; gradients: Params; state: AdamState },
  learningRate: Tensor,
  { beta1, beta2, epsilon }: AdamConfig = adamDefaults,
): { params: Params; state: AdamState } {
  const powers = tf.mul(state.powers, tf.tensor1d([beta1, beta2]));
  const [power1, power2] = tf.split(powers, 2).map((p) => tf.reshape(p, []));
  // TensorFlow's kernel adds its epsilon to sqrt(v), the algorithm to sqrt(v / (1 - beta2^t)).
  const floor = tf.mul(tf.sqrt(tf.sub(1, power2)), epsilon);
  const [first, second] = [beta1, beta2].map((beta) => tf.scalar(beta));
  const scalars = { power1, power2, rate: learningRate, beta1: first, beta2: second, epsilon: floor };
  const chosen = (all: Params) => Object.fromEntries(Object.keys(gradients).map((name) => [name, all[name]]));
  const [stepped, m, v] = inGroups(
    [chosen(params), gradients, chosen(state.m), chosen(state.v)],
    (value, gradient, m, v) => {
      const next = adam({ value, m, v }, gradient, scalars);
      return [next.value, next.m, next.v];
    },
  );
  return { params: { ...params, ...stepped }, state: { m, v, powers } };
}
