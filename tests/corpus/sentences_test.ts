import assert from "node:assert/strict";
import { readSentences } from "../../lib/corpus/plan.ts";
import { openSpeech } from "../../lib/corpus/speech.ts";

/** The phonemes of espeak-ng's British English (received pronunciation), and how it writes a few of them. */
const CONSONANTS = "p b t d k ɡ f v θ ð s z ʃ ʒ h m n ŋ l ɹ w j tʃ dʒ".split(" ");
const VOWELS = "iː ɪ ɛ a ʌ ɑː ɒ ɔː ʊ uː ɜː ə eɪ aɪ ɔɪ əʊ aʊ iə eə ʊə".split(" ");

Deno.test("some three hundred sentences, none twice, in plain letters", async () => {
  const sentences = await readSentences();
  assert(sentences.length >= 300, `${sentences.length}`);
  assert.equal(new Set(sentences).size, sentences.length);
  for (const sentence of sentences) assert.match(sentence, /^[A-Z][A-Za-z', ]+[.?!]$/);
});

Deno.test("the sentences hold every English phoneme ten times or more, and none rules", async () => {
  const sentences = await readSentences(), speech = openSpeech(), counts = new Map<string, number>();
  const voice = { name: "en", rate: 300, pitch: 50, range: 50, tract: 1, echo: 0, noise: -60, level: -24 };
  try {
    for (let i = 0; i < sentences.length; i += 16) {
      for (const { symbol } of (await speech.say(sentences.slice(i, i + 16).join(" "), voice)).phonemes) {
        const audio = symbol.replace(/[ˈˌ]/g, "");
        counts.set(audio, (counts.get(audio) ?? 0) + 1);
      }
    }
  } finally {
    await speech.close();
  }
  const all = [...counts.values()].reduce((a, b) => a + b);
  assert(all > 7000, `${all} phonemes`);
  for (const audio of [...CONSONANTS, ...VOWELS]) {
    const count = counts.get(audio) ?? 0;
    assert(count >= 10, `${audio} is said ${count} times`);
    assert(count < 0.1 * all, `${audio} is ${count} of ${all}`);
  }
  // What the lips show best is not rare: closures, teeth on lip, rounding.
  for (const sounds of [["p", "b", "m"], ["f", "v"], ["w", "uː", "ʊ", "ɔː"], ["ʃ", "ʒ", "tʃ", "dʒ"]]) {
    const share = sounds.reduce((sum, audio) => sum + counts.get(audio)!, 0) / all;
    assert(share > 0.02, `${sounds} are ${share} of all`);
  }
});
