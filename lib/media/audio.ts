import { SAMPLE_RATE } from "../base/shapes.ts";

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

/** Mono audio at 16 kHz in [-1, 1] as the bytes of a 16-bit wav file. */
export function wavBytes(audio: Float32Array): Uint8Array {
  const bytes = new Uint8Array(44 + audio.length * 2);
  const head = new DataView(bytes.buffer);
  const text = (place: number, word: string) => bytes.set(new TextEncoder().encode(word), place);
  text(0, "RIFF");
  head.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 16, true); // length of the format block
  head.setUint16(20, 1, true); // plain samples
  head.setUint16(22, 1, true); // channels
  head.setUint32(24, SAMPLE_RATE, true);
  head.setUint32(28, SAMPLE_RATE * 2, true); // bytes a second
  head.setUint16(32, 2, true); // bytes a sample
  head.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  head.setUint32(40, audio.length * 2, true);
  bytes.set(new Uint8Array(toInt16(audio).buffer), 44);
  return bytes;
}
