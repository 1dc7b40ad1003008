import { FRAME_RATE, MEL_BANDS, MEL_HOP, MEL_RATE, SAMPLE_RATE } from "../base/shapes.ts";
import { powerSpectrum } from "./fft.ts";

const SIZE = 800;
const LOWEST = 55;
const HIGHEST = 7600;
const PRE_EMPHASIS = 0.97;

/** Hertz to Slaney's mel: linear below 1 kHz, logarithmic above. */
function hertzToMel(hertz: number): number {
  return hertz < 1000 ? hertz * 3 / 200 : 15 + Math.log(hertz / 1000) * 27 / Math.log(6.4);
}

function melToHertz(mel: number): number {
  return mel < 15 ? mel * 200 / 3 : 1000 * Math.exp((mel - 15) * Math.log(6.4) / 27);
}

/** Triangular filters of unit area: band m weighs the bins from `first[m]` on with `weights[m]`. */
function melFilters() {
  const low = hertzToMel(LOWEST), high = hertzToMel(HIGHEST);
  const edges = Array.from(
    { length: MEL_BANDS + 2 },
    (_, i) => melToHertz(low + (high - low) * i / (MEL_BANDS + 1)),
  );
  const first: number[] = [], weights: Float64Array[] = [];
  for (let m = 0; m < MEL_BANDS; m++) {
    const [left, centre, right] = edges.slice(m, m + 3);
    const start = Math.ceil(left * SIZE / SAMPLE_RATE), end = Math.floor(right * SIZE / SAMPLE_RATE);
    first.push(start);
    weights.push(Float64Array.from({ length: end - start + 1 }, (_, i) => {
      const hertz = (start + i) * SAMPLE_RATE / SIZE;
      return Math.min((hertz - left) / (centre - left), (right - hertz) / (right - centre)) * 2 /
        (right - left);
    }));
  }
  return { first, weights };
}

/** The place in a sound of `length` samples that place `i` of its endlessly reflected copy shows. */
function reflect(i: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((i % period) + period) % period;
  return folded < length ? folded : period - folded;
}

/** First mel column of the window for video frame `frame` (25 frames/s): int(80 frame / FRAME_RATE), as in Wav2Lip. */
export function melStart(frame: number): number {
  return Math.floor(MEL_RATE * frame / FRAME_RATE);
}

/**
 * Log mel spectrogram of speech, as Wav2Lip computes it: sound [samples] (16 kHz mono in [-1, 1]) -> [columns, 80],
 * time-major, in [-4, 4] (-4 is -100 dB, +4 is 0 dB), 80 columns a second, columns = 1 + floor(samples / 200).
 *
 * Pre-emphasis 0.97, 800-point periodic Hann windows every 200 samples centred on their column, magnitudes, 80
 * Slaney mel bands of unit area from 55 to 7600 Hz, 20 log10(max(1e-5, x)) - 20 dB. The ends are padded by
 * reflection, the default of librosa 0.7.0, which Wav2Lip pins (librosa pads with zeros since 0.10). A silent or
 * very short sound is no fault; an empty one has no columns. Source: github.com/Rudrabha/Wav2Lip audio.py, hparams.py.
 */
export function melSpectrogram(audio: Float32Array): Float32Array {
  const samples = audio.length;
  if (samples === 0) return new Float32Array(0);
  const columns = 1 + Math.floor(samples / MEL_HOP);
  const { first, weights } = melFilters();
  const hann = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * i / SIZE));
  const transform = powerSpectrum(SIZE);
  const frame = new Float64Array(SIZE), spectrum = new Float64Array(SIZE / 2 + 1);
  const emphasised = (i: number) => audio[i] - (i ? PRE_EMPHASIS * audio[i - 1] : 0);
  const mel = new Float32Array(columns * MEL_BANDS);

  for (let column = 0; column < columns; column++) {
    const start = column * MEL_HOP - SIZE / 2;
    if (start > 0 && start + SIZE <= samples) {
      for (let i = 0, at = start; i < SIZE; i++, at++) {
        frame[i] = (audio[at] - PRE_EMPHASIS * audio[at - 1]) * hann[i];
      }
    } else {
      // The emphasised sound is what is reflected, so the filter runs before the place is folded.
      for (let i = 0; i < SIZE; i++) frame[i] = emphasised(reflect(start + i, samples)) * hann[i];
    }
    transform(frame, spectrum);
    for (let k = 0; k < spectrum.length; k++) spectrum[k] = Math.sqrt(spectrum[k]);
    for (let band = 0; band < MEL_BANDS; band++) {
      const weight = weights[band];
      let sum = 0;
      for (let i = 0, bin = first[band]; i < weight.length; i++, bin++) sum += weight[i] * spectrum[bin];
      const decibels = 20 * Math.log10(Math.max(1e-5, sum)) - 20;
      mel[column * MEL_BANDS + band] = Math.min(4, Math.max(-4, 8 * (decibels + 100) / 100 - 4));
    }
  }
  return mel;
}
