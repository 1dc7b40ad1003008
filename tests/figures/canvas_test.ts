import assert from "node:assert/strict";
import {
  canvasPng,
  canvasRaster,
  colourMap,
  drawRaster,
  newCanvas,
  setFont,
} from "../../lib/figures/canvas.ts";
import { readPng } from "./pixels.ts";

Deno.test("values are coloured from dark to bright, out of range is clipped, a constant is the middle", () => {
  const { rgb } = colourMap([-9, 0, 1, 9], { width: 4, height: 1, low: 0, high: 1, scheme: "viridis" });
  assert.deepEqual([...rgb.subarray(0, 3)], [...rgb.subarray(3, 6)]);
  assert.deepEqual([...rgb.subarray(6, 9)], [...rgb.subarray(9, 12)]);
  // Viridis runs from about #440154 to #fde725.
  assert.ok(rgb[0] === 0x44 && rgb[1] <= 2 && rgb[9] === 0xfd && rgb[10] === 0xe7, `${rgb}`);
  const luminance = Array.from({ length: 256 }, (_, level) => {
    const { rgb: [r, g, b] } = colourMap([level], { width: 1, height: 1, low: 0, high: 255 });
    return 0.299 * r + 0.587 * g + 0.114 * b;
  });
  assert.ok(luminance.every((value, level) => level === 0 || value >= luminance[level - 1] - 0.5));
  const constant = colourMap([3], { width: 1, height: 1, low: 3, high: 3 }).rgb;
  assert.deepEqual([...constant], [...colourMap([128], { width: 1, height: 1, low: 0, high: 255 }).rgb]);
});

Deno.test("a picture drawn square by square comes back pixel by pixel", async () => {
  const rgb = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30);
  const { canvas, context } = newCanvas(6, 4, { scale: 2 });
  drawRaster(context, { rgb, width: 2, height: 2 }, { x: 1, y: 0, width: 4, height: 4, smooth: false });
  const { rgb: drawn, width, height } = canvasRaster(canvas);
  assert.deepEqual([width, height], [12, 8]);
  const at = (x: number, y: number) => [...drawn.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
  assert.deepEqual([at(0, 0), at(2, 0), at(9, 0), at(2, 7), at(9, 7)], [
    [255, 255, 255],
    ...[[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]],
  ]);
  const png = await readPng(canvasPng(canvas));
  assert.deepEqual([png.width, png.height, png.at(9, 7)], [12, 8, [10, 20, 30]]);
});

Deno.test("texts are set in DejaVu Sans", () => {
  const { context } = newCanvas(10, 10);
  setFont(context, 100);
  // The font's own widths: M is 1767 and i is 569 of 2048 units.
  assert.ok(Math.abs(context.measureText("M").width - 100 * 1767 / 2048) < 0.5);
  assert.ok(Math.abs(context.measureText("i").width - 100 * 569 / 2048) < 0.5);
});
