import assert from "node:assert/strict";
import { openCamera } from "../../lib/corpus/camera.ts";

const SIZE = 96;
const flat = (grey: number) => new Uint8Array(3 * SIZE * SIZE).fill(grey);

function spread(values: Uint8Array): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) };
}

Deno.test("softness spreads a point of light as (s, 1 - 2 s, s) in rows and columns, and keeps a flat picture", () => {
  const expose = openCamera({ softness: 0.1, grain: 0 }, { size: SIZE, seed: "a" }), frame = flat(0);
  const at = (x: number, y: number) => 3 * (y * SIZE + x);
  frame[at(40, 50)] = 250;
  const soft = expose(frame, 0);
  assert.deepEqual([soft[at(40, 50)], soft[at(41, 50)], soft[at(40, 49)], soft[at(41, 51)]], [
    160,
    20,
    20,
    2,
  ]);
  assert.equal(soft[at(42, 50)] + soft[at(40, 50) + 1], 0);
  assert.deepEqual(expose(flat(77), 1), flat(77));
});

Deno.test("grain has its strength in mid grey and less in the dark, and does not shift the mean", () => {
  const expose = openCamera({ softness: 0.1, grain: 3 }, { size: SIZE, seed: "a" });
  const mid = spread(expose(flat(118), 0)), dark = spread(expose(flat(20), 0));
  assert(Math.abs(mid.mean - 118) < 0.15 && Math.abs(mid.deviation - 3) < 0.1, JSON.stringify(mid));
  // the square root of (20 + 20) / (118 + 20), and a little for rounding to whole values
  assert(Math.abs(dark.deviation - 3 * Math.sqrt(40 / 138)) < 0.1, JSON.stringify(dark));
});

Deno.test("a film's frame has always the same grain, other frames and films another", () => {
  const camera = { softness: 0.05, grain: 2 },
    video = (seed: string) => openCamera(camera, { size: SIZE, seed });
  const expose = video("a"), first = expose(flat(118), 7);
  assert.notDeepEqual(expose(flat(118), 8), first);
  assert.deepEqual(expose(flat(118), 7), first);
  assert.deepEqual(video("a")(flat(118), 7), first);
  assert.notDeepEqual(video("b")(flat(118), 7), first);
});
