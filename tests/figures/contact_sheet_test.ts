import assert from "node:assert/strict";
import { FACE_BYTES } from "../../lib/base/shapes.ts";
import type { Clip } from "../../lib/dataset/dataset.ts";
import { contactSheet, generatedSheet } from "../../lib/figures/contact_sheet.ts";
import { readPng } from "./pixels.ts";

const plain = (...colour: number[]) =>
  Uint8Array.from({ length: FACE_BYTES }, (_, index) => colour[index % 3]);
const red = [200, 10, 20], green = [10, 200, 20], blue = [5, 5, 220], white = [255, 255, 255];
const grey = [90, 90, 90];

Deno.test("a contact sheet puts each frame in its row and column", async () => {
  const rows = [
    { label: "original", frames: [plain(...red), plain(...green)] },
    { label: "generated", frames: [plain(...blue)] },
  ];
  const sheet = await readPng(contactSheet(rows, { zoom: 1, scale: 1 }));
  // Margins 8, labels 96, cells 96 and gaps 4.
  assert.deepEqual([sheet.width, sheet.height], [320, 8 + 2 * 100 + 8]);
  const centre = (row: number, column: number) => sheet.at(104 + 100 * column + 48, 8 + 100 * row + 48);
  assert.deepEqual([centre(0, 0), centre(0, 1), centre(1, 0), centre(1, 1)], [red, green, blue, white]);
  assert.deepEqual(sheet.at(104 + 98, 50), white);
});

Deno.test("a wide sheet fits a notebook; title, labels and caption add height", async () => {
  const frames = Array.from({ length: 12 }, () => plain(...red));
  const bare = await readPng(contactSheet([{ label: "", frames }]));
  assert.equal(bare.width, 2 * 760);
  const words = {
    title: "Held-out clips",
    caption: "Data: GRID s1. ".repeat(20),
    columnLabels: frames.map(() => "0 s"),
  };
  const worded = await readPng(contactSheet([{ label: "", frames }], words));
  assert.ok(worded.height >= bare.height + 2 * (24 + 18 + 2 * 14));
});

/** A clip of ten frames of one colour. */
function clipOf(colour: number[]): Clip {
  const faces = new Uint8Array(10 * FACE_BYTES);
  for (let t = 0; t < 10; t++) faces.set(plain(...colour), t * FACE_BYTES);
  return { frames: 10, faces } as Clip;
}

Deno.test("a redrawn clip's sheet has its six videos in rows", async () => {
  const videos = {
    reference: plain(...grey),
    own: Array.from({ length: 10 }, () => plain(...green)),
    foreign: Array.from({ length: 8 }, () => plain(...blue)),
    other: clipOf([7, 8, 9]),
  };
  const sheet = await readPng(generatedSheet(clipOf(red), videos, { zoom: 1, scale: 1 }));
  // Column labels end at 26; cells are 96 and 100 apart, after labels of 96 and a margin of 8.
  const colours = [10, 110, 210, 310, 410, 510].map((y) => sheet.at(104 + 48, 26 + y));
  assert.deepEqual(colours, [red, red, grey, green, blue, [7, 8, 9]]);
  assert.deepEqual(sheet.at(104 + 48, 26 + 100 + 80), [0, 0, 0]);
  assert.equal(sheet.width, 8 + 96 + 7 * 100 + 8);
});
