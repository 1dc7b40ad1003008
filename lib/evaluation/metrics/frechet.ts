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
 * Measures how far the images as a set are from real ones: blur, artefacts, missing variety. Does not measure sync,
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

/** Rows of x multiplied with y at once, so that memory does not grow with the square of the images. */
const BLOCK = 1000;

/** The kernel (x.y / d + 1)^3 of Binkowski et al. 2018, summed over all pairs of rows of x and y, or all unequal ones. */
function kernelSum(x: Matrix, y: Matrix, { unequal = false } = {}): number {
  const d = x.columns;
  let sum = 0;
  for (let from = 0; from < x.rows; from += BLOCK) {
    const rows = Math.min(BLOCK, x.rows - from);
    const block = { values: x.values.subarray(from * d, (from + rows) * d), rows, columns: d };
    const { values, columns } = matMul64(block, y, { transposeB: true });
    for (let k = 0; k < values.length; k++) {
      if (unequal && from + Math.floor(k / columns) === k % columns) continue;
      sum += (values[k] / d + 1) ** 3;
    }
  }
  return sum;
}

/**
 * Kernel distance of two sets of features, [n] of [d] and [m] of [d]: the unbiased estimate of the squared maximum mean
 * discrepancy under the kernel (x.y / d + 1)^3, over all pairs (Binkowski et al. 2018, "Demystifying MMD GANs", eq. 4;
 * there over subsets, which gives the same in the mean). It is the KID when the features are the FID's.
 *
 * Measures what the Frechet distance measures, without its bias: its expectation does not depend on how many images
 * there are and is 0 for sets of one kind, so it can come out below 0. Does not measure sync or single images; its unit is
 * that of the features to the power of 3. Throws RangeError for fewer than two of either.
 */
export function kernelDistance(a: ArrayLike<number>[], b: ArrayLike<number>[]): number {
  const x = featureMatrix(a), y = featureMatrix(b), n = x.rows, m = y.rows;
  if (n < 2 || m < 2) throw new RangeError(`${n} and ${m} features are too few for a kernel distance`);
  const within = (z: Matrix) => kernelSum(z, z, { unequal: true }) / (z.rows * (z.rows - 1));
  return within(x) + within(y) - 2 * kernelSum(x, y) / (n * m);
}
