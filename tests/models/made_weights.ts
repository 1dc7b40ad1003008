import { random } from "../../lib/base/random.ts";

const elements = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** FNV-1a of a name. */
function hashed(name: string): number {
  let hash = 2166136261;
  for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 16777619);
  return hash >>> 0;
}

/** Numbers in [-1, 1) that follow from a name: the formula of tests/goldens/make_parity.py. */
export function uniform(name: string, count: number): Float64Array {
  const state = random(hashed(name)), values = new Float64Array(count);
  for (let k = 0; k < count; k++) values[k] = 2 * state.uniform() - 1;
  return values;
}

/** One tensor of a network with made weights, under PyTorch's name and in its layout. */
export function madeWeight(name: string, shape: readonly number[], gain: number): Float32Array<ArrayBuffer> {
  const u = uniform(name, elements(shape));
  let scale = 0.3, middle = name.endsWith(".weight") ? 1 : 0;
  if (shape.length > 1) [scale, middle] = [gain * Math.sqrt(6 / elements(shape.slice(1))), 0];
  else if (name.endsWith("running_var")) [scale, middle] = [0.5, 1];
  for (let k = 0; k < u.length; k++) u[k] = middle + scale * u[k];
  return new Float32Array(u);
}

/** Made inputs [batch, channels, ...], the same as the goldens were made of. */
export function madeInput(
  name: string,
  [shape, low, high]: [number[], number, number],
): Float32Array<ArrayBuffer> {
  const own = uniform(`${name}/own`, shape[0] * shape[1]), value = uniform(name, elements(shape));
  const inner = elements(shape.slice(2));
  return Float32Array.from(
    value,
    (v, k) => low + (high - low) * (0.5 + 0.25 * (own[Math.floor(k / inner)] + v)),
  );
}
