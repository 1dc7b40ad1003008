import assert from "node:assert/strict";
import { contactSheet, frameStrip, melImage, melRaster } from "../../lib/figures/video.ts";
import { colourMap } from "../../lib/figures/canvas.ts";
import { readPng } from "./pixels.ts";

const plain = (...colour: number[]) =>
  Uint8Array.from({ length: 3 * 96 * 96 }, (_, index) => colour[index % 3]);
const red = [200, 10, 20], green = [10, 200, 20], blue = [5, 5, 220], white = [255, 255, 255];

Deno.test("a contact sheet puts each frame in its row and column, an absent one stays empty", async () => {
  const rows = [
    { label: "original", frames: [plain(...red), plain(...green)] },
    { label: "generated", frames: [undefined, plain(...blue)] },
  ];
  const sheet = await readPng(contactSheet(rows, { width: 96, height: 96, zoom: 1, scale: 1 }));
  // Margins 8, labels 96, cells 96 and gaps 4.
  assert.deepEqual([sheet.width, sheet.height], [320, 8 + 2 * 100 + 8]);
  const centre = (row: number, column: number) => sheet.at(104 + 100 * column + 48, 8 + 100 * row + 48);
  assert.deepEqual([centre(0, 0), centre(0, 1), centre(1, 0), centre(1, 1)], [red, green, white, blue]);
  assert.deepEqual(sheet.at(104 + 98, 50), white);
});

Deno.test("a wide sheet fits a notebook; title, labels and caption add height", async () => {
  const frames = Array.from({ length: 12 }, () => plain(...red));
  const bare = await readPng(contactSheet([{ label: "", frames }], { width: 96, height: 96 }));
  assert.equal(bare.width, 2 * 760);
  const words = {
    title: "Held-out clips",
    caption: "Data: GRID s1. ".repeat(20),
    columnLabels: frames.map(() => "0 s"),
  };
  const worded = await readPng(contactSheet([{ label: "", frames }], { width: 96, height: 96, ...words }));
  assert.ok(worded.height >= bare.height + 2 * (24 + 18 + 2 * 14));
});

Deno.test("a strip takes every n-th frame", async () => {
  const frames = [red, white, green, white, blue, white].map((colour) => plain(...colour));
  const strip = await readPng(frameStrip(frames, { width: 96, height: 96, every: 2, zoom: 1, scale: 1 }));
  const colours = [0, 1, 2].map((column) => strip.at(8 + 100 * column + 48, 60));
  assert.deepEqual(colours, [red, green, blue]);
  assert.equal(
    (await readPng(frameStrip(frames, { width: 96, height: 96, most: 1, zoom: 1, scale: 1 }))).width,
    320,
  );
});

Deno.test("low mel bands are at the bottom, time goes to the right", async () => {
  const mel = new Float32Array(160 * 80).fill(-4);
  mel[159 * 80 + 0] = 4; // the lowest band of the last column
  const [bright] = [colourMap([1], { width: 1, height: 1, low: 0, high: 1, scheme: "viridis" }).rgb];
  const { rgb, width, height } = melRaster(mel);
  assert.deepEqual([width, height], [160, 80]);
  assert.deepEqual(rgb.subarray(rgb.length - 3), bright);
  const image = await readPng(melImage(mel, { scale: 1, marks: [{ second: 1, label: "aː" }] }));
  // The box begins at 44, 48 and is 654 x 160.
  assert.deepEqual(image.at(44 + 653, 48 + 159), [...bright]);
  const dark = image.at(60, 60);
  assert.ok(
    image.at(44 + 327, 130)[0] > dark[0] + 50 || image.at(44 + 326, 130)[0] > dark[0] + 50,
    "the mark at 1 s of 2",
  );
});
