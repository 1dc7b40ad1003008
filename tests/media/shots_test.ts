import assert from "node:assert/strict";
import { findShots, thumbnailDifference, thumbnailOf } from "../../lib/media/shots.ts";

const WIDTH = 160, HEIGHT = 120;

/** A frame of one grey, with a square of another at x, y. */
function scene(grey: number, square: number, { x = 40, y = 40, size = 40 } = {}): Uint8Array {
  const frame = new Uint8Array(3 * WIDTH * HEIGHT).fill(grey);
  for (let j = y; j < y + size; j++) {
    for (let i = x; i < x + size; i++) frame.fill(square, 3 * (j * WIDTH + i), 3 * (j * WIDTH + i) + 3);
  }
  return frame;
}
const thumbnail = (frame: Uint8Array) => thumbnailOf(frame, WIDTH, HEIGHT);
const videoOf = (count: number, frame: (t: number) => Uint8Array) =>
  Array.from({ length: count }, (_, t) => thumbnail(frame(t)));

Deno.test("a thumbnail is the share of each grey in each cell", () => {
  const flat = thumbnail(scene(100, 100));
  assert.equal(flat.length, 4 * 4 * 16);
  // Grey 100 lies at 100 / 16 - 0.5 = 5.75: a quarter counts for step 5, three quarters for step 6.
  assert.deepEqual([...flat.subarray(0, 16)], [0, 0, 0, 0, 0, 64, 191, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(thumbnailDifference(flat, flat), 0);
  assert.ok(Math.abs(thumbnailDifference(thumbnail(scene(0, 0)), thumbnail(scene(255, 255))) - 1) < 0.01);
  // A light that changes by one of 256 changes next to nothing.
  assert.ok(thumbnailDifference(flat, thumbnail(scene(101, 101))) < 0.07);
});

Deno.test("cuts are found on their frame, and only they", () => {
  const video = [
    ...videoOf(30, (t) => scene(60, 200, { x: 40 + (t % 5) })),
    ...videoOf(25, (t) => scene(140, 90, { x: 60, y: 20 + t })),
    ...videoOf(20, () => scene(60, 200)),
  ];
  const { starts, differences } = findShots(video);
  assert.deepEqual(starts, [30, 55]);
  assert.equal(differences.length, 75);
  assert.equal(differences[0], 0);
  assert.ok(differences[30] > 0.5 && differences[29] < 0.05);
});

Deno.test("neither a flash nor a fast move nor a fade is a cut; a film of one frame has none", () => {
  const flash = videoOf(40, (t) => t === 20 || t === 21 ? scene(250, 255) : scene(60, 200));
  assert.deepEqual(findShots(flash).starts, []);
  const pan = videoOf(40, (t) => scene(60, 200, { x: (t * 17) % 120, size: 40 }));
  assert.deepEqual(findShots(pan).starts, []);
  const fade = videoOf(40, (t) => scene(60 + 3 * t, 200 - 3 * t));
  assert.deepEqual(findShots(fade).starts, []);
  assert.deepEqual(findShots(videoOf(1, () => scene(60, 200))).starts, []);
  assert.deepEqual(findShots([]).starts, []);
});
