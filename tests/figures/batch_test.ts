import assert from "node:assert/strict";
import type { GeneratorBatch, SyncBatch } from "../../lib/dataset/batches.ts";
import { generatorBatchImage, pairInputs, syncBatchImage } from "../../lib/figures/batch.ts";
import { colourMap } from "../../lib/figures/raster.ts";
import { readPng } from "./pixels.ts";

const HALF_WINDOW = 48 * 96 * 15, FACE = 96 * 96 * 3, MEL = 80 * 16;

/** Whether a pixel has a colour, but for what scaling smooths. */
function near(pixel: number[], colour: number[]): void {
  assert.ok(pixel.every((value, c) => Math.abs(value - colour[c]) <= 2), `${pixel} is not ${colour}`);
}

Deno.test("pairs stand in rows: frame k shows channels 3k to 3k + 2, low mel bands are at the bottom", async () => {
  const faces = new Float32Array(2 * HALF_WINDOW), mel = new Float32Array(2 * MEL).fill(-4);
  for (let p = 0; p < HALF_WINDOW; p += 15) {
    faces[p] = 1; // frame 0 of the first pair: red
    faces[p + 13] = 1; // frame 4: green
    faces[HALF_WINDOW + p + 2] = 1; // frame 0 of the second pair: blue
  }
  mel.fill(4, 0, 40 * 16); // the lower bands of the first pair
  const labels = Float32Array.of(1, 0);
  const batch: SyncBatch = { faces, mel, labels, weights: labels, size: 2, windows: 1 };
  const image = await readPng(syncBatchImage(batch, { scale: 1 }));
  // Headings end at 26; rows are 56 high and 60 apart; faces begin at 112 and are 116 apart, mel at 700.
  assert.deepEqual([image.width, image.height], [760, 26 + 2 * 60 + 8]);
  near(image.at(112 + 56, 26 + 28), [255, 0, 0]);
  near(image.at(112 + 4 * 116 + 56, 26 + 28), [0, 255, 0]);
  near(image.at(112 + 56, 26 + 60 + 28), [0, 0, 255]);
  const high = image.at(725, 26 + 6), low = image.at(725, 26 + 50);
  assert.ok(low[0] > 200 && high[0] < 100, `${low} at the bottom, ${high} at the top`);
});

Deno.test("a generator's batch stands in columns: masked pose, reference, mel, target", async () => {
  const faces = new Float32Array(2 * FACE), target = new Float32Array(FACE), mel = new Float32Array(MEL);
  for (let p = 0; p < 96 * 96; p++) {
    if (p < 48 * 96) faces[6 * p] = 1; // red, its lower half black
    faces[6 * p + 4] = 1; // green
    target[3 * p + 2] = 1; // blue
  }
  const batch: GeneratorBatch = {
    faces,
    target,
    mel,
    syncMel: new Float32Array(),
    offMel: new Float32Array(),
    size: 1,
    windows: 0,
  };
  const image = await readPng(generatorBatchImage(batch, { scale: 1 }));
  const at = (row: number, y: number) => image.at(112 + 48, 26 + 100 * row + y);
  near(at(0, 20), [255, 0, 0]);
  near(at(0, 80), [0, 0, 0]);
  near(at(1, 80), [0, 255, 0]);
  near(at(3, 80), [0, 0, 255]);
});

Deno.test("a pair's inputs: the middle frame's lower half, and its mel window", () => {
  const faces = new Float32Array(2 * 48 * 96 * 15), mel = new Float32Array(2 * 80 * 16).fill(-4);
  faces[7] = 1; // first pixel, middle frame, green
  mel[3 * 16 + 5] = 2; // band 3, column 5
  const labels = new Float32Array(2);
  const batch: SyncBatch = { faces, mel, labels, weights: labels, size: 2, windows: 1 };
  const inputs = pairInputs(batch);
  assert.deepEqual([...inputs.face.rgb.subarray(0, 3)], [0, 255, 0]);
  // Six of eight steps up viridis.
  const [bright] = [colourMap({ values: [6], width: 1, height: 1, range: [0, 8], scheme: "viridis" }).rgb];
  const at = 3 * ((79 - 3) * 16 + 5);
  assert.deepEqual(inputs.mel.rgb.subarray(at, at + 3), bright);
});
