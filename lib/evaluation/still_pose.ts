import { type Clip, type Dataset, faceAt } from "../data/dataset.ts";
import type { Redrawer } from "../dub.ts";
import { KitError } from "../errors.ts";
import type { Row } from "../parquet.ts";
import { Progress } from "../progress.ts";
import { correlation, mouthOpenings } from "./mouth_motion.ts";
import { closedFrame, redrawClip } from "./redraw.ts";

/** How the mouth moved in one film generated from a single repeated frame. */
export interface StillPoseRow extends Row {
  /** The clip that gave the frame. */
  pose: string;
  /** The clip that gave the sound. */
  sound: string;
  /** Correlation of the generated mouth's opening with that of the film the sound came from. */
  own: number;
  /** The same with the opening of a third film, which nothing was taken from. */
  other: number;
  /** Standard deviation of the generated opening over that of the film the sound came from. */
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

/** Landmark mouth openings of a film made from one frame of `pose` and the sound of `sound`, and of the real one. */
export async function stillPoseFilm(
  redraw: Redrawer,
  { pose, sound }: { pose: Clip; sound: Clip },
): Promise<{ faces: Uint8Array[]; generated: Float32Array; real: Float32Array }> {
  const faces = redrawClip(redraw, pose, { sound, still: closedFrame(pose) });
  return { faces, generated: await mouthOpenings(faces), real: await realOpenings(sound) };
}

const realOpenings = (clip: Clip): Promise<Float32Array> =>
  mouthOpenings(Array.from({ length: clip.frames }, (_, t) => faceAt(clip, t)));

/**
 * Does the sound move the mouth? The upper half of a moving face gives much of the mouth's motion away, so the pose
 * is held still (one frame repeated) and only the sound changes. The opening of the generated mouth, measured by
 * landmarks, should follow that of the film the sound came from and not that of another film.
 * It measures opening over time, not the shape or the sharpness of the lips.
 * Throws KitError when there are fewer than three clips.
 */
export async function stillPoseRows(
  dataset: Dataset,
  { redraw, clips = 20 }: { redraw: Redrawer; clips?: number },
): Promise<StillPoseRow[]> {
  const all = dataset.rows.length;
  if (all < 3) {
    throw new KitError(`${dataset.folder} has ${all} held-out clips, three are needed`, "Prepare more");
  }
  const count = Math.min(clips, all);
  const measured = new Map<number, Promise<Float32Array>>();
  const openingsOf = (index: number) => {
    const known = measured.get(index) ?? dataset.clip(index).then(realOpenings);
    measured.set(index, known);
    return known;
  };
  const progress = new Progress("still pose", count, { unit: "films" });
  const rows: StillPoseRow[] = [];
  for (let k = 0; k < count; k++) {
    const next = (k + 1) % all, third = (k + 2) % all;
    const pose = await dataset.clip(k), sound = await dataset.clip(next);
    const generated = await mouthOpenings(redrawClip(redraw, pose, { sound, still: closedFrame(pose) }));
    const real = await openingsOf(next), other = await openingsOf(third);
    rows.push({
      pose: pose.row.id,
      sound: sound.row.id,
      own: follows(generated, real),
      other: follows(generated, other),
      amplitude: deviation(generated) / deviation(real),
    });
    progress.update(k + 1);
  }
  progress.stop();
  return rows;
}
