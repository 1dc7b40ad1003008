import assert from "node:assert/strict";
import { openSpeakerVideo } from "../../../lib/dataset/speaker_video.ts";
import { correlation, mouthOpenings, temporalJitter } from "../../../lib/evaluation/metrics/mouth_motion.ts";
import { FACE_SIZE } from "../../../lib/base/shapes.ts";
import { cropFace } from "../../../lib/media/face_crop.ts";
import { tf } from "../../../lib/native/tf.ts";
import { opening, talkingFrames } from "../../prepare/face_video.ts";
import { ENCODED_CLIP, PUBLISHED_CLIP } from "../../real_clips.ts";

Deno.test("correlation is Pearson's, over the frames that both films have", () => {
  const a = [1, 2, 3, 4, 5], b = [2, 1, 4, 3, 5];
  assert.ok(Math.abs(correlation(a, b) - 0.8) < 1e-12);
  assert.ok(Math.abs(correlation(a, [-1, -2, -3]) + 1) < 1e-12);
  assert.ok(Math.abs(correlation([1, 2, NaN, 3, 4, 5], [2, 1, 9, 4, 3, 5]) - 0.8) < 1e-12);
  assert.ok(Number.isNaN(correlation([1, 1, 1], [1, 2, 3])));
  assert.ok(Number.isNaN(correlation([NaN, 1], [1, 1])));
});

Deno.test("jitter sees trembling and not steady motion", () => {
  assert.equal(temporalJitter([0, 1, 2, 3, 4]), 0);
  assert.equal(temporalJitter([0, 1, 0, 1, 0]), 2);
  assert.equal(temporalJitter([0, 1, 0, NaN, 0, 1, 0]), 2);
  assert.ok(Number.isNaN(temporalJitter([1, 2])));
});

Deno.test("the opening of a drawn mouth is followed in its crops, and no tensor is left", async () => {
  const crops = talkingFrames().map((frame) => cropFace(frame, 224, 224, [40, 40, 184, 200]));
  await mouthOpenings(crops.slice(0, 1));
  const before = tf.memory().numTensors;
  const drawn = crops.map((_, t) => opening(t)), found = await mouthOpenings(crops);
  assert.ok(correlation(drawn, found) > 0.9, `${correlation(drawn, found)}: ${found}`);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("where there is no face the opening is NaN", async () => {
  const grey = new Uint8Array(FACE_SIZE * FACE_SIZE * 3).fill(128);
  assert.deepEqual([...await mouthOpenings([grey])], [NaN]);
});

Deno.test("on real crops it agrees with the landmarks of the full frames", async () => {
  const whole: number[] = [], small: number[] = [];
  for (const path of [PUBLISHED_CLIP, ENCODED_CLIP]) {
    const video = await openSpeakerVideo(path);
    const crops: Uint8Array[] = [];
    let t = 0;
    // Every fifth frame was looked at; between them the video's own track is only interpolated.
    for await (const crop of video.crops()) {
      if ((t + video.firstFrame) % 5 === 0) {
        crops.push(crop);
        whole.push(video.mouth[2 * t]);
      }
      t++;
    }
    small.push(...await mouthOpenings(crops));
  }
  assert.ok(!small.some(Number.isNaN), "a face was missed");
  assert.ok(correlation(whole, small) > 0.85, `${correlation(whole, small)}`);
});
