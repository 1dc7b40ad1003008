import assert from "node:assert/strict";
import { canvasPng, canvasRaster, drawRaster, newCanvas, page, setFont } from "../../lib/figures/canvas.ts";
import { readPng } from "./pixels.ts";

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

Deno.test("a page grows with its title, and by a line for each that its caption needs", () => {
  const heightOf = (text: { title?: string; caption?: string }) => {
    const { canvas, top } = page(100, { ...text, scale: 1, foot: [13, 9, 2] });
    return [top, canvas.height];
  };
  assert.deepEqual(heightOf({}), [8, 8 + 100 + 2]);
  assert.deepEqual(heightOf({ title: "Faces", caption: "Data: none." }), [32, 32 + 100 + 13 + 9]);
  const [, height] = heightOf({ caption: "Data: none. ".repeat(30) });
  assert.ok(height > 8 + 100 + 13 + 14 + 9 && (height - 130) % 14 === 0, `${height}`);
});
