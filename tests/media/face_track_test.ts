import assert from "node:assert/strict";
import { type SpeakerTrack, type TrackFault, trackSpeaker } from "../../lib/media/face_track.ts";
import type { Face } from "../../lib/media/landmarks.ts";
import { plainFace } from "./faces.ts";

const place = { width: 360, height: 288 };
/** What the detector would see of a moving face on every `every`th frame. */
function detections(frames: number, every: number, see: (frame: number) => Face[]): Face[][] {
  return Array.from({ length: Math.ceil(frames / every) }, (_, sample) => see(sample * every));
}
function followed(found: SpeakerTrack | TrackFault): SpeakerTrack {
  assert.ok(!("reason" in found), JSON.stringify(found));
  return found;
}
function fault(found: SpeakerTrack | TrackFault): TrackFault {
  assert.ok("reason" in found, "a fault was expected");
  return found;
}
const near = (a: number, b: number, tolerance: number) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

Deno.test("the crop puts the mouth into its lower half and keeps the chin, shut or open", () => {
  for (const open of [0, 0.08]) {
    const face = plainFace({ x: 180, y: 150, size: 100, open });
    const { boxes } = followed(
      trackSpeaker(detections(75, 5, () => [face]), { frames: 75, every: 5, ...place }),
    );
    const inCrop = (point: number) => (face.landmarks[2 * point + 1] - boxes[1]) / (boxes[3] - boxes[1]);
    assert.ok(inCrop(51) > 0.5, `upper lip at ${inCrop(51)}`);
    assert.ok(inCrop(8) < 0.95, `chin at ${inCrop(8)}`);
    assert.ok(inCrop(19) > 0, "brows inside");
  }
});

Deno.test("between two sampled frames the box moves evenly", () => {
  const frames = 75, every = 5;
  const see = (t: number) => [plainFace({ x: 100 + t, y: 120 + t / 2 })];
  const { boxes } = followed(trackSpeaker(detections(frames, every, see), { frames, every, ...place }));
  assert.equal(boxes.length, 4 * frames);
  // The median holds the first and last value still, so the ends are left out.
  for (let t = 12; t < 58; t++) {
    near(boxes[4 * t + 4] - boxes[4 * t], 1, 1e-3);
    near(boxes[4 * t + 5] - boxes[4 * t + 1], 0.5, 1e-3);
    near((boxes[4 * t] + boxes[4 * t + 2]) / 2, 100 + t, 0.1);
  }
});

Deno.test("a talking jaw neither moves nor scales the crop", () => {
  const frames = 100, every = 1;
  const see = (t: number) => [plainFace({ x: 180, y: 150, open: 0.05 + 0.05 * Math.sin(t * 1.1) })];
  const { boxes, mouth } = followed(
    trackSpeaker(detections(frames, every, see), { frames, every, ...place }),
  );
  for (let side = 0; side < 4; side++) {
    const values = Array.from({ length: frames }, (_, t) => boxes[4 * t + side]);
    const limit = [0.01, 0.1, 0.01, 1.5][side];
    assert.ok(Math.max(...values) - Math.min(...values) < limit, `side ${side} moves`);
  }
  const gaps = Array.from({ length: frames }, (_, t) => mouth[2 * t]);
  assert.ok(
    Math.max(...gaps) > 0.08 && Math.min(...gaps) < 0.01,
    "the mouth itself is measured in every sampled frame",
  );
});

Deno.test("one wild sighting leaves no trace", () => {
  const frames = 75, every = 5;
  const calm = (_: number) => [plainFace({ x: 180, y: 150 })];
  const wild = (t: number) => t === 35 ? [plainFace({ x: 200, y: 160, size: 110 })] : calm(t);
  const a = followed(trackSpeaker(detections(frames, every, calm), { frames, every, ...place }));
  const b = followed(trackSpeaker(detections(frames, every, wild), { frames, every, ...place }));
  assert.deepEqual(a.boxes, b.boxes);
});

Deno.test("a gap of up to a second is bridged, a longer one is a lost face", () => {
  const frames = 250, every = 5;
  const away = (from: number, to: number) => (t: number) =>
    t >= from && t < to ? [] : [plainFace({ x: 100 + t / 4, y: 120 })];
  const bridged = followed(
    trackSpeaker(detections(frames, every, away(100, 125)), { frames, every, ...place }),
  );
  near(bridged.detectionRate, 45 / 50, 1e-9);
  const middle = 112;
  near((bridged.boxes[4 * middle] + bridged.boxes[4 * middle + 2]) / 2, 100 + middle / 4, 0.5);
  const lost = fault(trackSpeaker(detections(frames, every, away(100, 131)), { frames, every, ...place }));
  assert.equal(lost.reason, "face-lost");
  assert.match(lost.detail, /43 of 50 frames looked at, longest gap 1\.4 s/);
  for (const [from, to] of [[0, 35], [215, 250]]) {
    const found = fault(trackSpeaker(detections(frames, every, away(from, to)), { frames, every, ...place }));
    assert.equal(found.reason, "face-lost", "also at the ends");
  }
});

Deno.test("a face in fewer than 80 % of the sampled frames is lost even without a long gap", () => {
  const see = (t: number) => t % 15 === 0 ? [] : [plainFace()];
  const found = fault(trackSpeaker(detections(150, 5, see), { frames: 150, every: 5, ...place }));
  assert.equal(found.reason, "face-lost");
});

Deno.test("no face at all is said so", () => {
  const found = fault(trackSpeaker(detections(75, 5, () => []), { frames: 75, every: 5, ...place }));
  assert.deepEqual(found, { reason: "no-face", detail: "no face in 15 frames looked at" });
});

Deno.test("a large face in the middle is taken before a small one at the side", () => {
  const see = () => [plainFace({ x: 40, y: 60, size: 40 }), plainFace({ x: 180, y: 150, size: 100 })];
  const found = followed(trackSpeaker(detections(75, 5, see), { frames: 75, every: 5, ...place }));
  near((found.boxes[0] + found.boxes[2]) / 2, 180, 0.5);
});

Deno.test("a face that passes by is not taken for the speaker's", () => {
  const passing = (t: number) => t >= 30 && t < 45 ? [plainFace({ x: 280, y: 150, size: 110 })] : [];
  const see = (t: number) => [...passing(t), plainFace({ x: 110, y: 150, size: 80 })];
  const found = followed(trackSpeaker(detections(75, 5, see), { frames: 75, every: 5, ...place }));
  near((found.boxes[0] + found.boxes[2]) / 2, 110, 0.5);
});

Deno.test("two equal faces side by side are refused", () => {
  const see = () => [plainFace({ x: 90, y: 150 }), plainFace({ x: 270, y: 150 })];
  const found = fault(trackSpeaker(detections(75, 5, see), { frames: 75, every: 5, ...place }));
  assert.equal(found.reason, "several-faces");
});

Deno.test("two people who cross each other keep their own tracks", () => {
  const see = (
    t: number,
  ) => [plainFace({ x: 60 + 2 * t, y: 100, size: 60 }), plainFace({ x: 200, y: 150, size: 120 })];
  const found = followed(trackSpeaker(detections(75, 5, see), { frames: 75, every: 5, ...place }));
  for (let t = 0; t < 75; t++) near((found.boxes[4 * t] + found.boxes[4 * t + 2]) / 2, 200, 1);
});
