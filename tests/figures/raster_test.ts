import assert from "node:assert/strict";
import { colourMap, lowerRaster, melRaster, type Plane } from "../../lib/figures/raster.ts";

/** Red, green and blue of values in one row. */
const coloured = (values: number[], plane: Partial<Plane> = {}) =>
  colourMap({ values, width: values.length, height: 1, range: [0, 1], scheme: "viridis", ...plane }).rgb;

Deno.test("values are coloured from dark to bright, out of range is clipped, a constant is the middle", () => {
  const rgb = coloured([-9, 0, 1, 9]);
  assert.deepEqual([...rgb.subarray(0, 3)], [...rgb.subarray(3, 6)]);
  assert.deepEqual([...rgb.subarray(6, 9)], [...rgb.subarray(9, 12)]);
  // Viridis runs from about #440154 to #fde725.
  assert.ok(rgb[0] === 0x44 && rgb[1] <= 2 && rgb[9] === 0xfd && rgb[10] === 0xe7, `${rgb}`);
  const luminance = Array.from({ length: 256 }, (_, level) => {
    const [r, g, b] = coloured([level], { range: [0, 255], scheme: "inferno" });
    return 0.299 * r + 0.587 * g + 0.114 * b;
  });
  assert.ok(luminance.every((value, level) => level === 0 || value >= luminance[level - 1] - 0.5));
  assert.deepEqual(coloured([3], { range: [3, 3] }), coloured([128], { range: [0, 255] }));
});

Deno.test("a plane that runs upwards has its first row at the bottom", () => {
  const plane = { values: [1, 2, 3, 4, 5, 6], width: 3, height: 2, range: [1, 6] as [number, number] };
  const down = colourMap(plane).rgb, up = colourMap({ ...plane, upwards: true }).rgb;
  assert.deepEqual([...up], [...down.subarray(9), ...down.subarray(0, 9)]);
});

Deno.test("low mel bands are at the bottom and time goes to the right, in either order of axes", () => {
  const columns = 160, bright = coloured([1]);
  const mel = new Float32Array(columns * 80).fill(-4), turned = mel.slice();
  mel[(columns - 1) * 80 + 2] = 4; // band 2 of the last column
  turned[2 * columns + columns - 1] = 4;
  const { rgb, width, height } = melRaster(mel);
  assert.deepEqual([width, height], [columns, 80]);
  const last = 3 * (78 * columns - 1);
  assert.deepEqual(rgb.subarray(last, last + 3), bright);
  assert.deepEqual(melRaster(turned, { bandsFirst: true }).rgb, rgb);
});

Deno.test("a lower half is the crop's second half of rows", () => {
  const face = Uint8Array.from({ length: 96 * 96 * 3 }, (_, k) => k % 251);
  const { rgb, width, height } = lowerRaster(face);
  assert.deepEqual([width, height], [96, 48]);
  assert.deepEqual(rgb, face.slice(48 * 96 * 3));
});
