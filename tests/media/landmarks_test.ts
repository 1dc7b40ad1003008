import assert from "node:assert/strict";
import { faceAnchor, landmarkBox, mouthOpening, overlap } from "../../lib/media/landmarks.ts";
import { plainFace } from "./faces.ts";

const near = (a: number, b: number, tolerance: number) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

Deno.test("boxes that share half of each other overlap by a third", () => {
  near(overlap([0, 0, 2, 1], [1, 0, 3, 1]), 1 / 3, 1e-12);
  assert.equal(overlap([0, 0, 1, 1], [0, 0, 1, 1]), 1);
  assert.equal(overlap([0, 0, 1, 1], [1, 0, 2, 1]), 0);
  assert.equal(overlap([0, 0, 1, 1], [5, 5, 6, 6]), 0);
});

Deno.test("the landmarks' box goes from brow to chin and from ear to ear", () => {
  const { landmarks } = plainFace({ x: 100, y: 100, size: 80 });
  assert.deepEqual(landmarkBox(landmarks).map(Math.round), [60, 60, 140, 140]);
});

Deno.test("a mouth opened by a tenth of the face is measured as that", () => {
  const shut = mouthOpening(plainFace({ open: 0 }).landmarks);
  near(shut.gap, 0, 1e-6);
  near(shut.width, 0.4, 1e-4); // corners at 0.2 either side of the middle, face height 1
  // The open jaw makes the face itself taller: 0.1 of 1.1.
  const open = mouthOpening(plainFace({ open: 0.1 }).landmarks);
  near(open.gap, 0.1 / 1.1, 1e-4);
  near(open.width, 0.4 / 1.1, 1e-4);
});

Deno.test("the measures do not depend on the face's place and size", () => {
  const small = mouthOpening(plainFace({ size: 40, open: 0.05 }).landmarks);
  const large = mouthOpening(plainFace({ x: 900, y: 500, size: 400, open: 0.05 }).landmarks);
  near(small.gap, large.gap, 1e-3);
  near(small.width, large.width, 1e-3);
});

Deno.test("the anchor stays when the jaw drops", () => {
  const shut = faceAnchor(plainFace({ open: 0 }).landmarks);
  const open = faceAnchor(plainFace({ open: 0.2 }).landmarks);
  assert.deepEqual(shut, open);
});
