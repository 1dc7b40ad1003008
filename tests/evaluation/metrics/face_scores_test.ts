import assert from "node:assert/strict";
import { FACE_BYTES, MOUTH_REGION } from "../../../lib/base/shapes.ts";
import { faceDescriptors, landmarksOf } from "../../../lib/evaluation/judges/face_networks.ts";
import {
  identitySimilarity,
  landmarkJitter,
  mouthFlicker,
  mouthLandmarkDistance,
  temporalJitter,
} from "../../../lib/evaluation/metrics/face_scores.ts";
import { l1, sharpness } from "../../../lib/evaluation/metrics/image_quality.ts";
import { cropFace } from "../../../lib/media/face_crop.ts";
import { cropLandmarks } from "../../../lib/media/face_detector.ts";
import { mouthOpening } from "../../../lib/media/landmarks.ts";
import { tf } from "../../../lib/native/tf.ts";
import { talkingFrames } from "../../prepare/face_video.ts";
import { plainFace } from "../../media/faces.ts";

/** One syllable of a drawn person, as crops. */
const crops = (person = 0) =>
  talkingFrames(person).map((frame) => cropFace(frame, 224, 224, [40, 40, 184, 190]));

Deno.test("landmarks of many crops are those of each, follow the mouth, and leave no tensor", async () => {
  const all = crops();
  const one = await cropLandmarks(all[5], 96, 96);
  const before = tf.memory().numTensors;
  const found = await landmarksOf([...all, ...all]);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(found.length, 20);
  for (const k of [5, 15]) {
    found[k].forEach((value, i) => assert.ok(Math.abs(value - one[i]) < 0.01, `${value}, not ${one[i]}`));
  }
  const gap = (k: number) => mouthOpening(found[k]).gap;
  assert.ok(gap(5) > 2 * gap(0), `open ${gap(5)}, shut ${gap(0)}`);
});

Deno.test("mouth-landmark distance: what opens by 4 pixels, wherever the face is", () => {
  const shut = plainFace({ size: 80, open: 0 }).landmarks,
    open = plainFace({ size: 80, open: 0.05 }).landmarks;
  assert.equal(mouthLandmarkDistance([shut, open], [shut, open]), 0);
  // The jaw's points do not count, the 3 lower ones of the inner lips move by 4 pixels and the middle by 0.6.
  const expected = (3 * 3.4 + 17 * 0.6) / 20;
  assert.ok(Math.abs(mouthLandmarkDistance([open], [shut]) - expected) < 1e-4);
  const moved = plainFace({ x: 111, y: 93, size: 80, open: 0.05 }).landmarks;
  assert.ok(Math.abs(mouthLandmarkDistance([moved], [shut]) - expected) < 1e-4);
  assert.throws(() => mouthLandmarkDistance([open], []), /1 frames do not go with those of 0/);
});

Deno.test("jitter sees trembling and not steady motion", () => {
  assert.equal(temporalJitter([0, 1, 2, 3, 4]), 0);
  assert.equal(temporalJitter([0, 1, 0, 1, 0]), 2);
  assert.equal(temporalJitter([0, 1, 0, NaN, 0, 1, 0]), 2);
  assert.ok(Number.isNaN(temporalJitter([1, 2])));
});

Deno.test("jitter of landmarks and flicker of pixels: none in steady motion, their size in trembling", () => {
  const moving = Array.from({ length: 9 }, (_, t) => plainFace({ x: 100 + 2 * t }).landmarks);
  assert.ok(landmarkJitter(moving) < 1e-4);
  // Half a pixel to and fro in x alone: |d - 2 (-d) + d| = 4 d = 2 pixels, in one of two directions.
  const trembling = Array.from(
    { length: 9 },
    (_, t) => plainFace({ x: 100 + (t % 2 ? 0.5 : -0.5) }).landmarks,
  );
  assert.ok(Math.abs(landmarkJitter(trembling) - 1) < 1e-4);
  assert.ok(Number.isNaN(landmarkJitter(moving.slice(0, 2))));
  const grey = (value: number) => new Uint8Array(FACE_BYTES).fill(value);
  assert.equal(mouthFlicker([10, 20, 30, 40].map(grey)), 0);
  const flicker = mouthFlicker([10, 20, 10, 20].map(grey));
  assert.ok(Math.abs(flicker - 20 / 255) < 1e-9);
  assert.ok(Number.isNaN(mouthFlicker([grey(1), grey(2)])));
});

Deno.test("identity: a person is nearer to himself with another mouth than to somebody else; no tensor is left", async () => {
  const one = crops(0), two = crops(3);
  await faceDescriptors(one.slice(0, 1)); // which loads its weights
  const before = tf.memory().numTensors;
  const [a, b] = [await faceDescriptors(one), await faceDescriptors(two)];
  assert.equal(tf.memory().numTensors - before, 0);
  assert.deepEqual([a.length, a[0].length], [10, 128]);
  assert.deepEqual(identitySimilarity(a, a).distance, 0);
  assert.ok(Math.abs(identitySimilarity(a, a).cosine - 1) < 1e-6);
  const self = identitySimilarity(a, [...a.slice(5), ...a.slice(0, 5)]), other = identitySimilarity(a, b);
  assert.ok(
    self.distance < 0.6 * other.distance && self.cosine > other.cosine,
    JSON.stringify({ self, other }),
  );
  assert.throws(() => identitySimilarity(a, b.slice(1)), /10 frames do not go with those of 9/);
});

Deno.test("the mouth's part of a picture is scored by itself", () => {
  // A checkered mouth on a plain face: sharp there, and there only.
  const { top, left, height, width } = MOUTH_REGION;
  const crop = new Uint8Array(FACE_BYTES).fill(100);
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      if ((x + y) % 2) crop.fill(120, (y * 96 + x) * 3, (y * 96 + x + 1) * 3);
    }
  }
  // The Laplacian of a checkerboard of +-10 is +-80.
  for (const value of sharpness([crop, crop], MOUTH_REGION)) {
    assert.ok(Math.abs(value - 6400) < 1, String(value));
  }
  assert.ok(sharpness([crop])[0] < 2000);
  assert.ok(sharpness([crop], { top: 0, left: 0, height: 20, width: 20 })[0] < 1e-6);
  // So is its L1, which the rest of the face does not touch.
  const plain = new Uint8Array(FACE_BYTES).fill(100), other = crop.map((value) => value === 120 ? 120 : 0);
  assert.ok(Math.abs(l1([crop], [plain], MOUTH_REGION)[0] - 10 / 255) < 1e-12);
  assert.ok(l1([crop], [other])[0] > 0.3);
});
