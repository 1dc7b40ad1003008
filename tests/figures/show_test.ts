import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Shown } from "../../lib/base/jupyter.ts";
import { canvasPng, newCanvas } from "../../lib/figures/canvas.ts";
import { accuracyAgainstShift } from "../../lib/figures/charts.ts";
import { figure, image, showVideo } from "../../lib/figures/show.ts";
import { inFolder, namesIn } from "../media/made_video.ts";
import { readPng } from "./pixels.ts";

const formsOf = (shown: Shown) => shown[Symbol.for("Jupyter.display")]();

Deno.test("a figure is written as SVG and PNG and shows itself in a notebook", () =>
  inFolder(async (folder) => {
    const chart = accuracyAgainstShift([{ shift: 0, accuracy: 1 }], { source: { data: "made" } });
    const forms = formsOf(await figure("shift", chart, { folder }));
    assert.deepEqual(namesIn(folder), ["shift.png", "shift.svg"]);
    assert.equal(forms["image/svg+xml"], await Deno.readTextFile(join(folder, "shift.svg")));
    assert.equal(forms["text/plain"], "[figure shift: Accuracy against the shift of the sound]");
  }));

Deno.test("an image is a PNG in its folder and a smaller JPEG of the same colours in the notebook", () =>
  inFolder(async (folder) => {
    const { canvas, context } = newCanvas(2400, 100);
    context.fillStyle = "rgb(200,10,20)";
    context.fillRect(0, 0, 1200, 100);
    const png = canvasPng(canvas), forms = formsOf(await image("faces", png, { folder }));
    assert.deepEqual(await Deno.readFile(join(folder, "faces.png")), png);
    assert.deepEqual(Object.keys(forms), ["image/jpeg", "text/plain"]);
    const jpeg = await readPng(new Uint8Array(Buffer.from(forms["image/jpeg"], "base64")));
    assert.deepEqual([jpeg.width, jpeg.height], [1200, 50]);
    const [red, green, blue] = jpeg.at(300, 25);
    assert.ok(Math.abs(red - 200) < 6 && Math.abs(green - 10) < 6 && Math.abs(blue - 20) < 6);
    assert.ok(jpeg.at(900, 25).every((value) => value > 250));
  }));

Deno.test("a video plays inside the notebook; its label is escaped", () =>
  inFolder(async (folder) => {
    const bytes = Uint8Array.of(0, 0, 0, 24, 102, 116, 121, 112), path = join(folder, "a 'film'.mp4");
    await Deno.writeFile(path, bytes);
    const html = formsOf(await showVideo(path, { label: "<a> & b" }))["text/html"];
    assert.match(
      html,
      /^<div>&lt;a&gt; &amp; b<\/div><video controls loop width="320" src="data:video\/mp4;/,
    );
    const [, stored] = html.match(/base64,([^"]+)/)!;
    assert.deepEqual(new Uint8Array(Buffer.from(stored, "base64")), bytes);
  }));
