import assert from "node:assert/strict";
import { heatMaps } from "../../lib/figures/heat_maps.ts";
import { readPng } from "./pixels.ts";

const dark = [0, 0, 4], light = (pixel: number[]) => pixel[0] + pixel[1] + pixel[2];

Deno.test("planes stand in a grid, their first row at the top or, upwards, at the bottom", async () => {
  const plane = { values: Float32Array.of(0, 0, 0, 1), height: 2, width: 2 };
  const black = { rgb: new Uint8Array(3 * 4), width: 2, height: 2 };
  const tiles = [
    { label: "as it is", ...plane },
    { label: "upwards", ...plane, upwards: true },
    { label: "input", image: black },
  ];
  const { width, height, at } = await readPng(heatMaps(tiles, { columns: 2, height: 50, scale: 1 }));
  assert.deepEqual([width, height], [760, 8 + 2 * (18 + 50 + 8) + 2]);
  // Tiles are 372 wide and their images 328; images begin at 8 + 18, those of the second row 76 below.
  assert.ok(light(at(8 + 246, 26 + 37)) > 500 && light(at(8 + 246, 26 + 12)) < 100);
  assert.ok(light(at(380 + 246, 26 + 12)) > 500 && light(at(380 + 246, 26 + 37)) < 100);
  assert.deepEqual(at(8 + 100, 26 + 76 + 25), [0, 0, 0]);
});

Deno.test("a given range says which colour a value has, and both signs can have their own", async () => {
  const tile = { label: "", values: [0.5], height: 1, width: 1 };
  const draw = async (options: object) => {
    const { at } = await readPng(heatMaps([{ ...tile, ...options }], { columns: 1, height: 40, scale: 1 }));
    return at(100, 46);
  };
  assert.deepEqual(await draw({ range: [0.5, 9] }), dark);
  const [red, , blue] = await draw({ range: [-1, 1], scheme: "burd" });
  assert.ok(red > blue + 50, "above the middle is red");
});

Deno.test("a plane whose size is not what it says is named", () => {
  const tile = { label: "gate", values: [1, 2, 3], height: 2, width: 2 };
  assert.throws(() => heatMaps([tile]), /"gate" has 3 values in place of 2 x 2/);
});
