import assert from "node:assert/strict";
import { join } from "node:path";
import { showAudio, showHtml, type Shown, showPng, showVideo } from "../../lib/figures/show.ts";

const bundle = (shown: Shown) => shown[Symbol.for("Jupyter.display")]();
const bytesOf = (url: string) =>
  Uint8Array.from(atob(url.match(/base64,([^"]+)/)![1]), (letter) => letter.charCodeAt(0));

Deno.test("a picture is shown as it is, or at a given width", () => {
  const png = Uint8Array.from({ length: 100_000 }, (_, index) => index);
  assert.equal(
    bundle(showPng(png))["image/png"],
    btoa(Array.from(png, (byte) => String.fromCharCode(byte)).join("")),
  );
  const html = bundle(showPng(png, { width: 380 }))["text/html"];
  assert.match(html, /^<img width="380"/);
  assert.deepEqual(bytesOf(html), png);
});

Deno.test("a video plays from its bytes or its file; its label is escaped", async () => {
  const video = Uint8Array.of(0, 0, 0, 24, 102, 116, 121, 112);
  const path = join(await Deno.makeTempDir(), "a 'film'.mp4");
  await Deno.writeFile(path, video);
  for (const source of [video, path]) {
    const html = bundle(await showVideo(source, { label: "<a> & b" }))["text/html"];
    assert.deepEqual(bytesOf(html), video);
    assert.match(html, /^<div>&lt;a> &amp; b<\/div><video controls loop width="320" src="data:video\/mp4;/);
  }
});

Deno.test("sound is a wav file of its samples", () => {
  const wav = bytesOf(bundle(showAudio(Float32Array.of(0, 0.5, -1), { sampleRate: 8000 }))["text/html"]);
  const view = new DataView(wav.buffer);
  assert.equal(view.getUint32(24, true), 8000);
  assert.deepEqual([...new Int16Array(wav.buffer.slice(44))], [0, 16384, -32768]);
  assert.equal(bundle(showHtml("<b>x</b>"))["text/html"], "<b>x</b>");
});
