import type { Clip, Dataset } from "../../dataset/dataset.ts";
import { faceAt } from "../../dataset/windows.ts";
import { closedFrame, type FaceGenerator, generateClip } from "../../inference/generate.ts";
import { KitError } from "../../base/errors.ts";
import type { Row } from "../../base/parquet.ts";
import { Progress } from "../../base/progress.ts";
import { correlation, mouthOpenings } from "./mouth_motion.ts";

/** How the mouth moved in one video generated from a single repeated frame. */
export interface StillPoseRow extends Row {
  /** The clip that gave the frame. */
  pose: string;
  /** The clip that gave the sound. */
  sound: string;
  /** A third clip, which nothing was taken from. */
  other_film: string;
  /** Correlation of the generated mouth's opening with that of the video the sound came from. */
  own: number;
  /** The same with the opening of the third video. */
  other: number;
  /** How much the two real videos correlate: a perfect generator's `other`. */
  films: number;
  /** `own` and `other` once the course that all videos share (the grammar's rhythm) is taken out. */
  own_without_rhythm: number;
  other_without_rhythm: number;
  /** Standard deviation of the generated opening over that of the video the sound came from. */
  amplitude: number;
}

/** Standard deviation of an opening, over the frames in which it was measured. */
function deviation(openings: Float32Array): number {
  const values = openings.filter((opening) => !Number.isNaN(opening));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
}

/** A mouth that does not move at all correlates with nothing: 0. */
const follows = (generated: Float32Array, real: Float32Array): number => correlation(generated, real) || 0;

/** Landmark mouth openings of a video made from one frame of `pose` and the sound of `sound`, and of the real one. */
export async function stillPoseVideo(
  generate: FaceGenerator,
  { pose, sound }: { pose: Clip; sound: Clip },
): Promise<{ faces: Uint8Array[]; generated: Float32Array; real: Float32Array }> {
  const faces = generateClip(generate, pose, { audio: sound, still: closedFrame(pose) });
  return { faces, generated: await mouthOpenings(faces), real: await realOpenings(sound) };
}

const realOpenings = (clip: Clip): Promise<Float32Array> =>
  mouthOpenings(Array.from({ length: clip.frames }, (_, t) => faceAt(clip, t)));

/** What is left of a course when the mean of other courses is taken out; NaN where either is missing. */
function without(course: Float32Array, others: Float32Array[]): Float32Array {
  return course.map((value, t) => {
    const there = others.map((other) => other[t]).filter((v) => v !== undefined && !Number.isNaN(v));
    return value - there.reduce((a, b) => a + b, 0) / there.length;
  });
}

/**
 * Still-pose sync: does the sound move the mouth? The upper half of a moving face gives much of the mouth's motion away
 * (cheeks, head and eyes move with speech, and the crop's place follows the chin), so dubbing a clip over its own poses
 * flatters every system: one that ignores the sound can still move the mouth. Here the pose is held still (one frame
 * repeated) and only the sound changes. The opening of the generated mouth, measured by landmarks, should follow that of
 * the video the sound came from and not that of another video.
 *
 * Where all sentences share a grammar, as in GRID, any two videos share a rhythm; so the correlation of the two real
 * videos stands beside, and both correlations again without the mean course of the remaining videos.
 * Measures whether the opening follows the sound in time. Does not measure how far the mouth opens (a correlation has no
 * size: see `amplitude`), the shape or sharpness of the lips, or how a moving face is dubbed; a still pose is not what a
 * system was trained on; and it has the landmarks' own noise, so that a true video is below 1 too.
 * Throws KitError when there are fewer than five clips.
 */
export async function stillPoseRows(
  dataset: Dataset,
  { generate, clips = 20 }: { generate: FaceGenerator; clips?: number },
): Promise<StillPoseRow[]> {
  const count = Math.min(clips, dataset.rows.length);
  if (count < 5) {
    throw new KitError(`${dataset.folder} has ${count} held-out clips, five are needed`, "Prepare more");
  }
  const progress = new Progress("still pose", count, { unit: "films" });
  const real: Float32Array[] = [], generated: Float32Array[] = [];
  // generated[k] speaks the sound of clip k with the face of the clip before it.
  for (let k = 0; k < count; k++) {
    const pose = await dataset.clip((k + count - 1) % count);
    const video = await stillPoseVideo(generate, { pose, sound: await dataset.clip(k) });
    real.push(video.real);
    generated.push(video.generated);
    progress.update(k + 1);
  }
  progress.stop();
  const id = (k: number) => dataset.rows[k].id;
  return real.map((own, k) => {
    const third = (k + 1) % count;
    const rest = (courses: Float32Array[]) => courses.filter((_, n) => n !== k && n !== third);
    const spoken = without(generated[k], rest(generated));
    return {
      pose: id((k + count - 1) % count),
      sound: id(k),
      other_film: id(third),
      own: follows(generated[k], own),
      other: follows(generated[k], real[third]),
      films: follows(own, real[third]),
      own_without_rhythm: follows(spoken, without(own, rest(real))),
      other_without_rhythm: follows(spoken, without(real[third], rest(real))),
      amplitude: deviation(generated[k]) / deviation(own),
    };
  });
}
