import { random } from "../base/random.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** Parameters by path (`audio/0/conv/kernel`): the same name in checkpoints, importers and logs. */
export type Params = Record<string, Tensor>;

/** How a parameter starts: uniform within +-1 / sqrt(fan in), as PyTorch's layers do, or a constant. */
export interface Spec {
  shape: number[];
  fanIn?: number;
  value?: number;
}

/** Shapes and starts of all parameters of a network, by path. */
export type Specs = Record<string, Spec>;

/** A seed of its own for each name, so that a parameter's start does not depend on what else there is. */
function seedOf(seed: number, name: string): number {
  let hash = 2166136261 ^ seed;
  for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 16777619);
  return hash >>> 0;
}

/** The moving mean and variance of batch norm are parameters that no gradient reaches. */
export const isStatistic = (name: string): boolean => name.includes("/moving_");

/** The parameters that training changes by gradients. */
export const trainable = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !isStatistic(name)));

/** The number of trainable values, as the field counts parameters. */
export const countParameters = (specs: Specs): number =>
  Object.entries(specs).filter(([name]) => !isStatistic(name))
    .reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);

/** Frees all tensors of a network. */
export const disposeParams = (params: Params): void => Object.values(params).forEach((t) => t.dispose());

/** Fresh parameters after their specifications; the same seed gives the same values. */
export function initialize(specs: Specs, seed: number): Params {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, fanIn, value }]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (fanIn === undefined) data.fill(value ?? 0);
      else {
        const r = random(seedOf(seed, name)), bound = 1 / Math.sqrt(fanIn);
        for (let k = 0; k < data.length; k++) data[k] = (2 * r.uniform() - 1) * bound;
      }
      return [name, tf.keep(tf.tensor(data, shape, "float32"))];
    }),
  );
}
