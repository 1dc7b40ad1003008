/**
 * The espeak-ng speech synthesiser as a program of its own. It is licensed GPL-3.0 and the kit is not, so
 * this file is only ever run (`deno run espeak_program.ts`), never imported.
 *
 * One JSON request on each line of standard input, `{ text, voice, rate, pitch, range }`; for each, one JSON
 * reply on standard output: `{ sampleRate, sound, events }` or `{ error }`. `sound` is 16-bit mono PCM, little
 * endian, base64. `events` have `type`, `time` (ms), and for words `position` (characters, from 1) and `length`.
 */
import { Buffer } from "node:buffer";
import { createInterface } from "node:readline";
import process from "node:process";

// The synthesiser seeds its breath noise from the clock and keeps state between sentences. With a clock that
// stands still, and a new instance for each request, the same request always gives the same samples.
Date.now = () => 1e12;
performance.now = () => 1;
Math.random = () => 0.5;
const { default: load } = await import("@echogarden/espeak-ng-emscripten");

interface Event {
  type: string;
  audio_position: number;
  text_position: number;
  word_length: number;
  id?: string | number;
}

async function synthesize(
  { text, voice, rate, pitch, range }: Record<"text" | "voice" | "rate" | "pitch" | "range", string>,
) {
  // deno-lint-ignore no-explicit-any
  const espeak = await new (await (load as any)()).eSpeakNGWorker();
  if (espeak.set_voice(voice) !== 0) throw new Error(`no voice ${voice}`);
  espeak.set_rate(rate);
  espeak.set_pitch(pitch);
  espeak.set_range(range);
  const blocks: Buffer[] = [], events: object[] = [];
  espeak.synthesize(text, (samples: Int16Array | undefined, heard: Event[]) => {
    if (samples) blocks.push(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    for (const event of heard) {
      const { type, audio_position: time, text_position: position, word_length: length } = event;
      if (type === "phoneme") events.push({ type, time, id: event.id ?? "" });
      if (type === "word") events.push({ type, time, position, length });
      if (type === "end") events.push({ type, time });
    }
    return false; // go on
  });
  return { sampleRate: espeak.get_samplerate(), audio: Buffer.concat(blocks).toString("base64"), events };
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await synthesize(JSON.parse(line)).catch((error) => ({ error: String(error) }));
    process.stdout.write(JSON.stringify(reply) + "\n");
  }
}
