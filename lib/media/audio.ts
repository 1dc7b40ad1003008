/** Audio in [-1, 1] -> 16-bit samples (32768 steps to 1, clipped at the ends). */
export function toInt16(audio: Float32Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(audio.length);
  for (let i = 0; i < audio.length; i++) {
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(audio[i] * 32768)));
  }
  return samples;
}

/** 16-bit samples -> audio in [-1, 1). The way back by `toInt16` is exact. */
export function fromInt16(samples: Int16Array): Float32Array {
  const audio = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) audio[i] = samples[i] / 32768;
  return audio;
}

/** Audio below this level, in dB of full scale, is silence. */
export const SILENCE_DB = -60;

/** Level of audio in [-1, 1], or of 16-bit samples, in dB of full scale: 20 log10 of the root mean square. */
export function levelOf(audio: Float32Array | Int16Array): number {
  const full = audio instanceof Int16Array ? 32768 : 1;
  let sum = 0;
  for (const sample of audio) sum += (sample / full) ** 2;
  return 10 * Math.log10(Math.max(sum / Math.max(1, audio.length), 1e-12));
}
