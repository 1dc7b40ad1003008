import assert from "node:assert/strict";
import { SAMPLE_RATE } from "../../lib/base/shapes.ts";
import { soundsOf } from "../../lib/corpus/mouth.ts";
import { sampleSpeaker } from "../../lib/corpus/speaker.ts";
import { openSpeech, recordInRoom, type Voice } from "../../lib/corpus/speech.ts";

const VOICE: Voice = {
  name: "en+f2",
  rate: 165,
  pitch: 50,
  range: 50,
  tract: 1,
  echo: 0.4,
  noise: -60,
  level: -24,
};

/** Level of a stretch of sound (s), decibels under full scale. */
function level(audio: Float32Array, start: number, end: number): number {
  const part = audio.subarray(Math.round(start * SAMPLE_RATE), Math.round(end * SAMPLE_RATE));
  return 10 * Math.log10(part.reduce((sum, value) => sum + value * value, 1e-12) / part.length);
}

Deno.test("speech comes with its words and phonemes in time", async () => {
  const speech = openSpeech();
  try {
    const text = "The happy baby, put a map away.",
      { audio, words, phonemes } = await speech.say(text, VOICE);
    assert.deepEqual(words.map(({ word }) => word), ["The", "happy", "baby", "put", "a", "map", "away"]);
    const duration = audio.length / SAMPLE_RATE;
    assert(duration > 1.5 && duration < 4, `${duration} s`);
    for (const items of [words, phonemes]) {
      items.forEach(({ start, end }, i) => {
        assert(
          start < end && end <= duration + 0.02 && start >= (items[i - 1]?.end ?? 0) - 1e-9,
          `${i}: ${start} ${end}`,
        );
      });
    }
    // The closure of a p is silent and the vowel after it is not.
    const p = phonemes.findIndex(({ symbol }) => symbol === "p"),
      { start } = phonemes[p],
      vowel = phonemes[p + 1];
    assert(level(audio, vowel.start, vowel.end) - level(audio, start + 0.01, start + 0.03) > 25);
  } finally {
    await speech.close();
  }
});

Deno.test("the same request gives the same samples, whatever was said before", async () => {
  const one = openSpeech(), other = openSpeech();
  try {
    await one.say("Something else first.", { ...VOICE, name: "en-us+m3" });
    const text = "We rowed the boat.",
      first = await one.say(text, VOICE),
      second = await other.say(text, VOICE);
    assert.deepEqual(first, second);
    const deep = await other.say(text, { ...VOICE, tract: 1.08 });
    assert.notDeepEqual(deep.audio, first.audio);
    assert(Math.abs(deep.audio.length / first.audio.length - 1) < 0.1, "a longer tract keeps the tempo");
  } finally {
    await one.close();
    await other.close();
  }
});

Deno.test("an unknown voice is a clear error and the program goes on", async () => {
  const speech = openSpeech();
  try {
    await assert.rejects(
      speech.say("x", { ...VOICE, name: "tlh" }),
      /espeak-ng failed: .*no voice tlh.* setup/,
    );
    assert((await speech.say("Yes.", VOICE)).audio.length > 0);
  } finally {
    await speech.close();
  }
});

Deno.test("every sound of the accents and sentences has a mouth shape", async () => {
  const sentences = (await Deno.readTextFile(new URL("../../data/sentences.txt", import.meta.url))).trim()
    .split("\n");
  const speech = openSpeech();
  try {
    for (let speaker = 0; speaker < 8; speaker++) {
      const { voice } = sampleSpeaker(1, speaker),
        text = sentences.slice(19 * speaker, 19 * speaker + 7).join(" ");
      for (const { symbol } of (await speech.say(text, voice)).phonemes) {
        assert(soundsOf(symbol).length > 0, `${symbol} of ${voice.name}`);
      }
    }
  } finally {
    await speech.close();
  }
});

Deno.test("a room sets the level of speech and of silence", () => {
  const audio = new Float32Array(2 * SAMPLE_RATE);
  for (let i = SAMPLE_RATE; i < audio.length; i++) audio[i] = 0.3 * Math.sin(i / 8);
  recordInRoom(audio, { voice: VOICE, seed: 1 });
  assert(Math.abs(level(audio, 1.2, 2) - VOICE.level) < 1.5, `${level(audio, 1.2, 2)}`);
  assert(Math.abs(level(audio, 0, 1) - VOICE.noise) < 3, `${level(audio, 0, 1)}`);
});
