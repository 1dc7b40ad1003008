import assert from "node:assert/strict";
import { FACE_SIZE } from "../../lib/base/shapes.ts";
import { cropFace, pasteFace } from "../../lib/media/face_crop.ts";

/** A frame [height, width, 3] whose colours are given by place. */
function draw(
  width: number,
  height: number,
  colour: (x: number, y: number, c: number) => number,
): Uint8Array {
  const frame = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) frame[(y * width + x) * 3 + c] = colour(x, y, c);
    }
  }
  return frame;
}
const noise = (x: number, y: number, c: number) => ((x * 7919 + y * 104729 + c * 1299709) >>> 3) % 256;
const at = (image: Uint8Array, width: number, x: number, y: number, c = 0) => image[(y * width + x) * 3 + c];

Deno.test("a box of whole pixels and the crop's own size is copied as it is", () => {
  const frame = draw(200, 150, noise);
  const crop = cropFace(frame, 200, 150, [31, 17, 31 + FACE_SIZE, 17 + FACE_SIZE]);
  for (let y = 0; y < FACE_SIZE; y++) {
    const line = frame.subarray(((y + 17) * 200 + 31) * 3, ((y + 17) * 200 + 31 + FACE_SIZE) * 3);
    assert.deepEqual(crop.subarray(y * FACE_SIZE * 3, (y + 1) * FACE_SIZE * 3), line);
  }
});

Deno.test("a slope keeps its slope, at any scale and at a fraction of a pixel", () => {
  const frame = draw(400, 400, (x, y, c) => c === 0 ? x / 2 : c === 1 ? y / 2 : 50);
  for (const box of [[100, 100, 300, 300], [100.3, 120.6, 148.9, 165.2], [50, 50, 340, 200]]) {
    const crop = cropFace(frame, 400, 400, box);
    for (const [i, j] of [[10, 10], [48, 20], [90, 80]]) {
      const x = box[0] + ((i + 0.5) * (box[2] - box[0])) / FACE_SIZE - 0.5;
      const y = box[1] + ((j + 0.5) * (box[3] - box[1])) / FACE_SIZE - 0.5;
      // The frame itself is rounded down to whole numbers: up to one step of error.
      assert.ok(Math.abs(at(crop, FACE_SIZE, i, j, 0) - x / 2) <= 1);
      assert.ok(Math.abs(at(crop, FACE_SIZE, i, j, 1) - y / 2) <= 1);
      assert.equal(at(crop, FACE_SIZE, i, j, 2), 50);
    }
  }
});

Deno.test("a fine pattern shrinks to its mean, not to stripes", () => {
  const frame = draw(960, 960, (x, y) => (x + y) % 2 ? 255 : 0);
  const crop = cropFace(frame, 960, 960, [100, 100, 772, 772]);
  for (const value of crop) assert.ok(value >= 120 && value <= 135, `${value}`);
});

Deno.test("outside the frame its border is repeated", () => {
  const frame = draw(100, 100, (x) => x < 50 ? 10 : 200);
  const crop = cropFace(frame, 100, 100, [-60, -60, 36, 36]);
  assert.ok(crop.every((value) => value === 10));
  const beyond = cropFace(frame, 100, 100, [300, 300, 400, 400]);
  assert.ok(beyond.every((value) => value === 200));
});

Deno.test("a crop pasted back where it came from leaves the frame as it was", () => {
  const smooth = draw(360, 288, (x, y, c) => 128 + 80 * Math.sin(x / 9 + c) * Math.cos(y / 11));
  for (const box of [[92.4, 130.2, 210.9, 250.7], [20, 30, 80, 95], [-20.5, 200, 100, 320]]) {
    const frame = smooth.slice();
    pasteFace(frame, 360, 288, box, cropFace(frame, 360, 288, box));
    let worst = 0, sum = 0;
    frame.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - smooth[i]));
      sum += Math.abs(value - smooth[i]);
    });
    assert.ok(worst <= 12 && sum / frame.length < 0.3, `worst ${worst}, mean ${sum / frame.length}`);
  }
});

Deno.test("a paste is whole inside, soft at the edge and leaves the rest alone", () => {
  const black = new Uint8Array(200 * 200 * 3);
  const white = new Uint8Array(FACE_SIZE * FACE_SIZE * 3).fill(255);
  const box = [50, 40, 146, 136];
  pasteFace(black, 200, 200, box, white);
  for (let y = 0; y < 200; y++) {
    for (let x = 0; x < 200; x++) {
      const depth = Math.min(x - 50, 145 - x, y - 40, 135 - y);
      const value = at(black, 200, x, y);
      if (depth < 0) assert.equal(value, 0);
      else if (depth >= 0.08 * 96) assert.equal(value, 255);
    }
  }
  const edge = Array.from({ length: 10 }, (_, i) => at(black, 200, 50 + i, 88));
  assert.deepEqual(edge, edge.toSorted((a, b) => a - b), "the fade must rise steadily");
  assert.ok(edge[0] < 10 && edge[3] > 60 && edge[3] < 200);
});

Deno.test("a box outside the frame pastes nothing", () => {
  const frame = draw(64, 64, noise);
  const before = frame.slice();
  pasteFace(frame, 64, 64, [100, 100, 200, 200], new Uint8Array(FACE_SIZE * FACE_SIZE * 3));
  assert.deepEqual(frame, before);
});
