import assert from "node:assert/strict";
import { attentionFrame, attentionGrid, type AttentionLayer } from "../../lib/figures/attention.ts";
import { melRaster } from "../../lib/figures/raster.ts";
import { readPng } from "./pixels.ts";

const layer = (name: string, input: "face" | "sound", map: number[][]): AttentionLayer => ({
  ...{ name, input, h: map.length, w: map[0].length, spatialMap: Float32Array.from(map.flat()) },
  channelWeights: Float32Array.of(0, 1, 0.5, 0.25),
});
const layers = [
  layer("face/0", "face", [[0.1, 0.1], [0.1, 0.9]]),
  layer("audio/0", "sound", [[0.9, 0.1], [0.1, 0.1]]),
];
const options = {
  ...{ title: "CBAM", caption: "Data: none.", mel: melRaster(new Float32Array(16 * 80).fill(-4)) },
  face: { rgb: new Uint8Array(3 * 96 * 48).fill(120), width: 96, height: 48 },
};
/** Brightness of a frame at a place. */
const light = ({ rgb, width }: { rgb: Uint8Array; width: number }, x: number, y: number) => {
  const at = 3 * (y * width + x);
  return rgb[at] + rgb[at + 1] + rgb[at + 2];
};

Deno.test("a face map lies as it is, a sound map with its low bands at the bottom", () => {
  const frame = attentionFrame(layers, options);
  // Title 34, heading 24, name 16: the first row's images are 144 x 72 from y = 74; the second tile begins at 194.
  const face = (column: number, row: number) => light(frame, 194 + 36 + 72 * column, 74 + 18 + 36 * row);
  assert.ok(face(1, 1) > face(0, 0) + 150);
  assert.equal(face(0, 1), face(1, 0));
  // A row of tiles is 134 high: the sound's images begin 134 + 24 below.
  const audio = (column: number, row: number) =>
    light(frame, 194 + 36 + 72 * column, 74 + 158 + 18 + 36 * row);
  assert.ok(audio(0, 1) > audio(0, 0) + 150, "the map's first row is the lowest band");
  assert.equal(audio(1, 0), audio(1, 1));
});

Deno.test("channel bars are as high as their weights", () => {
  const frame = attentionFrame(layers, options);
  // The bars' strip: 20 high from y = 74 + 72 + 6; four bars of 36.
  const heights = [0, 1, 2, 3].map((bar) => {
    let rows = 0;
    for (let y = 152; y < 172; y++) {
      if (light(frame, 194 + 36 * bar + 18, y) < 500) rows++;
    }
    return rows;
  });
  assert.deepEqual(heights, [0, 20, 10, 5]);
});

Deno.test("a film's frames have even sizes and colours that keep their meaning", () => {
  const later = [layer("face/0", "face", [[0.1, 0.1], [0.1, 0.5]])];
  const ranges: Record<string, [number, number]> = { "face/0": [0.1, 0.9] };
  const own = attentionFrame(later, options), shared = attentionFrame(later, { ...options, ranges });
  assert.deepEqual([own.width % 2, own.height % 2, own.rgb.length], [0, 0, 3 * own.width * own.height]);
  const place: [number, number] = [194 + 108, 74 + 54];
  assert.ok(light(shared, ...place) < light(own, ...place) - 50);
});

Deno.test("the grid is a PNG twice as fine, and a map of the wrong size is refused by name", async () => {
  const png = await readPng(attentionGrid(layers, options));
  const frame = attentionFrame(layers, options);
  assert.deepEqual([png.width, png.height], [2 * frame.width, 2 * frame.height]);
  assert.throws(
    () => attentionGrid([{ ...layers[0], h: 3 }], options),
    /map of face\/0 has 4 values in place of 3 x 2/,
  );
});
