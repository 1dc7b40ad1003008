import { mean } from "d3-array";
import { KitError } from "../../base/errors.ts";
import type { Row } from "../../base/parquet.ts";
import { Progress } from "../../base/progress.ts";
import { faceAt } from "../../dataset/windows.ts";
import { type Clip, type Dataset } from "../../dataset/dataset.ts";
import { closedFrame, type FaceGenerator } from "../../inference/generate.ts";
import type { ClipJudge } from "../judges/clip_judge.ts";
import { stillPoseAmplitude, stillPoseWithoutRhythm } from "../metrics/still_pose.ts";
import { facesOf, mouthL1, type PairOfClips, realClip, scorePair } from "./score_pair.ts";

/** Scores of one held-out clip, real and redrawn, with its own and with another clip's sound; null as in `Scores`. */
export interface HeldOutRow extends Row {
  clip: string;
  frames: number;
  /** Mouth L1: generated with its own sound, against the real frames. */
  mouth_l1: number | null;
  /** Generated with another clip's sound, against the real frames: what the upper half alone gives away. */
  mouth_l1_other_sound: number | null;
  /** The reference frame copied into every frame. */
  mouth_l1_reference: number | null;
  /** LSE by the judge: the real video with its own and with another clip's sound, the generated one with its own. */
  lse_d_real: number | null;
  lse_c_real: number | null;
  lse_d_shuffled: number | null;
  lse_c_shuffled: number | null;
  lse_d_generated: number | null;
  lse_c_generated: number | null;
  /** Redrawn to another clip's sound, and judged with that sound: dubbing proper. */
  lse_d_dubbed: number | null;
  lse_c_dubbed: number | null;
  /** The clip that gave the other sound. */
  sound: string;
  /** The still-pose test of this clip's face and that sound (see `stillPoseSync`). */
  still_own: number | null;
  still_other: number | null;
  still_films: number | null;
  still_own_without_rhythm: number | null;
  still_other_without_rhythm: number | null;
  still_amplitude: number | null;
}

/** The clip whose sound stands for another clip's: the next one of the split. */
export const otherClip = (dataset: Dataset, index: number): Promise<Clip> =>
  dataset.clip((index + 1) % dataset.rows.length);

/** A clip's row, but for what needs the other clips', and the courses of its still-pose test. */
async function scoreClip(
  pair: PairOfClips,
  { generate, judge }: { generate: FaceGenerator; judge: ClipJudge },
) {
  const own = { clip: pair.clip, sound: pair.clip };
  const real = await scorePair(own, { judge }), shuffled = await scorePair(pair, { judge });
  const generated = await scorePair(own, { judge, generate }),
    dubbed = await scorePair(pair, { judge, generate });
  const { clip } = pair.clip, faces = facesOf(clip), reference = faceAt(clip, closedFrame(clip));
  const against = (frames?: Uint8Array[]) => frames ? mouthL1(frames, faces.slice(0, frames.length)) : null;
  const row = {
    clip: clip.row.id,
    frames: generated.frames,
    mouth_l1: generated.scores.mouth_l1,
    mouth_l1_other_sound: against(dubbed.faces),
    mouth_l1_reference: against(generated.faces?.map(() => reference)),
    lse_d_real: real.scores.lse_d,
    lse_c_real: real.scores.lse_c,
    lse_d_shuffled: shuffled.scores.lse_d,
    lse_c_shuffled: shuffled.scores.lse_c,
    lse_d_generated: generated.scores.lse_d,
    lse_c_generated: generated.scores.lse_c,
    lse_d_dubbed: dubbed.scores.lse_d,
    lse_c_dubbed: dubbed.scores.lse_c,
    sound: pair.sound.clip.row.id,
    still_own: dubbed.scores.still_own,
    still_other: dubbed.scores.still_other,
    still_films: dubbed.scores.still_films,
  };
  return { row, courses: dubbed.courses, reason: generated.reason };
}

/**
 * Scores every clip of a split, or the first `clips` of it, as the tables do (see `scorePair`), real and redrawn, with its
 * own sound and with that of the next clip. Throws KitError when none of them can be scored.
 */
export async function heldOutRows(
  dataset: Dataset,
  { generate, judge, clips = Infinity }: { generate: FaceGenerator; judge: ClipJudge; clips?: number },
): Promise<HeldOutRow[]> {
  const count = Math.min(clips, dataset.rows.length);
  using progress = new Progress("held-out clips", count, { unit: "clips" });
  const scored: Awaited<ReturnType<typeof scoreClip>>[] = [];
  let next = await realClip(await dataset.clip(0));
  for (let k = 0; k < count; k++) {
    const clip = next;
    next = await realClip(await otherClip(dataset, k));
    scored.push(await scoreClip({ clip, sound: next }, { generate, judge }));
    progress.update(k + 1);
  }
  if (count > 0 && scored.every(({ row }) => row.lse_d_generated === null)) {
    throw new KitError(
      `None of ${count} held-out clips of ${dataset.folder} can be scored: ${scored[0].reason}`,
      "Prepare longer clips, or other ones",
    );
  }
  const tests = scored.flatMap(({ row, courses }) =>
    courses ? [{ courses, poseOf: row.clip, soundOf: row.sound }] : []
  );
  const withoutRhythm = new Map(
    stillPoseWithoutRhythm(tests).map((sync, k) => [tests[k].poseOf, sync]),
  );
  return scored.map(({ row, courses }) => ({
    ...row,
    still_own_without_rhythm: withoutRhythm.get(row.clip)?.own ?? null,
    still_other_without_rhythm: withoutRhythm.get(row.clip)?.other ?? null,
    still_amplitude: courses ? stillPoseAmplitude(courses) : null,
  }));
}

/** Mean of a column over the rows that have it, and its standard deviation. */
export function meanAndSpread(rows: Row[], column: string): { mean: number; spread: number } {
  const values = rows.flatMap((row) => typeof row[column] === "number" ? [row[column]] : []);
  const middle = mean(values) ?? NaN;
  return { mean: middle, spread: Math.sqrt(mean(values, (value) => (value - middle) ** 2) ?? NaN) };
}

/** LSE by one judge of real, shuffled and generated video: a row a kind of video. */
export function lseTable(rows: HeldOutRow[]): Row[] {
  const kinds = {
    "real video, its own sound": "real",
    "real video, another clip's sound": "shuffled",
    "generated, its own sound": "generated",
    "generated to another clip's sound": "dubbed",
  };
  return Object.entries(kinds).map(([video, kind]) => {
    const d = meanAndSpread(rows, `lse_d_${kind}`), c = meanAndSpread(rows, `lse_c_${kind}`);
    return {
      video,
      "LSE-D by this judge": d.mean,
      "spread D": d.spread,
      "LSE-C by this judge": c.mean,
      "spread C": c.spread,
      clips: rows.length,
    };
  });
}

/** The still-pose tests of held-out clips: a row a test, and their mean. */
export function stillPoseTable(rows: HeldOutRow[]): Row[] {
  const columns = ["own", "other", "films", "own_without_rhythm", "other_without_rhythm", "amplitude"];
  const line = (pose: string, sound: string, of: (column: string) => Row[string]): Row => ({
    ...{ pose, sound },
    ...Object.fromEntries(columns.map((column) => [column, of(`still_${column}`)])),
  });
  return [
    ...rows.map((row) => line(row.clip, row.sound, (column) => row[column])),
    line("mean", "", (column) => meanAndSpread(rows, column).mean),
  ];
}
