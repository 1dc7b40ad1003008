import { type Tensor, tf } from "../native/tf.ts";
import type { Params } from "./params.ts";

/**
 * Elements up to which a parameter is computed with others: starting an operation takes as long as computing some
 * thousands of elements, and a network has hundreds of biases and scales.
 */
const SMALL = 4096;

/**
 * An elementwise function of parameters of the same names, as an optimizer's step is one: all small ones of a kind are
 * joined in one vector, on which it is computed once, and cut apart again; large ones stand alone. `f` is given a tensor
 * of each of `inputs` and returns any number of the same size.
 */
export function inGroups(inputs: readonly Params[], f: (...tensors: Tensor[]) => Tensor[]): Params[] {
  const names = Object.keys(inputs[0]);
  const isSmall = (name: string) => inputs[0][name].size <= SMALL;
  const small = names.filter(isSmall), outputs: Params[] = [];
  const put = (name: string, tensors: Tensor[]) =>
    tensors.forEach((tensor, k) => (outputs[k] ??= {})[name] = tensor);
  if (small.length > 0) {
    const vectors = f(
      ...inputs.map((params) => tf.concat(small.map((name) => tf.reshape(params[name], [-1])))),
    );
    const sizes = small.map((name) => inputs[0][name].size);
    const parts = vectors.map((vector) => tf.split(vector, sizes));
    small.forEach((name, k) => put(name, parts.map((part) => tf.reshape(part[k], inputs[0][name].shape))));
  }
  for (const name of names.filter((name) => !isSmall(name))) {
    put(
      name,
      f(...inputs.map((params) => params[name])),
    );
  }
  return outputs;
}

/** The norm of all parameters together, a scalar. */
export function normOf(params: Params): Tensor {
  const sums: Tensor[] = [];
  inGroups([params], (tensor) => {
    sums.push(tf.sum(tf.square(tensor)));
    return [];
  });
  return tf.sqrt(tf.addN(sums));
}
