import assert from "node:assert/strict";
import {
  correlation,
  correlationByShift,
  frameLevels,
} from "../../../lib/evaluation/metrics/mouth_motion.ts";

Deno.test("correlation is Pearson's, over the frames that both films have", () => {
  const a = [1, 2, 3, 4, 5], b = [2, 1, 4, 3, 5];
  assert.ok(Math.abs(correlation(a, b) - 0.8) < 1e-12);
  assert.ok(Math.abs(correlation(a, [-1, -2, -3]) + 1) < 1e-12);
  assert.ok(Math.abs(correlation([1, 2, NaN, 3, 4, 5], [2, 1, 9, 4, 3, 5]) - 0.8) < 1e-12);
  assert.ok(Number.isNaN(correlation([1, 1, 1], [1, 2, 3])));
  assert.ok(Number.isNaN(correlation([NaN, 1], [1, 1])));
});

Deno.test("the level of a sine of amplitude a is 20 log10(a / sqrt 2) dB, and silence is -80", () => {
  const audio = new Int16Array(640 * 20);
  for (let k = 0; k < 640 * 10; k++) audio[k] = Math.round(3276.8 * Math.sin(2 * Math.PI * k * 250 / 16000));
  const levels = frameLevels(audio, 20);
  assert.equal(levels.length, 20);
  for (let frame = 1; frame < 9; frame++) {
    assert.ok(Math.abs(levels[frame] + 23.01) < 0.01, `${levels[frame]}`);
  }
  for (let frame = 11; frame < 20; frame++) assert.equal(levels[frame], -80);
});

Deno.test("sound that is 3 frames early has its highest correlation at shift 3, late sound at -3", () => {
  const course = Array.from({ length: 80 }, (_, t) => Math.sin(t) + Math.sin(0.37 * t * t));
  const openings = course.slice(10, 60);
  for (const early of [3, 0, -3]) {
    const rows = correlationByShift({ openings, levels: course.slice(10 + early, 60 + early) }, 6);
    assert.deepEqual(rows.map(({ shift }) => shift), [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6]);
    const best = rows.reduce((a, b) => a.correlation > b.correlation ? a : b);
    assert.equal(best.shift, early);
    assert.ok(best.correlation > 0.999);
  }
});
