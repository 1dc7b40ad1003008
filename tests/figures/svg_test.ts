import assert from "node:assert/strict";
import * as Plot from "@observablehq/plot";
import { COLOURS } from "../../lib/figures/style.ts";
import { plotSvg, svgToPng } from "../../lib/figures/svg.ts";

const svg = plotSvg({
  title: "Loss & accuracy <of> a run",
  caption: "Data: GRID. " + "A long caption that must be broken into lines. ".repeat(6),
  width: 400,
  height: 200,
  x: { label: "step" },
  color: { legend: true },
  marks: [
    Plot.line([{ x: 0, y: 1, name: "train" }, { x: 9, y: 2, name: "train" }, {
      x: 3,
      y: 1,
      name: "held out",
    }], {
      x: "x",
      y: "y",
      stroke: "name",
    }),
  ],
});

Deno.test("a plot is one SVG that stands alone", () => {
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.ok(!svg.includes("<style") && !svg.includes("<figure"));
  for (const text of ["Loss &amp; accuracy &lt;of&gt; a run", "train", "held out", "step →"]) {
    assert.ok(svg.includes(text), text);
  }
  const swatches = [...svg.matchAll(/<rect[^>]*fill="(#\w{6})"/g)].map((match) => match[1]);
  assert.deepEqual(swatches, COLOURS.slice(0, 2));
});

Deno.test("title and caption make the picture taller, never the plot smaller", () => {
  const [, top, height] = svg.match(/viewBox="0 (-\d+) 400 (\d+)"/)!.map(Number);
  assert.ok(top < -30 && height > 200 - top + 5 * 15);
  const lines = [...svg.matchAll(/<text[^>]*font-size="11"[^>]*>([^<]*)/g)].map((match) => match[1]);
  assert.ok(lines.length > 5 && lines.every((line) => line.length * 11 * 0.58 <= 400), lines.join("\n"));
});

Deno.test("the PNG has the SVG's size times the scale, and letters in it", () => {
  const png = svgToPng(svg, 3);
  const [, height] = svg.match(/viewBox="0 -\d+ 400 (\d+)"/)!.map(Number);
  const view = new DataView(png.buffer, png.byteOffset);
  assert.deepEqual([view.getUint32(16), view.getUint32(20)], [1200, 3 * height]);
  const bare = svgToPng(svg.replaceAll(/>[^<>]+<\/text>/g, "></text>"), 3);
  assert.ok(png.length > bare.length + 2000, `${png.length} bytes with letters, ${bare.length} without`);
});
