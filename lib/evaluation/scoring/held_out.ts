import type { Clip, Dataset } from "../../dataset/dataset.ts";
import { faceAt } from "../../dataset/windows.ts";
import {
  closedFrame,
  type FaceGenerator,
  generateClip,
  mouthL1,
  withAudio,
  withFaces,
} from "../../inference/generate.ts";
import type { Row } from "../../base/parquet.ts";
import { Progress } from "../../base/progress.ts";
import { type Judge, judgeClip } from "../judges/judge.ts";

/** Scores of one held-out clip; distances are the judge's, L1 is in 0..1 within the mouth region. */
export interface HeldOutRow extends Row {
  clip: string;
  frames: number;
  /** Generated with its own sound, against the real frames. */
  mouth_l1: number;
  /** Generated with another clip's sound, against the real frames: what the upper half alone gives away. */
  mouth_l1_other_sound: number;
  /** The reference frame copied into every frame. */
  mouth_l1_reference: number;
  lse_d_real: number;
  lse_c_real: number;
  lse_d_shuffled: number;
  lse_c_shuffled: number;
  lse_d_generated: number;
  lse_c_generated: number;
  /** Redrawn to another clip's sound, and judged with that sound: dubbing proper. */
  lse_d_dubbed: number;
  lse_c_dubbed: number;
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function scoreClip(
  clip: Clip,
  other: Clip,
  { generate, judge }: { generate: FaceGenerator; judge: Judge },
): HeldOutRow {
  const own = generateClip(generate, clip);
  const foreign = generateClip(generate, clip, { audio: other });
  const reference = faceAt(clip, closedFrame(clip));
  const against = (faces: (t: number) => Uint8Array, count: number) =>
    mean(Array.from({ length: count }, (_, t) => mouthL1(faces(t), faceAt(clip, t))));
  const scores = {
    real: judgeClip(judge, clip),
    shuffled: judgeClip(judge, withAudio(clip, other)),
    generated: judgeClip(judge, withFaces(clip, own)),
    dubbed: judgeClip(judge, withAudio(withFaces(clip, foreign), other)),
  };
  return {
    clip: clip.row.id,
    frames: own.length,
    mouth_l1: against((t) => own[t], own.length),
    mouth_l1_other_sound: against((t) => foreign[t], foreign.length),
    mouth_l1_reference: against(() => reference, own.length),
    lse_d_real: scores.real.lseD,
    lse_c_real: scores.real.lseC,
    lse_d_shuffled: scores.shuffled.lseD,
    lse_c_shuffled: scores.shuffled.lseC,
    lse_d_generated: scores.generated.lseD,
    lse_c_generated: scores.generated.lseC,
    lse_d_dubbed: scores.dubbed.lseD,
    lse_c_dubbed: scores.dubbed.lseC,
  };
}

/** The clip whose sound stands for another clip's: the next one of the split. */
export const otherClip = (dataset: Dataset, index: number): Promise<Clip> =>
  dataset.clip((index + 1) % dataset.rows.length);

/** Scores every clip of a split, or the first `clips` of it, real, shuffled and generated. */
export async function heldOutRows(
  dataset: Dataset,
  { generate, judge, clips = Infinity }: { generate: FaceGenerator; judge: Judge; clips?: number },
): Promise<HeldOutRow[]> {
  const count = Math.min(clips, dataset.rows.length);
  const progress = new Progress("held-out clips", count, { unit: "clips" });
  const rows: HeldOutRow[] = [];
  for (let k = 0; k < count; k++) {
    rows.push(scoreClip(await dataset.clip(k), await otherClip(dataset, k), { generate, judge }));
    progress.update(k + 1);
  }
  progress.stop();
  return rows;
}

/** Mean of a column over rows, and its standard deviation. */
export function meanAndSpread(rows: Row[], column: string): { mean: number; spread: number } {
  const values = rows.map((row) => Number(row[column]));
  const middle = mean(values);
  return { mean: middle, spread: Math.sqrt(mean(values.map((v) => (v - middle) ** 2))) };
}

/** LSE by the run's discriminator of real, shuffled and generated video: a row a kind of video. */
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
