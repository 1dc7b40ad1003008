import assert from "node:assert/strict";
import { FACE_BYTES } from "../../lib/base/shapes.ts";
import type { Clip } from "../../lib/dataset/dataset.ts";
import { generatedSheet, masked } from "../../lib/figures/generated.ts";
import { readPng } from "./pixels.ts";

const plain = (...colour: number[]) => Uint8Array.from({ length: FACE_BYTES }, (_, k) => colour[k % 3]);
const red = [200, 10, 20], green = [10, 200, 20], blue = [5, 5, 220], grey = [90, 90, 90];

/** A clip of ten frames of one colour; its second frame, the most closed, of another. */
function clipOf(colour: number[], closed = colour): Clip {
  const faces = new Uint8Array(10 * FACE_BYTES);
  for (let t = 0; t < 10; t++) faces.set(plain(...(t === 1 ? closed : colour)), t * FACE_BYTES);
  const mouth = Float32Array.from({ length: 20 }, (_, k) => k === 2 ? 0 : 0.1);
  return { frames: 10, faces, mouth } as Clip;
}

Deno.test("the lower half of a masked face is black", () => {
  const face = masked(plain(...red));
  assert.deepEqual([...face.subarray(0, 3)], red);
  assert.deepEqual([...face.subarray(FACE_BYTES / 2, FACE_BYTES / 2 + 3)], [0, 0, 0]);
  assert.deepEqual([...face.subarray(FACE_BYTES / 2 - 3, FACE_BYTES / 2)], red);
});

Deno.test("a redrawn clip's sheet has its six films in rows, the closed mouth as the reference", async () => {
  const videos = {
    own: Array.from({ length: 10 }, () => plain(...green)),
    foreign: Array.from({ length: 8 }, () => plain(...blue)),
    other: clipOf([7, 8, 9]),
  };
  const sheet = await readPng(generatedSheet(clipOf(red, grey), videos, { columns: 3, zoom: 1, scale: 1 }));
  // Column labels end at 26; cells are 96 and 100 apart, after labels of 96 and a margin of 8.
  const colours = [10, 110, 210, 310, 410, 510].map((y) => sheet.at(104 + 48, 26 + y));
  assert.deepEqual(colours, [red, red, grey, green, blue, [7, 8, 9]]);
  assert.deepEqual(sheet.at(104 + 48, 26 + 100 + 80), [0, 0, 0]);
  assert.equal(sheet.width, 8 + 96 + 3 * 100 + 8);
});
