import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../base/root.ts";
import { KitError } from "../base/errors.ts";
import { linesOf, startProgram } from "../base/processes.ts";
import { SAMPLE_RATE } from "../base/shapes.ts";
import { randomStream } from "../base/random.ts";

/** How somebody speaks, and the room they are recorded in. */
export interface Voice {
  /** espeak-ng's name: language, accent and variant, such as "en-gb-scotland+f2". */
  name: string;
  /** Words a minute, about 130 to 190. */
  rate: number;
  /** Pitch and its range, 0 to 99. */
  pitch: number;
  range: number;
  /** Length of the vocal tract, 1 as synthesised: 1.06 is a bigger speaker with lower formants. */
  tract: number;
  /** Level of the room's echoes, 0 (none) to 1. */
  echo: number;
  /** Level of the background noise, decibels under full scale, about -65. */
  noise: number;
  /** Level of the speech, decibels under full scale (root mean square), about -24. */
  level: number;
}

/** A sound of speech; `symbol` is IPA with stress marks, times in seconds. */
export interface Phoneme {
  symbol: string;
  start: number;
  end: number;
}

/** A word as written, without punctuation; times in seconds. */
export interface Word {
  word: string;
  start: number;
  end: number;
}

export interface Utterance {
  /** 16 kHz mono in [-1, 1]. */
  audio: Float32Array;
  phonemes: Phoneme[];
  words: Word[];
}

/** A running synthesiser; close it when done. */
export interface Speech {
  say(text: string, voice: Voice): Promise<Utterance>;
  close(): Promise<void>;
}

interface Reply {
  error?: string;
  sampleRate: number;
  audio: string;
  events: {
    type: "word" | "phoneme" | "end";
    time: number;
    id?: string;
    position?: number;
    length?: number;
  }[];
}

/** The closure of p, t and k is silent, and espeak-ng reports them at the burst that ends it: seconds. */
const CLOSURE = 0.045;
/** Half the width of the resampling filter, in samples of the slower rate. */
const TAPS = 16;
const STEPS = 256;

/** A windowed sinc (Hann), tabulated: value at `i / STEPS` samples from the centre. */
const SINC = Float64Array.from({ length: TAPS * STEPS + 2 }, (_, i) => {
  const x = Math.PI * i / STEPS, window = i > TAPS * STEPS ? 0 : 0.5 + 0.5 * Math.cos(x / TAPS);
  return (i === 0 ? 1 : Math.sin(x) / x) * window;
});

/** Band-limited resampling of 16-bit samples from one rate (Hz) to a lower one, in [-1, 1]. */
function resample(pcm: Int16Array, { from, to }: { from: number; to: number }): Float32Array {
  const ratio = from / to, scale = Math.min(1, 1 / ratio) * 0.96, reach = TAPS / scale;
  const audio = new Float32Array(Math.floor(pcm.length / ratio));
  for (let i = 0; i < audio.length; i++) {
    const centre = i * ratio, last = Math.min(pcm.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let j = Math.max(0, Math.ceil(centre - reach)); j <= last; j++) {
      sum += pcm[j] * SINC[Math.round(Math.abs(j - centre) * scale * STEPS)];
    }
    audio[i] = sum * scale / 32768;
  }
  return audio;
}

