import type { Kind, RowOf } from "../../base/parquet.ts";
import { KitError } from "../../base/errors.ts";
import { FRAMES } from "../../training/systems.ts";
import { SCORE_NAMES, type Scores } from "../metrics/metrics.ts";

/** The real video with its own sound, and with another clip's: two rows of every table, under these names. */
export const REAL = "real video", SHUFFLED = "real video, other sound";

/** What systems are held against, and what is compared with none of them: it stands first in tables. */
export const REFERENCES: readonly string[] = [REAL, SHUFFLED, FRAMES];

/** Whose row it is: no two rows of a score file agree in all of this. */
const KEY_COLUMNS = {
  /** The paper's name of the system, or one of the two above. */
  system: "text",
  /** Seed of its training; 0 for real video. */
  seed: "whole",
  /** The judge's name, its version (a hash of its weights) and its procedure. */
  ...{ judge: "text", judge_version: "text", protocol: "text" } as const,
  /** Clip whose face is seen, and clip whose sound is heard: "speaker/clip". */
  ...{ video: "text", sound: "text" } as const,
} as const;

/** What the row is of beside. */
const VIDEO_COLUMNS = {
  /** Run folder of the system, and a hash of its weights; empty for real video. */
  ...{ run: "text", weights: "text" } as const,
  /** Frames that were judged, and their duration. */
  ...{ frames: "whole", seconds: "number" } as const,
} as const;

/** What stands after the scores. */
const LAST_COLUMNS = {
  /** Mean distance of sound and lips at each of the 31 offsets (see `lse`); empty when there are none. */
  distances: "curve",
  /** Why there are no scores; empty when there are. */
  reason: "text",
} as const;

/** The columns of scores.parquet, in its order. */
export const SCORE_COLUMNS: Record<string, Kind> = {
  ...{ ...KEY_COLUMNS, ...VIDEO_COLUMNS },
  ...Object.fromEntries(SCORE_NAMES.map((name) => [name, "number" as const])),
  ...LAST_COLUMNS,
};

export type ScoreKey = RowOf<typeof KEY_COLUMNS>;

/** One row of scores.parquet. */
export type ScoreRow = ScoreKey & RowOf<typeof VIDEO_COLUMNS> & Scores & RowOf<typeof LAST_COLUMNS>;

/** A row without any score: what a failure is, and what scores are put into. */
export const NO_SCORES = Object.fromEntries(SCORE_NAMES.map((name) => [name, null])) as Scores;

/** Features of a row's images: [n] of [d]. */
export type FeaturesOf = (row: ScoreRow) => Float32Array[];

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
