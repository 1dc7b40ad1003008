import { matMul64, type Matrix } from "../../native/float64.ts";
import { featureMatrix } from "./frechet.ts";

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
 * there are and is 0 for equal crowds, so it can come out below 0. Does not measure sync or single images; its unit is
 * that of the features to the power of 3. Throws RangeError for fewer than two of either.
 */
export function kernelDistance(a: ArrayLike<number>[], b: ArrayLike<number>[]): number {
  const x = featureMatrix(a), y = featureMatrix(b), n = x.rows, m = y.rows;
  if (n < 2 || m < 2) throw new RangeError(`${n} and ${m} features are too few for a kernel distance`);
  const within = (z: Matrix) => kernelSum(z, z, { unequal: true }) / (z.rows * (z.rows - 1));
  return within(x) + within(y) - 2 * kernelSum(x, y) / (n * m);
}
