import assert from "node:assert/strict";
import { type Manner, mouthShapes, soundsOf } from "../../lib/corpus/mouth.ts";
import type { Phoneme } from "../../lib/corpus/speech.ts";

const MANNER: Manner = { strength: 1, jaw: 1, smile: 0, parted: 0.02 };

/** Phonemes one after the other, from 0.5 s on, each lasting its milliseconds. */
function say(...sounds: [string, number][]): Phoneme[] {
  let time = 0.5;
  return sounds.map(([symbol, ms]) => ({ symbol, start: time, end: time += ms / 1000 }));
}

/** Shapes at 25 frames/s, the video starting `offset` seconds late. */
function video(phonemes: Phoneme[], offset = 0) {
  const times = Array.from({ length: 50 }, (_, frame) => offset + (frame + 0.5) / 25);
  return mouthShapes(phonemes, MANNER, times).map((shape, i) => ({ time: times[i], ...shape }));
}

Deno.test("p, b and m close the lips on at least one frame, however the film falls on them", () => {
  for (const lips of ["p", "b", "m"]) {
    for (const ms of [20, 45, 90]) {
      for (let offset = 0; offset < 0.04; offset += 0.002) {
        const phonemes = say(["ˈɑː", 140], [lips, ms], ["ˈæ", 150]), { start, end } = phonemes[1];
        const during = video(phonemes, offset).filter(({ time }) => time > start - 0.05 && time < end + 0.05);
        const closest = Math.min(...during.map(({ open }) => open));
        assert.equal(closest, 0, `${lips} of ${ms} ms at offset ${offset.toFixed(3)} leaves ${closest}`);
      }
    }
  }
});

Deno.test("f and v bring the lower lip under the teeth and keep a narrow gap", () => {
  const phonemes = say(["ˈaɪ", 180], ["v", 70], ["ə", 60]);
  const frames = video(phonemes).filter(({ time }) => time > phonemes[1].start && time < phonemes[1].end);
  assert(frames.some(({ tuck }) => tuck > 0.95));
  assert(frames.every(({ open }) => open < 0.45));
});

Deno.test("open vowels open the mouth, close ones do not; u is rounded and i is spread", () => {
  const middle = (symbol: string) =>
    video(say(["h", 60], [symbol, 240], ["h", 60])).find(({ time }) => time > 0.66)!;
  const [a, i, u] = [middle("ɑː"), middle("iː"), middle("uː")];
  assert(a.open > 0.8 && a.jaw > 0.8, JSON.stringify(a));
  assert(i.open < 0.45 && i.width > 0.6, JSON.stringify(i));
  assert(u.open < 0.4 && u.width < -0.6 && u.round > 0.6, JSON.stringify(u));
});

Deno.test("lips round before a rounded vowel begins", () => {
  const before = (vowel: string) =>
    video(say(["ə", 80], ["s", 100], ["t", 80], [vowel, 200])).find(({ time }) => time > 0.72)!;
  assert(before("uː").width < before("iː").width - 0.3);
});

Deno.test("a silent mouth rests, and a diphthong moves", () => {
  const phonemes = say(["ˈaɪ", 300]), frames = video(phonemes);
  assert(frames[0].open < 0.1 && frames.at(-1)!.open < 0.1);
  const early = frames.find(({ time }) => time > 0.57)!, late = frames.find(({ time }) => time > 0.73)!;
  assert(early.jaw > late.jaw + 0.3, `${early.jaw} ${late.jaw}`);
  for (const { time: _, width, ...parts } of frames) {
    assert(Math.abs(width) <= 1);
    for (const value of Object.values(parts)) assert(value >= 0 && value <= 1);
  }
});

Deno.test("symbols are split into sounds", () => {
  assert.deepEqual(soundsOf("ˈaɪ"), ["a", "ɪ"]);
  assert.deepEqual(soundsOf("tʃ"), ["t", "ʃ"]);
  assert.deepEqual(soundsOf("əl"), ["ə", "l"]);
  assert.deepEqual(soundsOf("dʒ"), ["d", "ʃ"]);
});
