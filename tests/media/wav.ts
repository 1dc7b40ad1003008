import { SAMPLE_RATE } from "../../lib/base/shapes.ts";
import { toInt16 } from "../../lib/media/audio.ts";

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
