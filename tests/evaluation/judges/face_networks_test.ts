import assert from "node:assert/strict";
import { openSpeakerVideo } from "../../../lib/dataset/speaker_video.ts";
import { mouthOpenings } from "../../../lib/evaluation/judges/face_networks.ts";
import { correlation } from "../../../lib/evaluation/metrics/mouth_motion.ts";
import { cropFace } from "../../../lib/media/face_crop.ts";
import { tf } from "../../../lib/native/tf.ts";
import { opening, talkingFrames } from "../../prepare/face_video.ts";
import { ENCODED_CLIP, PUBLISHED_CLIP } from "../../real_clips.ts";

Deno.test("the opening of a drawn mouth is followed in its crops, and no tensor is left", async () => {
  const crops = talkingFrames().map((frame) => cropFace(frame, 224, 224, [40, 40, 184, 200]));
  await mouthOpenings(crops.slice(0, 1));
  const before = tf.memory().numTensors;
  const drawn = crops.map((_, t) => opening(t)), found = await mouthOpenings(crops);
  assert.ok(correlation(drawn, found) > 0.9, `${correlation(drawn, found)}: ${found}`);
  assert.equal(tf.memory().numTensors, before);
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
  assert.ok(correlation(whole, small) > 0.85, `${correlation(whole, small)}`);
});
