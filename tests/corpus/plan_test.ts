import assert from "node:assert/strict";
import { CORPUS_SIZES, type CorpusSize, planCorpus } from "../../lib/corpus/plan.ts";
import { LONGEST, perform } from "../../lib/corpus/performance.ts";
import { sampleSpeaker } from "../../lib/corpus/speaker.ts";
import { openSpeech } from "../../lib/corpus/speech.ts";

/** Speakers of each split. */
async function speakersOf(size: CorpusSize) {
  const clips = await planCorpus({ size, seed: 1 });
  const named = (split: string) =>
    new Set(clips.filter((clip) => clip.split === split).map((c) => c.speaker));
  return { train: named("train"), val: named("val"), test: named("test") };
}

Deno.test("a corpus is a pure plan: 85 speakers in small, 100 in large, no speaker in two splits", async () => {
  for (const [size, counts] of [["tiny", [2, 1, 1]], ["small", [74, 3, 8]], ["large", [95, 2, 3]]] as const) {
    const { train, val, test } = await speakersOf(size);
    assert.deepEqual([train.size, val.size, test.size], counts, size);
    assert.equal(new Set([...train, ...val, ...test]).size, counts[0] + counts[1] + counts[2]);
    assert.deepEqual(await planCorpus({ size, seed: 1 }), await planCorpus({ size, seed: 1 }));
  }
  assert.deepEqual(CORPUS_SIZES, ["tiny", "small", "large"]);
});

Deno.test("high and low voices are tested in equal numbers", async () => {
  const { test } = await speakersOf("small");
  assert.equal([...test].filter((index) => sampleSpeaker(1, index).appearance.feminine > 0.5).length, 4);
});

Deno.test("names are LRS2's, and no text of small is said twice", async () => {
  const small = await planCorpus({ size: "small", seed: 1 }),
    large = await planCorpus({ size: "large", seed: 1 });
  assert.deepEqual([small.length, small[0].id, small.at(-1)!.id], [192, "s01/00001", "s85/00002"]);
  assert.deepEqual([large.length, large.at(-1)!.id], [1100, "s100/00011"]);
  assert.equal(new Set(small.map(({ text }) => text)).size, 192);
  const words = large.map(({ text }) => text.split(" ").length);
  assert(
    Math.max(...words) <= 15 && Math.min(...words) >= 6,
    `${Math.min(...words)} to ${Math.max(...words)}`,
  );
});

Deno.test("voices differ: accent and variant of no two of eighty-five speakers are the same", () => {
  const voices = Array.from({ length: 85 }, (_, index) => sampleSpeaker(1, index).voice);
  assert.equal(new Set(voices.map(({ name }) => name)).size, 85);
  assert.equal(new Set(voices.map(({ name }) => name.split("+")[0])).size, 8);
  for (const property of ["rate", "pitch", "range", "tract"] as const) {
    assert(new Set(voices.map((voice) => voice[property])).size > 20, property);
  }
});

Deno.test("large is over an hour, judged by every fiftieth clip; none is over six seconds", async () => {
  const plans = await planCorpus({ size: "large", seed: 1 }), speech = openSpeech();
  try {
    let frames = 0, count = 0;
    for (let i = 0; i < plans.length; i += 50, count++) {
      const plan = plans[i], { mouths, audio } = await perform(plan, sampleSpeaker(1, plan.speaker), speech);
      assert.equal(audio.length, 640 * mouths.length);
      assert(mouths.length <= 25 * LONGEST, plan.text);
      frames += mouths.length;
    }
    const hours = frames / count * plans.length / 25 / 3600;
    assert(hours > 1.05 && hours < 1.5, `${hours} hours`);

    // A slow speaker with a long text hurries.
    const slow = sampleSpeaker(1, 0),
      plan = { ...plans[0], text: plans.map(({ text }) => text)[0].repeat(2) };
    const { mouths, words } = await perform(plan, { ...slow, voice: { ...slow.voice, rate: 120 } }, speech);
    assert(mouths.length <= 150 && mouths.length > 120, `${mouths.length} frames`);
    assert(words.at(-1)!.end < 6);
  } finally {
    await speech.close();
  }
});
