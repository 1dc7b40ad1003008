import assert from "node:assert/strict";
import { reverseChannels, rowMajor, toRowMajor } from "../../lib/weights/strided.ts";

const count = (length: number) => Float32Array.from({ length }, (_, k) => k);

Deno.test("strides of row-major tensors", () => {
  assert.deepEqual(rowMajor([2, 3, 4]), [12, 4, 1]);
  assert.deepEqual(rowMajor([]), []);
  assert.deepEqual(rowMajor([5, 0, 2]), [0, 2, 1]);
});

Deno.test("axes are permuted: element [i, j, k] of the result is element [j, k, i] of the tensor", () => {
  const shape = [2, 3, 4], strides = rowMajor(shape);
  const turned = toRowMajor({ data: count(24), shape, strides }, [2, 0, 1]);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 2; j++) {
      for (let k = 0; k < 3; k++) assert.equal(turned[(i * 2 + j) * 3 + k], (j * 3 + k) * 4 + i);
    }
  }
});

Deno.test("what lies row-major already is not copied; what repeats or leaves gaps is", () => {
  const data = count(6);
  assert.equal(toRowMajor({ data, shape: [2, 3], strides: [3, 1] }, [0, 1]), data);
  // The strides of axes of length 1 have no say.
  assert.equal(toRowMajor({ data, shape: [1, 6, 1], strides: [99, 1, 7] }, [0, 1, 2]), data);
  // A transposed tensor whose axes are turned back.
  assert.equal(toRowMajor({ data, shape: [3, 2], strides: [1, 3] }, [1, 0]), data);
  assert.deepEqual([...toRowMajor({ data, shape: [3], strides: [2] }, [0])], [0, 2, 4]);
  assert.deepEqual([...toRowMajor({ data: count(2), shape: [2, 2], strides: [1, 0] }, [0, 1])], [0, 0, 1, 1]);
  assert.deepEqual([...toRowMajor({ data: count(1), shape: [], strides: [] }, [])], [0]);
  assert.equal(toRowMajor({ data: count(0), shape: [3, 0], strides: [0, 1] }, [1, 0]).length, 0);
});

Deno.test("channels are reversed in groups of three along an axis", () => {
  const along = (length: number, options: { shape: number[]; axis: number; groups: number }) => {
    const data = count(length);
    reverseChannels(data, options);
    return [...data];
  };
  assert.deepEqual(along(6, { shape: [6], axis: 0, groups: 2 }), [2, 1, 0, 5, 4, 3]);
  assert.deepEqual(along(6, { shape: [2, 3], axis: 1, groups: 1 }), [2, 1, 0, 5, 4, 3]);
  assert.deepEqual(along(6, { shape: [3, 2], axis: 0, groups: 1 }), [4, 5, 2, 3, 0, 1]);
  assert.throws(() => along(4, { shape: [4], axis: 0, groups: 1 }), /not 1 groups of 3/);
});
