import assert from "node:assert/strict";
import { random } from "../../lib/base/random.ts";
import { matMul64, type Matrix, symmetricEigen, symmetricEigenvalues } from "../../lib/native/float64.ts";
import { binding } from "../../lib/native/tf.ts";

/** A matrix of small numbers. */
function made(rows: number, columns: number, seed: number): Matrix {
  const rng = random(seed);
  return { values: Float64Array.from({ length: rows * columns }, () => rng.uniform() - 0.5), rows, columns };
}

Deno.test("a product is that of the definition, with either side transposed", () => {
  const a = made(5, 3, 1), b = made(3, 4, 2);
  const { values, rows, columns } = matMul64(a, b);
  assert.deepEqual([rows, columns], [5, 4]);
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 4; j++) {
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += a.values[i * 3 + k] * b.values[k * 4 + j];
      assert.ok(Math.abs(values[i * 4 + j] - sum) < 1e-15);
    }
  }
  // Against a second matrix by the rows: (a' a) is symmetric, and a a' holds the squared lengths of a's rows.
  const inner = matMul64(a, a, { transposeA: true }), outer = matMul64(a, a, { transposeB: true });
  assert.deepEqual([inner.rows, outer.rows], [3, 5]);
  assert.equal(inner.values[1], inner.values[3]);
  assert.ok(Math.abs(outer.values[6] - a.values.slice(3, 6).reduce((s, v) => s + v * v, 0)) < 1e-15);
  assert.throws(() => matMul64(a, a), /\[5, 3\] and \[5, 3\] cannot be multiplied/);
});

Deno.test("eigenvalues in 64 bits: of a known matrix, and a matrix from its eigenvectors; no tensor is left", () => {
  const before = binding.getNumOfTensors();
  // 2 and 2 + 1e-12 apart: 32 bits would not tell them from each other.
  const near = symmetricEigen({ values: Float64Array.of(2, 0, 0, 2 + 1e-12), rows: 2, columns: 2 });
  assert.ok(Math.abs(near.values[1] - near.values[0] - 1e-12) < 1e-15);
  const x = made(20, 8, 3), a = matMul64(x, x, { transposeA: true });
  const { values, vectors } = symmetricEigen(a);
  assert.ok(values.every((value, k) => k === 0 || value >= values[k - 1]));
  const scaled = { ...vectors, values: vectors.values.map((v, k) => v * values[k % 8]) };
  const back = matMul64(scaled, vectors, { transposeB: true });
  back.values.forEach((value, k) => assert.ok(Math.abs(value - a.values[k]) < 1e-13));
  symmetricEigenvalues(a).forEach((value, k) => assert.ok(Math.abs(value - values[k]) < 1e-13));
  assert.throws(() => symmetricEigenvalues(x), /A matrix \[20, 8\] has no eigenvalues/);
  assert.equal(binding.getNumOfTensors(), before);
});
