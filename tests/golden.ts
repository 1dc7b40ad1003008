import { fileURLToPath } from "node:url";
import { type Tensor, tf } from "../lib/native/tf.ts";
import { openSafetensors } from "../lib/weights/safetensors.ts";

/** The tensors of one golden file and what its metadata says. */
export interface Golden {
  tensors: Record<string, Tensor>;
  metadata: Record<string, string>;
}

/** Reads tests/goldens/NAME.safetensors, made by the Python scripts beside it; bytes are read as numbers. */
export async function readGolden(name: string): Promise<Golden> {
  const file = await openSafetensors(
    fileURLToPath(new URL(`goldens/${name}.safetensors`, import.meta.url)),
  );
  try {
    const tensors: Record<string, Tensor> = {};
    for (const [key, { shape, dtype }] of Object.entries(file.header.tensors)) {
      const data = dtype === "U8" ? Float32Array.from(await file.read(key)) : await file.readF32(key);
      tensors[key] = tf.tensor(data, shape, "float32");
    }
    return { tensors, metadata: file.header.metadata };
  } finally {
    file.close();
  }
}

/** The tensors under a prefix, without it: `under(golden.tensors, "small/")` -> { x, output, "grad/x", ... }. */
export const under = (tensors: Record<string, Tensor>, prefix: string): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(tensors).filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );

/** |found - expected| / |expected|, both as vectors. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let distance = 0, size = 0;
  for (let k = 0; k < expected.length; k++) {
    distance += (found[k] - expected[k]) ** 2;
    size += expected[k] ** 2;
  }
  return found.length === expected.length ? Math.sqrt(distance / size) : Infinity;
}

/** Throws unless shapes are the same and the relative error is below `tolerance`. */
export function assertClose(found: Tensor, expected: Tensor, what: string, tolerance = 1e-4): void {
  if (found.shape.join() !== expected.shape.join()) {
    throw new Error(`${what}: shape [${found.shape}] where [${expected.shape}] is expected`);
  }
  const error = relativeError(found.dataSync(), expected.dataSync());
  if (!(error < tolerance)) {
    throw new Error(`${what}: relative error ${error}, at most ${tolerance} expected`);
  }
}

/**
 * Gradients of sum(f(inputs) * r) with respect to every input, by name.
 * A golden case holds them under grad/NAME.
 */
export function gradientsOf(
  f: (inputs: Record<string, Tensor>) => Tensor,
  inputs: Record<string, Tensor>,
  r: Tensor,
): Record<string, Tensor> {
  const names = Object.keys(inputs);
  const weighted = (...tensors: Tensor[]) =>
    tf.sum(tf.mul(f(Object.fromEntries(names.map((name, k) => [name, tensors[k]]))), r));
  const gradients = tf.grads(weighted)(names.map((name) => inputs[name]));
  return Object.fromEntries(names.map((name, k) => [name, gradients[k]]));
}

/** The slope of a scalar function of one tensor along `direction`, by central differences. */
export function slope(f: (x: Tensor) => Tensor, x: Tensor, direction: Tensor, step = 1e-2): number {
  return tf.tidy(() => {
    const at = (t: number) => f(tf.add(x, tf.mul(direction, t))).dataSync()[0];
    return (at(step) - at(-step)) / (2 * step);
  });
}
