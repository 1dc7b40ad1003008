import { deviation, mean } from "d3-array";
import { correlation } from "./mouth_motion.ts";

/** Mouth openings of a still-pose test, one value a frame. */
export interface StillPoseCourses {
  /** Of the video that was drawn from one repeated frame and a sound. */
  drawn: Float32Array;
  /** Of the real video that the sound came from. */
  sound: Float32Array;
  /** Of the real video that the frame came from, of which the sound tells nothing. */
  pose: Float32Array;
}

/** Correlations of the courses of a still-pose test. */
export interface StillPoseSync {
  /** Of the drawn mouth's opening with that of the video the sound came from. */
  own: number;
  /** The same with the video that the frame came from. */
  other: number;
  /** How much these two real videos correlate: a perfect generator's `other`. */
  films: number;
}

/** A mouth that does not move at all follows nothing: 0. */
const follows = (a: Float32Array, b: Float32Array): number => correlation(a, b) || 0;

/**
 * Still-pose sync: does the sound move the mouth? The upper half of a moving face gives much of the mouth's motion away
 * (cheeks, head and eyes move with speech, and the crop's place follows the chin), so dubbing a clip over its own poses
 * flatters every system: one that ignores the sound can still move the mouth. Here the pose is held still (one frame
 * repeated) and only the sound changes. The opening of the generated mouth, measured by landmarks, should follow that of
 * the video the sound came from and not that of another video.
 *
 * Measures whether the opening follows the sound in time. Does not measure how far the mouth opens (a correlation has no
 * size: see `stillPoseAmplitude`), the shape or sharpness of the lips, or how a moving face is dubbed; a still pose is not
 * what a system was trained on; and it has the landmarks' own noise, so that a true video is below 1 too.
 */
export const stillPoseSync = ({ drawn, sound, pose }: StillPoseCourses): StillPoseSync => ({
  own: follows(drawn, sound),
  other: follows(drawn, pose),
  films: follows(sound, pose),
});

/** Standard deviation of the drawn opening over that of the video the sound came from. */
export const stillPoseAmplitude = ({ drawn, sound }: StillPoseCourses): number =>
  deviation(drawn)! / deviation(sound)!;

/** Fewer other videos than this show no rhythm that all share. */
const FEWEST_OTHERS = 3;

/** What is left of a course when the mean of other courses is taken out; NaN where there is none. */
const without = (course: Float32Array, others: Float32Array[]): Float32Array =>
  course.map((value, t) => value - (mean(others, (other) => other[t]) ?? NaN));

/**
 * `own` and `other` of each of several tests once the rhythm that their videos share is taken out: where all sentences have
 * one grammar, as in GRID, any two videos correlate. The rhythm of a test is the mean course of those tests that neither
 * its sound nor its frame takes part in by its sound; null where there are fewer than three of them.
 */
export function stillPoseWithoutRhythm(
  tests: { courses: StillPoseCourses; poseOf: string; soundOf: string }[],
): ({ own: number; other: number } | null)[] {
  return tests.map(({ courses: { drawn, sound, pose }, poseOf, soundOf }) => {
    const others = tests.filter((test) => test.soundOf !== soundOf && test.soundOf !== poseOf);
    if (others.length < FEWEST_OTHERS) return null;
    const real = others.map(({ courses }) => courses.sound);
    return stillPoseSync({
      drawn: without(drawn, others.map(({ courses }) => courses.drawn)),
      sound: without(sound, real),
      pose: without(pose, real),
    });
  });
}
