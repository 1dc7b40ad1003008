import assert from "node:assert/strict";
import {
  stillPoseAmplitude,
  type StillPoseCourses,
  stillPoseSync,
  stillPoseWithoutRhythm,
} from "../../../lib/evaluation/metrics/still_pose.ts";

/** A course of 60 frames. */
const course = (of: (t: number) => number) => Float32Array.from({ length: 60 }, (_, t) => of(t));
const wave = (k: number) => course((t) => Math.sin(t * (0.3 + 0.17 * k)));

Deno.test("a mouth that moves as its sound's follows it, half as far; one that stands still follows nothing", () => {
  const sound = wave(0), pose = wave(3), drawn = sound.map((opening) => 0.5 * opening + 1);
  const { own, other, films } = stillPoseSync({ drawn, sound, pose });
  assert.ok(own > 0.9999 && Math.abs(other - films) < 1e-4 && Math.abs(films) < 0.3);
  assert.ok(Math.abs(stillPoseAmplitude({ drawn, sound, pose }) - 0.5) < 1e-6);
  const still = { drawn: course(() => 1), sound, pose };
  assert.deepEqual(stillPoseSync(still), { own: 0, other: 0, films });
  assert.equal(stillPoseAmplitude(still), 0);
});

Deno.test("a rhythm that all films share is taken out, by the mean of the tests that neither film speaks in", () => {
  // Test k shows the film k and speaks with the sound of the film k + 1; all films rise and fall together, and a little apart.
  const film = (k: number) => wave(k % 6).map((opening, t) => 0.3 * opening + Math.sin(0.9 * t));
  const tests = Array.from({ length: 6 }, (_, k) => ({
    courses: { drawn: film(k + 1), sound: film(k + 1), pose: film(k) } satisfies StillPoseCourses,
    poseOf: `${k}`,
    soundOf: `${(k + 1) % 6}`,
  }));
  for (const { courses } of tests) assert.ok(stillPoseSync(courses).other > 0.8);
  for (const sync of stillPoseWithoutRhythm(tests)) {
    assert.ok(sync!.own > 0.9999 && sync!.other < 0.5, JSON.stringify(sync));
  }
  // With four films, two tests are left for any one of them.
  assert.deepEqual(stillPoseWithoutRhythm(tests.slice(0, 4))[2], null);
});
