import assert from "node:assert/strict";
import { elements, swapBytes, toF32 } from "../../lib/weights/elements.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("elements of every type as 32-bit floats", () => {
  assert.deepEqual([...toF32(bytes(0, 0, 0x80, 0x3f), "F32")], [1]);
  assert.deepEqual([...toF32(new Uint8Array(new Float64Array([1 / 3, 1e300]).buffer), "F64")], [
    Math.fround(1 / 3),
    Infinity,
  ]);
  assert.deepEqual([...toF32(bytes(0x80, 0x3f, 0x40, 0xc0), "BF16")], [1, -3]);
  // Halves: the largest, the smallest below normal ones, minus zero, infinity.
  const halves = bytes(0xff, 0x7b, 0x01, 0x00, 0x00, 0x80, 0x00, 0x7c);
  assert.deepEqual([...toF32(halves, "F16")], [65504, 2 ** -24, -0, Infinity]);
  assert.deepEqual([...toF32(new Uint8Array(new BigInt64Array([-3n, 2n ** 40n]).buffer), "I64")], [
    -3,
    2 ** 40,
  ]);
  assert.deepEqual([...toF32(bytes(0xfe, 0xff, 0xff, 0xff), "I32")], [-2]);
  assert.deepEqual([...toF32(bytes(0xfe, 0xff), "I16")], [-2]);
  assert.deepEqual([...toF32(bytes(0xfe), "I8")], [-2]);
  assert.deepEqual([...toF32(bytes(0xfe, 1), "U8")], [254, 1]);
  assert.deepEqual([...toF32(bytes(0, 1), "BOOL")], [0, 1]);
});

Deno.test("bytes of big-endian numbers are turned around, element by element", () => {
  const eight = bytes(1, 2, 3, 4, 5, 6, 7, 8);
  swapBytes(eight, "F16");
  assert.deepEqual([...eight], [2, 1, 4, 3, 6, 5, 8, 7]);
  swapBytes(eight, "I64");
  assert.deepEqual([...eight], [7, 8, 5, 6, 3, 4, 1, 2]);
  swapBytes(eight, "U8");
  assert.deepEqual([...eight], [7, 8, 5, 6, 3, 4, 1, 2]);
});

Deno.test("a shape with an empty axis has no elements, whatever the other axes claim", () => {
  assert.equal(elements([2, 3]), 6);
  assert.equal(elements([]), 1);
  assert.equal(elements([...Array(25).fill(Number.MAX_SAFE_INTEGER), 0]), 0);
});
