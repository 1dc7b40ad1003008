import assert from "node:assert/strict";
import type { Dataset } from "../../../lib/dataset/dataset.ts";
import { KitError } from "../../../lib/base/errors.ts";
import { FACE_BYTES } from "../../../lib/base/shapes.ts";
import { stillPoseRows } from "../../../lib/evaluation/metrics/still_pose.ts";
import { cropFace } from "../../../lib/media/face_crop.ts";
import { talkingFrames } from "../../prepare/face_video.ts";

/** Five clips of drawn faces, clip k talking k + 1 times as slowly; their "mel" says which clip it is. */
function talkingClips(count: number): Dataset {
  const talk = talkingFrames().map((frame) => cropFace(frame, 224, 224, [40, 40, 184, 190]));
  const clips = Array.from({ length: count }, (_, k) => {
    const frames = 20, faces = new Uint8Array(frames * FACE_BYTES);
    const moments = Array.from({ length: frames }, (_, t) => Math.floor(t / (k + 1)) % talk.length);
    moments.forEach((moment, t) => faces.set(talk[moment], t * FACE_BYTES));
    const mouth = new Float32Array(2 * frames).fill(1);
    mouth[0] = 0;
    return { row: { id: `clip ${k}` }, frames, faces, mouth, mel: new Float32Array(80).fill(k), moments };
  });
  const rows = clips.map(({ row }) => row);
  return { folder: "clips", rows, clip: (k: number) => Promise.resolve(clips[k]) } as unknown as Dataset;
}

Deno.test("a generator that draws the sound's film follows it, one that draws nothing new follows none", async () => {
  const dataset = talkingClips(5);
  const videos = await Promise.all([0, 1, 2, 3, 4].map((k) => dataset.clip(k)));
  const perfect = await stillPoseRows(dataset, {
    generate: (requests, { mel }) =>
      requests.map(({ frame }) =>
        videos[mel[0]].faces.subarray(frame * FACE_BYTES, (frame + 1) * FACE_BYTES)
      ),
  });
  for (const row of perfect) {
    assert.ok(row.own > 0.999 && Math.abs(row.amplitude - 1) < 1e-6, JSON.stringify(row));
    assert.ok(Math.abs(row.other - row.films) < 1e-6);
    assert.ok(row.own_without_rhythm > 0.999);
  }
  assert.equal(perfect[2].pose, "clip 1");
  assert.equal(perfect[2].other_film, "clip 3");
  const still = await stillPoseRows(dataset, { generate: (requests) => requests.map(({ pose }) => pose) });
  assert.ok(still.every(({ own, other, amplitude }) => own === 0 && other === 0 && amplitude === 0));
});

Deno.test("too few held-out clips are refused by name", async () => {
  await assert.rejects(
    stillPoseRows(talkingClips(3), { generate: () => [] }),
    (error) => error instanceof KitError && /clips has 3 held-out clips/.test(error.message),
  );
});
