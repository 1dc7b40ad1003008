import assert from "node:assert/strict";
import {
  detectorBoxes,
  mfccWindows,
  syncnetCrop,
  syncnetTrack,
  syncnetWindows,
  toSyncnetSize,
} from "../../../lib/evaluation/judges/syncnet_inputs.ts";
import { readGolden } from "../../golden.ts";

const { tensors } = await readGolden("evaluation");
const golden = (name: string) => tensors[`inputs/${name}`].dataSync() as Float32Array;
const frame = { rgb: Uint8Array.from(golden("frame")), width: 120, height: 90 };

/** Compares every 4th pixel of an RGB image with OpenCV's in BGR: the same bytes. */
function assertImage(found: Uint8Array, bgr: Float32Array) {
  let most = 0;
  for (let y = 0, k = 0; y < 224; y += 4) {
    for (let x = 0; x < 224; x += 4) {
      for (let c = 0; c < 3; c++, k++) {
        const expected = bgr[k - c + 2 - c];
        most = Math.max(most, Math.abs(found[(y * 224 + x) * 3 + c] - expected));
      }
    }
  }
  assert.equal(most, 0, `${most} levels apart`);
}

Deno.test("protocol LRS: a whole frame is drawn as OpenCV draws it", () => {
  assertImage(toSyncnetSize(frame), golden("lrs"));
});

Deno.test("protocol real videos: track and crops are those of the published pipeline", () => {
  const track = syncnetTrack(golden("boxes")), expected = golden("track");
  assert.equal(track.length, 20);
  track.forEach(({ x, y, s }, t) =>
    [x, y, s].forEach((value, k) => assert.ok(Math.abs(value - expected[3 * t + k]) < 1e-4))
  );
  const crops = golden("crops"), size = 56 * 56 * 3;
  [0, 7, 19].forEach((t, k) =>
    assertImage(syncnetCrop(frame, track[t])!, crops.subarray(k * size, (k + 1) * size))
  );
});

Deno.test("what lies beyond the frame is grey, and an empty track has no picture", () => {
  const corner = syncnetCrop(frame, { x: 0, y: 0, s: 30 })!;
  assert.deepEqual([...corner.subarray(0, 3)], [110, 110, 110]);
  const last = corner.length - 3;
  assert.notDeepEqual([...corner.subarray(last)], [110, 110, 110]);
  assert.equal(syncnetCrop(frame, { x: 10, y: 10, s: 0 }), null);
  // A face beside the frame.
  assert.ok(syncnetCrop(frame, { x: 900, y: 900, s: 20 })!.every((value) => value === 110));
});

Deno.test("a detector's box has the landmarks' width and chin, and a forehead", () => {
  // 100 from brow to chin: prepared crops add 4 above and 12 below.
  assert.deepEqual([...detectorBoxes([10, 16, 90, 132])], [10, -10, 90, 120]);
});

Deno.test("MFCC windows are 4 columns a frame apart, one window fewer than would fit", () => {
  const audio = Int16Array.from(golden("sound")), expected = golden("mfcc");
  const windows = syncnetWindows(40, audio.length);
  assert.equal(windows, 20);
  const found = mfccWindows(audio, windows);
  assert.deepEqual(found.map(({ length }) => length), Array(20).fill(13 * 20));
  found.flatMap((window) => [...window]).forEach((value, k) =>
    assert.ok(Math.abs(value - expected[k]) < 1e-3 * Math.max(1, Math.abs(expected[k])))
  );
  assert.deepEqual([syncnetWindows(36, 64000), syncnetWindows(3, 64000)], [31, 0]);
});
