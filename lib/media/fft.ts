/** One stage of the transform: `radix` butterflies over sub-transforms of `length` points, `stride` apart. */
interface Stage {
  radix: number;
  length: number;
  stride: number;
  /** cos and sin of exp(-2 pi i r k / length) for k < length / radix, r = 1 .. radix - 1. */
  cos: Float64Array;
  sin: Float64Array;
  /** cos and sin of exp(-2 pi i j / radix). */
  rootCos: Float64Array;
  rootSin: Float64Array;
}

/** Splits `size` into radices 4, 5, 3 and 2, one stage each. */
function planStages(size: number): Stage[] {
  const stages: Stage[] = [];
  let length = size, stride = 1;
  while (length > 1) {
    const radix = [4, 5, 3, 2].find((candidate) => length % candidate === 0);
    if (!radix) throw new RangeError(`A transform of ${size} points has a factor other than 2, 3 and 5`);
    const steps = length / radix;
    const cos = new Float64Array(steps * (radix - 1)), sin = new Float64Array(steps * (radix - 1));
    for (let k = 0; k < steps; k++) {
      for (let r = 1; r < radix; r++) {
        const angle = -2 * Math.PI * r * k / length;
        cos[k * (radix - 1) + r - 1] = Math.cos(angle);
        sin[k * (radix - 1) + r - 1] = Math.sin(angle);
      }
    }
    const rootCos = Float64Array.from({ length: radix }, (_, j) => Math.cos(2 * Math.PI * j / radix));
    const rootSin = Float64Array.from({ length: radix }, (_, j) => -Math.sin(2 * Math.PI * j / radix));
    stages.push({ radix, length, stride, cos, sin, rootCos, rootSin });
    length = steps;
    stride *= radix;
  }
  return stages;
}

/** One radix-4 stage of Stockham's transform, from (re, im) to (outRe, outIm). */
function stage4(stage: Stage, re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array) {
  const { length, stride, cos, sin } = stage;
  const steps = length / 4, jump = stride * steps;
  for (let k = 0; k < steps; k++) {
    const c1 = cos[3 * k], c2 = cos[3 * k + 1], c3 = cos[3 * k + 2];
    const s1 = sin[3 * k], s2 = sin[3 * k + 1], s3 = sin[3 * k + 2];
    let from = stride * k, to = stride * 4 * k;
    for (let q = 0; q < stride; q++, from++, to++) {
      const ar = re[from], ai = im[from];
      const br = re[from + jump], bi = im[from + jump];
      const cr = re[from + 2 * jump], ci = im[from + 2 * jump];
      const dr = re[from + 3 * jump], di = im[from + 3 * jump];
      const sumR = ar + cr, sumI = ai + ci, difR = ar - cr, difI = ai - ci;
      const oddR = br + dr, oddI = bi + di, turnR = bi - di, turnI = dr - br;
      outRe[to] = sumR + oddR;
      outIm[to] = sumI + oddI;
      const xr = difR + turnR, xi = difI + turnI;
      outRe[to + stride] = xr * c1 - xi * s1;
      outIm[to + stride] = xr * s1 + xi * c1;
      const yr = sumR - oddR, yi = sumI - oddI;
      outRe[to + 2 * stride] = yr * c2 - yi * s2;
      outIm[to + 2 * stride] = yr * s2 + yi * c2;
      const zr = difR - turnR, zi = difI - turnI;
      outRe[to + 3 * stride] = zr * c3 - zi * s3;
      outIm[to + 3 * stride] = zr * s3 + zi * c3;
    }
  }
}

/** One stage of any small radix by the definition of the transform; only radix 5 is in a hot loop here. */
function stageAny(
  stage: Stage,
  re: Float64Array,
  im: Float64Array,
  outRe: Float64Array,
  outIm: Float64Array,
) {
  const { radix, length, stride, cos, sin, rootCos, rootSin } = stage;
  const steps = length / radix, jump = stride * steps;
  for (let k = 0; k < steps; k++) {
    for (let r = 0; r < radix; r++) {
      const twist = k * (radix - 1) + r - 1;
      const c = r ? cos[twist] : 1, s = r ? sin[twist] : 0;
      for (let q = 0; q < stride; q++) {
        let from = stride * k + q, sumR = re[from], sumI = im[from];
        for (let j = 1, root = r; j < radix; j++, root = (root + r) % radix) {
          from += jump;
          sumR += re[from] * rootCos[root] - im[from] * rootSin[root];
          sumI += re[from] * rootSin[root] + im[from] * rootCos[root];
        }
        const to = stride * (radix * k + r) + q;
        outRe[to] = sumR * c - sumI * s;
        outIm[to] = sumR * s + sumI * c;
      }
    }
  }
}

/**
 * Makes a function that writes the power spectrum |X_k|^2, k = 0 .. size/2, of `size` real numbers into `power`.
 *
 * In double precision, because log spectra of quiet bands beside loud ones need it. `size` is even with factors
 * 2, 3 and 5 only (800 and 512 here); otherwise RangeError. Method: one complex transform of half the size by
 * Stockham's self-sorting algorithm, then split into the transforms of the even and the odd samples.
 */
export function powerSpectrum(size: number): (input: Float64Array, power: Float64Array) => void {
  if (size % 2) throw new RangeError(`A transform of ${size} points is of an odd size`);
  const half = size / 2;
  const stages = planStages(half);
  const buffers = Array.from({ length: 4 }, () => new Float64Array(half));
  const cos = Float64Array.from({ length: half + 1 }, (_, k) => Math.cos(2 * Math.PI * k / size));
  const sin = Float64Array.from({ length: half + 1 }, (_, k) => Math.sin(2 * Math.PI * k / size));

  return (input, power) => {
    let [re, im, otherRe, otherIm] = buffers;
    for (let i = 0; i < half; i++) {
      re[i] = input[2 * i];
      im[i] = input[2 * i + 1];
    }
    for (const stage of stages) {
      (stage.radix === 4 ? stage4 : stageAny)(stage, re, im, otherRe, otherIm);
      [re, im, otherRe, otherIm] = [otherRe, otherIm, re, im];
    }
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k, b = k === 0 ? 0 : half - k;
      const evenR = (re[a] + re[b]) / 2, evenI = (im[a] - im[b]) / 2;
      const oddR = (im[a] + im[b]) / 2, oddI = (re[b] - re[a]) / 2;
      const real = evenR + oddR * cos[k] + oddI * sin[k];
      const imaginary = evenI + oddI * cos[k] - oddR * sin[k];
      power[k] = real * real + imaginary * imaginary;
    }
  };
}
