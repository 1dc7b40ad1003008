import assert from "node:assert/strict";
import { randomStream } from "../../lib/base/random.ts";
import { headPoses } from "../../lib/corpus/motion.ts";
import type { Phoneme } from "../../lib/corpus/speech.ts";

const TIMES = Array.from({ length: 500 }, (_, frame) => (frame + 0.5) / 25);

Deno.test("heads move smoothly, stay near, and blink", () => {
  const poses = headPoses([], TIMES, { seed: "a", liveliness: 1 });
  for (let i = 1; i < poses.length; i++) {
    const [before, now] = [poses[i - 1], poses[i]];
    assert(Math.abs(now.x - before.x) < 1 && Math.abs(now.turn - before.turn) < 0.02);
    assert(Math.abs(now.x) < 12 && Math.abs(now.turn) < 0.35 && Math.abs(now.roll) < 0.2);
  }
  const shut = poses.filter(({ blink }) => blink > 0.5).length;
  assert(shut > 5 && shut < 60, `${shut} frames of 500 with shut eyes`);
});

Deno.test("the same seed gives the same poses, another seed others", () => {
  const poses = (seed: string) => headPoses([], TIMES, { seed, liveliness: 1 });
  assert.deepEqual(poses("a"), poses("a"));
  assert.notDeepEqual(poses("a"), poses("b"));
});

Deno.test("poses hardly tell when somebody speaks", () => {
  let sum = 0;
  const clips = 12;
  for (let clip = 0; clip < clips; clip++) {
    const rng = randomStream("speech", clip), phonemes: Phoneme[] = [];
    for (let time = 0.3; time < 19; time += rng.uniform(0.2, 0.5)) {
      phonemes.push({ symbol: "ˈa", start: time, end: time + 0.15 });
    }
    const poses = headPoses(phonemes, TIMES, { seed: `${clip}`, liveliness: 1 });
    const loud = TIMES.map((time) => phonemes.some(({ start, end }) => start <= time && time < end) ? 1 : 0);
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    const nods = poses.map(({ nod }) => nod), [ml, mn] = [mean(loud), mean(nods)];
    const product = (a: number[], ma: number, b: number[], mb: number) =>
      mean(a.map((v, i) => (v - ma) * (b[i] - mb)));
    sum += Math.abs(product(loud, ml, nods, mn)) /
      Math.sqrt(product(loud, ml, loud, ml) * product(nods, mn, nods, mn));
  }
  assert(sum / clips < 0.15, `mean correlation of nod and stress ${sum / clips}`);
});
