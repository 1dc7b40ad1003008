import type { Named } from "../native/compile.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** One input of a network: the shape of an element, and how an item is written into its place among zeros. */
export interface PackedInput<T> {
  shape: number[];
  write(item: T, place: Float32Array): void;
}

const mapped = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** Items as one tensor of `size` elements, zeros where there are fewer: [size, ...shape]. */
function pack<T>(items: T[], size: number, { shape, write }: PackedInput<T>): Tensor {
  const length = shape.reduce((a, b) => a * b), values = new Float32Array(size * length);
  items.forEach((item, k) => write(item, values.subarray(k * length, (k + 1) * length)));
  return tf.tensor(values, [size, ...shape]);
}

/**
 * Applies a network to items, `size` at a time, and yields what it says of each, in their order, by the names of its
 * outputs. The last batch is filled up with zeros, so that a compiled network meets one shape only.
 */
export function* inBatches<T, Output extends string>(
  items: T[],
  { size, inputs, network }: {
    size: number;
    inputs: Record<string, PackedInput<T>>;
    network: (batch: Named) => Record<Output, Tensor>;
  },
): Generator<Record<Output, Float32Array>> {
  for (let from = 0; from < items.length; from += size) {
    const some = items.slice(from, from + size);
    const outputs = tf.tidy(() =>
      mapped(
        network(mapped(inputs, (input) => pack(some, size, input))),
        (output) => output.dataSync() as Float32Array,
      )
    );
    for (let k = 0; k < some.length; k++) {
      yield mapped(outputs, (values) => {
        const length = values.length / size;
        return values.slice(k * length, (k + 1) * length);
      }) as Record<Output, Float32Array>;
    }
  }
}
