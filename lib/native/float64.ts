import { binding } from "./tf.ts";
import { CONSTANTS } from "./library.ts";

/**
 * Linear algebra in 64 bits by TensorFlow's own kernels: tfjs knows no 64-bit tensors, so these go to the binding and
 * come back as Float64Array. Matrices are row-major.
 */

/** TensorFlow's number for 64-bit floats. */
const TF_DOUBLE = 2;

const type = (name: string) => ({ name, type: CONSTANTS.TF_ATTR_TYPE, value: TF_DOUBLE });
const flag = (name: string, value: boolean) => ({ name, type: CONSTANTS.TF_ATTR_BOOL, value });

/** A matrix of 64-bit floats, [rows, columns]. */
export interface Matrix {
  values: Float64Array;
  rows: number;
  columns: number;
}

/** Runs one operation on matrices and gives back its outputs' values. */
function run(name: string, attributes: object[], inputs: Matrix[], outputs: number): Float64Array[] {
  const ids: number[] = [];
  try {
    for (const { values, rows, columns } of inputs) {
      ids.push(binding.createTensor([rows, columns], TF_DOUBLE, values));
    }
    const made = binding.executeOp(name, attributes as never, [...ids], outputs);
    ids.push(...made.map(({ id }) => id));
    return made.map(({ id }) => {
      const bytes = binding.tensorDataSync(id) as Uint8Array;
      return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
    });
  } finally {
    for (const id of ids) binding.deleteTensor(id);
  }
}

/** The product of two matrices, each transposed first where asked: [m, k] x [k, n] -> [m, n]. */
export function matMul64(
  a: Matrix,
  b: Matrix,
  { transposeA = false, transposeB = false }: { transposeA?: boolean; transposeB?: boolean } = {},
): Matrix {
  const [rows, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
  const [other, columns] = transposeB ? [b.columns, b.rows] : [b.rows, b.columns];
  if (inner !== other) {
    throw new RangeError(`[${rows}, ${inner}] and [${other}, ${columns}] cannot be multiplied`);
  }
  const attributes = [type("T"), flag("transpose_a", transposeA), flag("transpose_b", transposeB)];
  const [values] = run("MatMul", attributes, [a, b], 1);
  return { values, rows, columns };
}

function eigen(matrix: Matrix, vectors: boolean): Float64Array[] {
  const { rows, columns } = matrix;
  if (rows !== columns) throw new RangeError(`A matrix [${rows}, ${columns}] has no eigenvalues`);
  return run("SelfAdjointEigV2", [type("T"), flag("compute_v", vectors)], [matrix], 2);
}

/**
 * Eigenvalues of a symmetric matrix [n, n] in rising order, and their eigenvectors as the columns of `vectors`; the
 * lower triangle is read. Kernel: SelfAdjointEigV2.
 */
export function symmetricEigen(matrix: Matrix): { values: Float64Array; vectors: Matrix } {
  const [values, vectors] = eigen(matrix, true);
  return { values, vectors: { values: vectors, rows: matrix.rows, columns: matrix.columns } };
}

/** The eigenvalues alone, which takes less time. */
export const symmetricEigenvalues = (matrix: Matrix): Float64Array => eigen(matrix, false)[0];
