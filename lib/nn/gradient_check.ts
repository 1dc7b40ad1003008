import { random } from "../base/random.ts";
import { valueAndGradients } from "../native/compile.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { type Params } from "./params.ts";

/** The slope of a function along one direction of one parameter, by its gradient and by finite differences. */
export type SlopeRow = {
  parameter: string;
  shape: string;
  gradient: number;
  "finite difference": number;
  /** Difference of the two over the larger one. */
  "relative error": number;
};

/** A random direction of length 1: the same seed and name give the same one. */
function direction(shape: number[], seed: number): Tensor {
  const rng = random(seed), size = shape.reduce((a, b) => a * b, 1);
  const signs = Float32Array.from({ length: size }, () => rng.uniform() < 0.5 ? -1 : 1);
  return tf.mul(tf.tensor(signs, shape), 1 / Math.sqrt(size));
}

/** 0 where both are: a part that nothing reaches has no slope. */
const relativeError = (a: number, b: number): number =>
  a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));

/**
 * Checks the gradients of a scalar function of parameters: along a random direction u of each parameter the slope
 * g . u must be the central difference (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h, whose error falls with h^4.
 * In 32-bit floats expect relative errors of 1e-4 to 1e-2; a wrong gradient is wrong by a factor.
 */
export function gradientCheck(
  f: (params: Params) => Tensor,
  params: Params,
  { seed = 1, step = 0.1 }: { seed?: number; step?: number } = {},
): SlopeRow[] {
  return tf.tidy(() => {
    const { gradients } = valueAndGradients((all) => ({ loss: f(all), aux: {} }), params);
    return Object.entries(params).map(([parameter, value], index): SlopeRow => {
      const u = direction(value.shape, seed + index);
      const at = (distance: number) =>
        tf.tidy(() => f({ ...params, [parameter]: tf.add(value, tf.mul(u, distance)) }).dataSync()[0]);
      const near = at(step) - at(-step), far = at(2 * step) - at(-2 * step);
      const gradient = tf.sum(tf.mul(gradients[parameter], u)).dataSync()[0];
      const difference = (8 * near - far) / (12 * step);
      return {
        parameter,
        shape: value.shape.join(" × "),
        gradient,
        "finite difference": difference,
        "relative error": relativeError(gradient, difference),
      };
    });
  });
}
