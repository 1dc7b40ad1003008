import { mean } from "d3-array";
import { KitError } from "../../base/errors.ts";
import type { Row } from "../../base/parquet.ts";
import { Progress } from "../../base/progress.ts";
import { closedFrame, faceAt } from "../../dataset/windows.ts";
import { type Clip, type Dataset } from "../../dataset/dataset.ts";
import type { FaceGenerator } from "../../inference/generate.ts";
import type { ClipJudge } from "../judges/clip_judge.ts";
import { stillPoseAmplitude, stillPoseWithoutRhythm } from "../metrics/still_pose.ts";
import { facesOf, mouthL1, type PairOfClips, realClip, scorePair } from "./score_pair.ts";

/**
 * Scores of one held-out clip, real and redrawn, with its own and with another clip's sound; null where a score is not
 * defined or could not be had.
 *
 * `mouth_l1`, against the real frames: generated with its own sound; `_other_sound`: with another clip's, what the upper
 * half alone gives away; `_reference`: the reference frame copied into every frame. `lse_d` and `lse_c`, by the judge:
 * `_real`, `_shuffled` (real with another clip's sound), `_generated` (with its own), `_dubbed` (redrawn to another clip's
 * sound and judged with it: dubbing proper). `still`, the test of this clip's face and the other sound: `stillPoseSync`'s
 * `_own`, `_other`, `_films`, the first two `_without_rhythm`, and the `_amplitude`.
 */
export type HeldOutRow =
  & Row
  & { clip: string; sound: string; frames: number }
  & Record<HeldOutScore, number | null>;
type HeldOutScore =
  | `mouth_l1${"" | "_other_sound" | "_reference"}`
  | `lse_${"d" | "c"}_${"real" | "shuffled" | "generated" | "dubbed"}`
  | `still_${"own" | "other"}${"" | "_without_rhythm"}`
  | "still_films"
  | "still_amplitude";

/** The clip whose sound stands for another clip's: the next one of the split. */
export const otherClip = (dataset: Dataset, index: number): Promise<Clip> =>
  dataset.clip((index + 1) % dataset.rows.length);

/** Scores of a clip, but for those that need the other clips, and the courses of its still-pose test. */
async function scoreClip(
  pair: PairOfClips,
  { generate, judge }: { generate: FaceGenerator; judge: ClipJudge },
) {
  const own = { clip: pair.clip, sound: pair.clip };
  const videos = {
    real: await scorePair(own, { judge }),
    shuffled: await scorePair(pair, { judge }),
    generated: await scorePair(own, { judge, generate }),
    dubbed: await scorePair(pair, { judge, generate }),
  };
  const { generated, dubbed } = videos, { clip } = pair.clip;
  const shown = facesOf(clip), reference = faceAt(clip, closedFrame(clip));
  const against = (faces?: Uint8Array[]) => faces ? mouthL1(faces, shown.slice(0, faces.length)) : null;
  const lse = Object.entries(videos).flatMap(([kind, { scores }]) => [
    [`lse_d_${kind}`, scores.lse_d],
    [`lse_c_${kind}`, scores.lse_c],
  ]);
  const row = {
    clip: clip.row.id,
    frames: generated.frames,
    mouth_l1: generated.scores.mouth_l1,
    mouth_l1_other_sound: against(dubbed.faces),
    mouth_l1_reference: against(generated.faces?.map(() => reference)),
    ...Object.fromEntries(lse) as Record<HeldOutScore & `lse_${string}`, number | null>,
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
  if (scored.every(({ reason }) => reason !== "")) {
    throw new KitError(
      `None of ${count} held-out clips of ${dataset.folder} can be scored: ${scored[0].reason}`,
      "Prepare longer clips, or other ones",
    );
  }
  const tests = scored.flatMap(({ row, courses }) =>
    courses ? [{ courses, poseOf: row.clip, soundOf: row.sound }] : []
  );
  const rhythmless = new Map(stillPoseWithoutRhythm(tests).map((sync, k) => [tests[k].poseOf, sync]));
  return scored.map(({ row, courses }) => {
    const { own = null, other = null } = rhythmless.get(row.clip) ?? {};
    return {
      ...row,
      ...{ still_own_without_rhythm: own, still_other_without_rhythm: other },
      still_amplitude: courses ? stillPoseAmplitude(courses) : null,
    };
  });
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
