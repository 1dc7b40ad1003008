import type { Kind } from "../../base/parquet.ts";
import { KitError } from "../../base/errors.ts";

/** The real video with its own sound, and with another clip's: two rows of every table, under these names. */
export const REAL = "real video", SHUFFLED = "real video, other sound";

/** Whose row it is: no two rows of a score file agree in all of this. */
export interface ScoreKey {
  /** The paper's name of the system, or one of the two above. */
  system: string;
  /** Seed of its training; 0 for real video. */
  seed: number;
  /** The judge's name, its version (a hash of its weights) and its procedure. */
  judge: string;
  judge_version: string;
  protocol: string;
  /** Clip whose face is seen, and clip whose sound is heard: "speaker/clip". */
  video: string;
  sound: string;
}

/** Scores of one video by one system; a score is null where it is not defined or could not be had. */
export interface Scores {
  /** See `lse`; of real video with the sound that the row names. */
  lse_d: number | null;
  lse_c: number | null;
  offset: number | null;
  /** Against the real frames, own sound alone: whole crop, mouth region, whole crop (see image_quality.ts). */
  l1: number | null;
  mouth_l1: number | null;
  psnr: number | null;
  ssim: number | null;
  /** See `mouthLandmarkDistance`, own sound alone. */
  landmark_distance: number | null;
  /** Of the mouth region, and of the real frames there (see `sharpness`). */
  sharpness: number | null;
  sharpness_real: number | null;
  /** See `landmarkJitter` and `mouthFlicker`, and the real video's. */
  jitter: number | null;
  jitter_real: number | null;
  flicker: number | null;
  flicker_real: number | null;
  /** See `identitySimilarity`. */
  identity_distance: number | null;
  identity_cosine: number | null;
  /** Correlation of the mouth's opening, drawn from one repeated frame, with the video the sound came from (see `stillPoseSync`). */
  still_own: number | null;
  /** The same with the video that the frame came from, and of these two real videos with each other. */
  still_other: number | null;
  still_films: number | null;
}

/** One row of scores.parquet. */
export interface ScoreRow extends ScoreKey, Scores {
  /** Run folder of the system, and a hash of its weights; empty for real video. */
  run: string;
  weights: string;
  /** Frames that were judged, and their duration. */
  frames: number;
  seconds: number;
  /** Mean distance of sound and lips at each of the 31 offsets (see `lse`); empty when there are none. */
  distances: number[];
  /** Why there are no scores; empty when there are. */
  reason: string;
}

const KEY_COLUMNS: Record<keyof ScoreKey, Kind> = {
  system: "text",
  seed: "whole",
  judge: "text",
  judge_version: "text",
  protocol: "text",
  video: "text",
  sound: "text",
};

const METRIC_COLUMNS: Record<keyof Scores, Kind> = {
  lse_d: "number",
  lse_c: "number",
  offset: "number",
  l1: "number",
  mouth_l1: "number",
  psnr: "number",
  ssim: "number",
  landmark_distance: "number",
  sharpness: "number",
  sharpness_real: "number",
  jitter: "number",
  jitter_real: "number",
  flicker: "number",
  flicker_real: "number",
  identity_distance: "number",
  identity_cosine: "number",
  still_own: "number",
  still_other: "number",
  still_films: "number",
};

/** The columns of scores.parquet, in its order. */
export const SCORE_COLUMNS: Record<keyof ScoreRow, Kind | "curve"> = {
  ...KEY_COLUMNS,
  run: "text",
  weights: "text",
  frames: "whole",
  seconds: "number",
  ...METRIC_COLUMNS,
  distances: "curve",
  reason: "text",
};

/** A row without any score: what a failure is, and what scores are put into. */
export const NO_SCORES: Scores = Object.fromEntries(
  Object.keys(METRIC_COLUMNS).map((name) => [name, null]),
) as unknown as Scores;

/** What tells a row from all others, as one text. */
export const keyOf = (row: ScoreKey): string =>
  JSON.stringify(Object.keys(KEY_COLUMNS).map((name) => row[name as keyof ScoreKey]));

/** Throws KitError when two rows are of the same video by the same system, and names them. */
export function refuseDuplicates(rows: ScoreRow[], { path }: { path: string }): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = keyOf(row);
    if (seen.has(key)) {
      throw new KitError(
        `${path} has two rows for ${row.video} with the sound of ${row.sound} by ${row.system}, seed ${row.seed}`,
        "Each video counts once: delete one of them, or evaluate into another folder",
      );
    }
    seen.add(key);
  }
}
