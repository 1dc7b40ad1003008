import { matMul64, type Matrix, symmetricEigen, symmetricEigenvalues } from "../../native/float64.ts";

/** Mean and covariance of a set of features. */
export interface FeatureStatistics {
  /** Images. */
  count: number;
  /** [d] */
  mean: Float64Array;
  /** [d, d], unbiased: divided by count - 1. */
  covariance: Matrix;
  /** [count, d] with factor' factor = covariance, where there are fewer images than numbers in a feature. */
  factor?: Matrix;
}

/** Features as one matrix of 64-bit floats: [n] of [d] -> [n, d]. */
export function featureMatrix(features: ArrayLike<number>[]): Matrix {
  const rows = features.length, columns = features[0]?.length ?? 0;
  const values = new Float64Array(rows * columns);
  features.forEach((feature, k) => {
    if (feature.length !== columns) {
      throw new RangeError(`A feature of ${feature.length} numbers stands among others of ${columns}`);
    }
    values.set(feature, k * columns);
  });
  return { values, rows, columns };
}

/** Mean and unbiased covariance of features: [n] of [d]; throws RangeError for fewer than two. */
export function featureStatistics(features: ArrayLike<number>[]): FeatureStatistics {
  if (features.length < 2) throw new RangeError(`${features.length} features have no covariance`);
  const x = featureMatrix(features), { values, rows, columns } = x;
  const mean = new Float64Array(columns);
  for (let k = 0; k < values.length; k++) mean[k % columns] += values[k] / rows;
  const scale = Math.sqrt(rows - 1);
  for (let k = 0; k < values.length; k++) values[k] = (values[k] - mean[k % columns]) / scale;
  const covariance = matMul64(x, x, { transposeA: true });
  return { count: rows, mean, covariance, factor: rows < columns ? x : undefined };
}

/** The diagonal's sum. */
function trace({ values, rows }: Matrix): number {
  let sum = 0;
  for (let k = 0; k < rows; k++) sum += values[k * rows + k];
  return sum;
}

/**
 * Square roots of eigenvalues. What rounding makes of a zero (d eps of the largest) is taken for zero: the square root
 * of 1e-17 would count.
 */
function roots(eigenvalues: Float64Array): Float64Array {
  const least = eigenvalues.length * Number.EPSILON * Math.max(...eigenvalues);
  return eigenvalues.map((value) => value > least ? Math.sqrt(value) : 0);
}

/** B -> L' B L for an L with L L' = covariance: the images where they are few, eigenvectors by their roots otherwise. */
function between({ covariance, factor }: FeatureStatistics): (b: Matrix) => Matrix {
  if (factor) return (b) => matMul64(matMul64(factor, b), factor, { transposeB: true });
  const { values, vectors } = symmetricEigen(covariance), root = roots(values);
  const left: Matrix = { ...vectors, values: vectors.values.map((v, k) => v * root[k % vectors.columns]) };
  return (b) => matMul64(matMul64(left, b, { transposeA: true }), left);
}

/**
 * Trace of (A B)^(1/2) for covariances A and B. With A = L L', A B and L' B L have the same eigenvalues but for zeros,
 * and the latter is symmetric: no complex numbers, and nothing to add to the diagonal when a covariance is singular.
 */
function traceOfRoot(a: FeatureStatistics, b: FeatureStatistics): number {
  const inner = between(a)(b.covariance);
  return roots(symmetricEigenvalues(inner)).reduce((sum, value) => sum + value, 0);
}

/**
 * Frechet distance of two sets of features taken for normal distributions:
 * |mean_a - mean_b|^2 + trace(A + B - 2 (A B)^(1/2)), pytorch-fid's definition (Heusel et al. 2017; the paper's eq. 7).
 * It is the FID when the features are those of pytorch-fid's Inception network, and only then to be called so.
 *
 * Measures how far the images as a crowd are from real ones: blur, artefacts, missing variety. Does not measure sync,
 * nor any single image, and a wrong mouth that looks real costs nothing. It is biased: few images make it larger, so
 * it compares only between sets of equal size, and the kernel distance (`kernelDistance`) stands beside it.
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  if (a.mean.length !== b.mean.length) {
    throw new RangeError(`Features of ${a.mean.length} and of ${b.mean.length} numbers do not compare`);
  }
  let squared = 0;
  for (let k = 0; k < a.mean.length; k++) squared += (a.mean[k] - b.mean[k]) ** 2;
  return squared + trace(a.covariance) + trace(b.covariance) - 2 * traceOfRoot(a, b);
}