/** Words and phonemes with their times (s) out of espeak-ng's events (ms), `stretch` times as long. */
function readEvents(text: string, events: Reply["events"], stretch: number) {
  const seconds = (ms: number) => ms / 1000 * stretch;
  const phonemes: Phoneme[] = [], words: Word[] = [];
  const sounds = events.filter((event) => event.type !== "word");
  sounds.forEach(({ id, time }, i) => {
    if (!id) return; // a pause, or the end
    const stop = /^[ˈˌ]?[ptk]/.test(id) && !id.includes("ʃ");
    const before = phonemes.at(-1);
    let start = seconds(time);
    if (stop) start = Math.max(start - CLOSURE * stretch, before?.start ?? 0);
    if (before && before.end > start) before.end = start;
    phonemes.push({ symbol: id, start, end: seconds(sounds[i + 1]?.time ?? time) });
  });
  events.forEach(({ type, time, position, length }, i) => {
    if (type !== "word") return;
    const word = text.slice(position! - 1, position! - 1 + length!).replace(/[^\p{L}\p{N}']/gu, "");
    const rest = events.slice(i + 1);
    const end = rest.find((event) => event.type !== "phoneme" || !event.id)?.time ?? time;
    if (word) words.push({ word, start: seconds(time), end: seconds(end) });
  });
  return { phonemes, words };
}

/** What a microphone in the voice's room hears: a few dozen early echoes, steady noise, a set level. In place. */
export function recordInRoom(audio: Float32Array, { voice, seed }: { voice: Voice; seed: number }): void {
  const rng = randomStream(seed, "room", voice.name), dry = audio.slice();
  for (let echo = 0; echo < 24; echo++) {
    const delay = Math.round(SAMPLE_RATE * rng.uniform(0.004, 0.16));
    const gain = 0.22 * voice.echo * Math.exp(-delay / SAMPLE_RATE / 0.06) * (rng.uniform() < 0.5 ? -1 : 1);
    for (let i = delay; i < audio.length; i++) audio[i] += gain * dry[i - delay];
  }
  let power = 0, loud = 0;
  for (const value of audio) {
    if (Math.abs(value) < 1e-3) continue; // pauses do not count
    power += value * value;
    loud++;
  }
  const gain = loud === 0 ? 0 : 10 ** (voice.level / 20) / Math.sqrt(power / loud);
  const floor = 10 ** (voice.noise / 20);
  let brown = 0;
  for (let i = 0; i < audio.length; i++) {
    brown = 0.97 * brown + 0.24 * rng.normal();
    const value = gain * audio[i] + floor * (0.8 * brown + 0.6 * rng.normal());
    audio[i] = Math.max(-1, Math.min(1, value));
  }
}

/**
 * Starts espeak-ng as a program of its own (GPL-3.0: it is never part of the kit) and speaks with it over
 * pipes. `say` gives dry speech at 16 kHz with the times of its words and phonemes; a stop's time includes its
 * silent closure. The same text and voice give the same samples. Throws KitError when the program fails.
 */
export function openSpeech(): Speech {
  const flags = ["--no-prompt", "--allow-read", "--allow-env", "--config", join(ROOT, "deno.json")];
  const script = fileURLToPath(new URL("./espeak_program.ts", import.meta.url));
  const command = [Deno.execPath(), "run", ...flags, script] as const;
  const child = startProgram(command, { stdin: "piped", stderr: "inherit" });
  const writer = child.stdin.getWriter(), lines = linesOf(child.stdout);
  const remedy = "Run `deno task setup` to mend the packages, then try again";

  async function ask(request: object): Promise<Reply> {
    await writer.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    const { value, done } = await lines.next();
    if (done) throw new KitError("The speech program espeak-ng stopped", remedy);
    const reply = JSON.parse(value) as Reply;
    if (reply.error) throw new KitError(`The speech program espeak-ng failed: ${reply.error}`, remedy);
    return reply;
  }

  let turn: Promise<unknown> = Promise.resolve();
  return {
    say(text, { name, rate, pitch, range, tract }) {
      // A longer tract is the same sound played slower, so the words are asked for faster.
      const request = { text, voice: name, rate: Math.round(rate * tract), pitch, range };
      const answer = turn.then(() => ask(request)).then((reply): Utterance => {
        const pcm = new Int16Array(Uint8Array.fromBase64(reply.audio).buffer);
        const audio = resample(pcm, { from: reply.sampleRate / tract, to: SAMPLE_RATE });
        return { audio, ...readEvents(text, reply.events, tract) };
      });
      turn = answer.catch(() => {}); // one request at a time, in order
      return answer;
    },
    async close() {
      await writer.close().catch(() => {});
      await child.status;
    },
  };
}
