import assert from "node:assert/strict";
import { openCamera } from "../../lib/corpus/camera.ts";
import { type ClipPlan, planCorpus } from "../../lib/corpus/plan.ts";
import { FRAME_SIZE, openFace } from "../../lib/corpus/face.ts";
import { perform, type Performance } from "../../lib/corpus/performance.ts";
import { sampleSpeaker, type Speaker } from "../../lib/corpus/speaker.ts";
import { openSpeech } from "../../lib/corpus/speech.ts";
import { correlation } from "../../lib/evaluation/metrics/mouth_motion.ts";
import { detectFaces } from "../../lib/media/face_detector.ts";
import { mouthOpening } from "../../lib/media/landmarks.ts";

/** What the video of a clip shows, one frame at a time. */
function videoOf({ seed, id }: ClipPlan, speaker: Speaker, { mouths, poses }: Performance) {
  const paint = openFace(speaker.appearance);
  const expose = openCamera(speaker.camera, { size: FRAME_SIZE, seed: `${seed}/${id}` });
  return (frame: number) => expose(paint(poses[frame], mouths[frame]), frame);
}

Deno.test("the detector finds one face in 98 of 100 frames of all forty-eight speakers", async () => {
  const plans = await planCorpus({ size: "small", seed: 1 }), speech = openSpeech(), missed: string[] = [];
  let frames = 0;
  try {
    for (let i = 1; i < plans.length; i += 4) {
      const speaker = sampleSpeaker(1, plans[i].speaker),
        performed = await perform(plans[i], speaker, speech);
      const video = videoOf(plans[i], speaker, performed), length = performed.mouths.length;
      for (const frame of [Math.floor(0.3 * length), Math.floor(0.7 * length)]) {
        frames++;
        const faces = await detectFaces(video(frame), FRAME_SIZE, FRAME_SIZE);
        if (faces.length !== 1) missed.push(`${plans[i].id} frame ${frame}: ${faces.length} faces`);
      }
    }
  } finally {
    await speech.close();
  }
  assert.equal(frames, 96);
  assert(missed.length <= 0.02 * frames, missed.join("; "));
});

Deno.test("the landmarks' inner-lip gap follows the drawn opening, with a beard as without", async () => {
  const plans = await planCorpus({ size: "small", seed: 1 }), speech = openSpeech();
  try {
    // The man with the fullest beard, in a clip of his.
    const growth = ({ speaker }: ClipPlan) => sampleSpeaker(1, speaker).appearance.beard.growth;
    const plan = plans.reduce((most, other) => growth(other) > growth(most) ? other : most);
    assert(growth(plan) > 0.9);
    const speaker = sampleSpeaker(1, plan.speaker), performed = await perform(plan, speaker, speech);
    const shaved = {
      ...speaker,
      appearance: { ...speaker.appearance, beard: { ...speaker.appearance.beard, growth: 0 } },
    };
    const follows = async (who: Speaker) => {
      const video = videoOf(plan, who, performed), drawn: number[] = [], seen: number[] = [];
      for (let frame = 3; frame < performed.mouths.length; frame += 3) {
        const [face] = await detectFaces(video(frame), FRAME_SIZE, FRAME_SIZE);
        if (!face) continue;
        drawn.push(performed.mouths[frame].open);
        seen.push(mouthOpening(face.landmarks).gap);
      }
      return correlation(drawn, seen);
    };
    const [with_, without] = [await follows(speaker), await follows(shaved)];
    assert(without > 0.75, `correlation ${without} of ${plan.id} shaved`);
    assert(with_ > 0.75 && with_ > without - 0.1, `correlation ${with_}, shaved ${without}, of ${plan.id}`);
  } finally {
    await speech.close();
  }
});
