import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { canvasPng, newCanvas } from "../../lib/figures/canvas.ts";
import { image } from "../../lib/figures/image.ts";
import { readPng } from "./pixels.ts";

Deno.test("a picture is a PNG in its folder and a smaller JPEG of the same colours in the notebook", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kit picture " });
  try {
    const { canvas, context } = newCanvas(2400, 100);
    context.fillStyle = "rgb(200,10,20)";
    context.fillRect(0, 0, 1200, 100);
    const png = canvasPng(canvas);
    const shown = await image("faces", png, { folder });
    assert.equal(shown.file, join(folder, "faces.png"));
    assert.deepEqual(await Deno.readFile(shown.file), png);
    const bundle = shown[Symbol.for("Jupyter.display")]();
    assert.deepEqual(Object.keys(bundle), ["image/jpeg", "text/plain"]);
    const jpeg = await readPng(new Uint8Array(Buffer.from(bundle["image/jpeg"], "base64")));
    assert.deepEqual([jpeg.width, jpeg.height], [1200, 50]);
    const [red, green, blue] = jpeg.at(300, 25);
    assert.ok(Math.abs(red - 200) < 6 && Math.abs(green - 10) < 6 && Math.abs(blue - 20) < 6);
    assert.ok(jpeg.at(900, 25).every((value) => value > 250));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
