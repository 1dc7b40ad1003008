/** manifest.parquet and rejects.parquet: what a prepared folder says of its clips, and of what became none. */
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { readTable, type RowOf, writeParquet } from "../base/parquet.ts";
import { readPrepared } from "./prepared.ts";

export type Split = "train" | "val" | "test";
export const SPLITS: Split[] = ["train", "val", "test"];

/** What the video tells about a clip: it takes decoding to know it. */
export const VIDEO_COLUMNS = {
  /** "speaker/clip". */
  id: "text",
  /** Path of the video it was made from. */
  source: "text",
  speaker: "text",
  /** Which part of the video it is, from 1 on, where a video was split; 0 when the clip is the video. */
  part: "whole",
  /** The frame of the source, at 25 frames/s, that became frame 0. */
  first_frame: "whole",
  /** Frames at 25 frames/s. */
  frames: "whole",
  duration_s: "number",
  /** Frames a second of the source. */
  fps_in: "number",
  /** Mean centre of the crop box, in source pixels. */
  box_x_mean: "number",
  box_y_mean: "number",
  /** Mean of the box's width and height, in source pixels. */
  box_size_mean: "number",
  /** Mean movement of the box's centre from frame to frame, as a share of its size. */
  box_jitter: "number",
  /** Share of the sampled frames in which the speaker's face was found. */
  detection_rate: "number",
  /** Mean confidence of the face detector. */
  score_mean: "number",
  /** Level of the audio, dB below full scale. */
  sound_rms_db: "number",
  /** The largest difference between two frames in a row, 0 to 1; see `findShots`. */
  shot_change_most: "number",
  /** What is said, as the data set has it; empty when it has nothing. */
  text: "text",
  /** Words whose times are known. */
  words: "whole",
  /** What was left out or mended, in words; empty when nothing was. */
  note: "text",
} as const;
export type VideoFacts = RowOf<typeof VIDEO_COLUMNS>;

/** Raised when a column of `MEASURE_COLUMNS` is added or computed otherwise: prepared clips are then measured again, not decoded. */
export const MEASURES = 1;

/** What a prepared clip's own file tells about it: no video is needed for these numbers. */
export const MEASURE_COLUMNS = {
  /** Variance of the Laplacian of the grey crops (0 to 255), mean over ten of them; below about 50 a face is blurred. */
  sharpness: "number",
  /** How the head is held on the average, in degrees; see `headPose`. */
  yaw_deg: "number",
  pitch_deg: "number",
  roll_deg: "number",
  /** How far it goes from straight: in a tenth of the sampled frames further. */
  yaw_most_deg: "number",
  pitch_most_deg: "number",
  roll_most_deg: "number",
  /** Standard deviation of the inner-lip gap, as a share of the face's height. */
  mouth_motion: "number",
  /** Share of the sync windows in which somebody speaks. */
  voiced_share: "number",
  /** Fingerprints, by which the same video is known again. */
  picture_hash: "text",
  sound_hash: "text",
} as const;
export type ClipMeasures = RowOf<typeof MEASURE_COLUMNS>;

/** What is known of one prepared clip by itself. */
export interface ClipRow extends VideoFacts, ClipMeasures {
  /** Size of the clip's file. */
  bytes: number;
}

/** The columns of manifest.parquet, in its order. */
export const MANIFEST_COLUMNS = {
  ...VIDEO_COLUMNS,
  ...MEASURE_COLUMNS,
  bytes: "whole",
  split: "text",
  /** The clip's file, relative to the prepared folder. */
  path: "text",
  /** The clip that is the same video under another name and came first; empty when there is none. */
  duplicate_of: "text",
  /** Frames by which the loader delays the audio (above 0) or the image (below 0). */
  offset: "whole",
  /** What a sync judge measured, before any correction; null as long as none did. */
  sync_offset: "number",
  sync_confidence: "number",
  /** Whether the clip is used, by the filters of filters.json, and why not. */
  kept: "truth",
  why: "text",
} as const;

/** What the manifest says of one prepared clip. */
export interface ManifestRow
  extends Omit<RowOf<typeof MANIFEST_COLUMNS>, "split" | "sync_offset" | "sync_confidence"> {
  split: Split;
  sync_offset: number | null;
  sync_confidence: number | null;
}

const REJECT_COLUMNS = {
  id: "text",
  source: "text",
  /** One machine word, such as "no-face". */
  reason: "text",
  detail: "text",
} as const;

/** A video that could not be prepared, and why. */
export type RejectRow = RowOf<typeof REJECT_COLUMNS>;

/** The rows of a table of a prepared folder. */
function readRows<R>(path: string): R[] {
  try {
    return readTable(path) as R[];
  } catch {
    throw new KitError(`${path} cannot be read`, "Run the same `deno task prepare` again: it writes it anew");
  }
}

/** Writes manifest.parquet, and rejects.parquet where rejects are given, each whole or not at all. */
export async function writeManifest(
  out: string,
  clips: ManifestRow[],
  rejects?: RejectRow[],
): Promise<void> {
  await writeParquet(join(out, "manifest.parquet"), clips, MANIFEST_COLUMNS);
  if (rejects) await writeParquet(join(out, "rejects.parquet"), rejects, REJECT_COLUMNS);
}

/**
 * The clips of a prepared folder, one typed row each, whether the filters keep them or not.
 * Throws KitError when the folder is no prepared folder, of another version, or not finished.
 */
export async function readManifest(folder: string): Promise<ManifestRow[]> {
  await readPrepared(folder);
  const path = join(folder, "manifest.parquet");
  if (!(await exists(path))) {
    throw new KitError(`${folder} is not finished`, "Run the same `deno task prepare` again: it goes on");
  }
  const rows = readRows<ManifestRow>(path);
  const lacking = Object.keys(MANIFEST_COLUMNS).filter((name) => rows[0] && !(name in rows[0]));
  if (lacking.length > 0) {
    throw new KitError(
      `${path} is of an older version: it has no ${lacking.join(", ")}`,
      "Run the same `deno task prepare` again: it adds what is missing",
    );
  }
  const odd = rows.find((row) => !SPLITS.includes(row.split));
  if (odd) throw new KitError(`${path} names a split "${odd.split}"`, "Splits are train, val and test");
  return rows;
}

/** The clips of a prepared folder that its filters keep. Throws KitError as `readManifest` does. */
export async function readSelected(folder: string): Promise<ManifestRow[]> {
  return (await readManifest(folder)).filter(({ kept }) => kept);
}

/** The videos that could not be prepared, and why. */
export async function readRejects(folder: string): Promise<RejectRow[]> {
  await readPrepared(folder);
  return readRows(join(folder, "rejects.parquet"));
}
