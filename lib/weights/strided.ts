import { elements } from "./elements.ts";

/** Elements laid out by strides: element [i, j, ...] lies at `i * strides[0] + j * strides[1] + ...`. */
export interface Strided {
  data: Float32Array<ArrayBuffer>;
  shape: readonly number[];
  strides: readonly number[];
}

/** The strides of a row-major tensor. */
export const rowMajor = (shape: readonly number[]): number[] =>
  shape.map((_, k) => elements(shape.slice(k + 1)));

/** Whether the elements already lie row-major and without gaps; axes of length 1 have no say. */
function isRowMajor({ data, shape, strides }: Strided): boolean {
  const wanted = rowMajor(shape);
  return data.length === elements(shape) && shape.every((axis, k) => axis === 1 || strides[k] === wanted[k]);
}

/** The elements in row-major order, axes permuted: axis k of the result is axis `axes[k]` of what is given. */
export function toRowMajor(tensor: Strided, axes: readonly number[]): Float32Array<ArrayBuffer> {
  const shape = axes.map((axis) => tensor.shape[axis]), strides = axes.map((axis) => tensor.strides[axis]);
  const { data } = tensor;
  if (isRowMajor({ data, shape, strides })) return data;
  const result = new Float32Array(elements(shape));
  if (result.length === 0) return result;
  let written = 0;
  const walk = (axis: number, from: number) => {
    if (axis === shape.length) result[written++] = data[from];
    else for (let k = 0; k < shape[axis]; k++) walk(axis + 1, from + k * strides[axis]);
  };
  walk(0, 0);
  return result;
}

/**
 * Reverses groups of 3 channels along one axis, in place: an axis of 6 holds two groups, [0 1 2 3 4 5] becomes
 * [2 1 0 5 4 3]. Row-major; throws when the axis does not hold so many groups.
 */
export function reverseChannels(
  data: Float32Array,
  { shape, axis, groups }: { shape: readonly number[]; axis: number; groups: number },
): void {
  if (shape[axis] !== 3 * groups) throw new Error(`Axis ${axis} of [${shape}] is not ${groups} groups of 3`);
  const inner = elements(shape.slice(axis + 1)), outer = elements(shape.slice(0, axis));
  for (let group = 0; group < outer * groups; group++) {
    const first = group * 3 * inner, third = first + 2 * inner;
    const kept = data.slice(first, first + inner);
    data.copyWithin(first, third, third + inner);
    data.set(kept, third);
  }
}
