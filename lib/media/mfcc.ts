import { SAMPLE_RATE } from "../base/shapes.ts";
import { powerSpectrum } from "./fft.ts";

/** Cepstral coefficients of a column. */
export const CEPSTRA = 13;
/** Columns a second. */
export const MFCC_RATE = 100;

const WINDOW = 400;
const STEP = SAMPLE_RATE / MFCC_RATE;
const SIZE = 512;
const FILTERS = 26;
const LIFTER = 22;
const PRE_EMPHASIS = 0.97;

/** Edges of the 28 triangle corners in spectrum bins, evenly spaced on the mel scale from 0 to 8 kHz. */
function filterEdges(): number[] {
  const highest = 2595 * Math.log10(1 + SAMPLE_RATE / 2 / 700);
  return Array.from({ length: FILTERS + 2 }, (_, i) => {
    const hertz = 700 * (10 ** (highest * i / (FILTERS + 1) / 2595) - 1);
    return Math.floor((SIZE + 1) * hertz / SAMPLE_RATE);
  });
}

/** Orthonormal DCT-II times the lifter 1 + 11 sin(pi n / 22): [13, 26], row n gives coefficient n. */
function liftedCosines(): Float64Array {
  const table = new Float64Array(CEPSTRA * FILTERS);
  for (let n = 0; n < CEPSTRA; n++) {
    const scale = Math.sqrt((n ? 2 : 1) / FILTERS) * (1 + LIFTER / 2 * Math.sin(Math.PI * n / LIFTER));
    for (let k = 0; k < FILTERS; k++) {
      table[n * FILTERS + k] = scale * Math.cos(Math.PI * n * (2 * k + 1) / (2 * FILTERS));
    }
  }
  return table;
}

/** Natural logarithm with the reference's floor for exact zeros. */
function logOf(energy: number): number {
  return Math.log(energy === 0 ? Number.EPSILON : energy);
}

/**
 * Mel-frequency cepstral coefficients as SyncNet's evaluation takes them: sound [samples] (16 kHz mono, int16) ->
 * [columns, 13], time-major, 100 columns a second, columns = 1 + ceil((samples - 400) / 160).
 *
 * Pre-emphasis 0.97, rectangular windows of 25 ms every 10 ms (the last one filled with zeros), 512-point power
 * spectrum / 512, 26 mel filters, log, orthonormal DCT-II, lifter 22; coefficient 0 is the log of the window's energy.
 * An empty sound has no columns. Source: python_speech_features 0.6, `mfcc` with its defaults.
 */
export function mfcc(audio: Int16Array): Float32Array {
  const samples = audio.length;
  if (samples === 0) return new Float32Array(0);
  const columns = 1 + Math.max(0, Math.ceil((samples - WINDOW) / STEP));
  const edges = filterEdges(), cosines = liftedCosines();
  const transform = powerSpectrum(SIZE);
  const frame = new Float64Array(SIZE),
    power = new Float64Array(SIZE / 2 + 1),
    bands = new Float64Array(FILTERS);
  const cepstra = new Float32Array(columns * CEPSTRA);

  for (let column = 0; column < columns; column++) {
    const start = column * STEP;
    frame.fill(0);
    for (let i = 0, at = start; i < WINDOW && at < samples; i++, at++) {
      frame[i] = audio[at] - (at ? PRE_EMPHASIS * audio[at - 1] : 0);
    }
    transform(frame, power);
    let energy = 0;
    for (let k = 0; k < power.length; k++) {
      power[k] /= SIZE;
      energy += power[k];
    }
    for (let band = 0; band < FILTERS; band++) {
      const left = edges[band], centre = edges[band + 1], right = edges[band + 2];
      let sum = 0;
      for (let k = left; k < centre; k++) sum += power[k] * (k - left) / (centre - left);
      for (let k = centre; k < right; k++) sum += power[k] * (right - k) / (right - centre);
      bands[band] = logOf(sum);
    }
    const row = column * CEPSTRA;
    cepstra[row] = logOf(energy);
    for (let n = 1; n < CEPSTRA; n++) {
      let sum = 0;
      for (let k = 0; k < FILTERS; k++) sum += cosines[n * FILTERS + k] * bands[k];
      cepstra[row + n] = sum;
    }
  }
  return cepstra;
}
