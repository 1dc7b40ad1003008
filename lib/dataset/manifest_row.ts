export type Split = "train" | "val" | "test";
export const SPLITS: Split[] = ["train", "val", "test"];

/** What the video tells about a clip: it takes decoding to know it. */
export interface VideoFacts {
  /** "speaker/clip". */
  id: string;
  /** Path of the video it was made from. */
  source: string;
  speaker: string;
  /** Which part of the video it is, from 1 on, where a video was split; 0 when the clip is the video. */
  part: number;
  /** The frame of the source, at 25 frames/s, that became frame 0. */
  first_frame: number;
  /** Frames at 25 frames/s. */
  frames: number;
  duration_s: number;
  /** Frames a second of the source. */
  fps_in: number;
  /** Mean centre of the crop box, in source pixels. */
  box_x_mean: number;
  box_y_mean: number;
  /** Mean of the box's width and height, in source pixels. */
  box_size_mean: number;
  /** Mean movement of the box's centre from frame to frame, as a share of its size. */
  box_jitter: number;
  /** Share of the looked-at frames in which the speaker's face was found. */
  detection_rate: number;
  /** Mean confidence of the face detector. */
  score_mean: number;
  /** Level of the sound, dB below full scale. */
  sound_rms_db: number;
  /** The largest difference between two frames in a row, 0 to 1; see `findShots`. */
  shot_change_most: number;
  /** What is said, as the data set has it; empty when it has nothing. */
  text: string;
  /** Words whose times are known. */
  words: number;
  /** What was left out or mended, in words; empty when nothing was. */
  note: string;
}

/** What a prepared clip's own file tells about it: no video is needed for these numbers. */
export interface ClipMeasures {
  /** Variance of the Laplacian of the grey crops (0 to 255), mean over ten of them; below about 50 a face is blurred. */
  sharpness: number;
  /** How the head is held on the average, in degrees; see `headPose`. */
  yaw_deg: number;
  pitch_deg: number;
  roll_deg: number;
  /** How far it goes from straight: a tenth of the looks are further. */
  yaw_most_deg: number;
  pitch_most_deg: number;
  roll_most_deg: number;
  /** Standard deviation of the inner-lip gap, as a share of the face's height. */
  mouth_motion: number;
  /** Share of the sync windows in which somebody speaks. */
  voiced_share: number;
  /** Fingerprints, by which the same video is known again. */
  picture_hash: string;
  sound_hash: string;
}

/** What is known of one prepared clip by itself. */
export interface ClipRow extends VideoFacts, ClipMeasures {
  /** Size of the clip's file. */
  bytes: number;
}

/** What the manifest says of one prepared clip. */
export interface ManifestRow extends ClipRow {
  split: Split;
  /** The clip's file, relative to the prepared folder. */
  path: string;
  /** The clip that is the same video under another name and came first; empty when there is none. */
  duplicate_of: string;
  /** Frames by which the loader delays the sound (above 0) or the image (below 0). */
  offset: number;
  /** What a sync judge measured, before any correction; null as long as none did. */
  sync_offset: number | null;
  sync_confidence: number | null;
  /** Whether the clip is used, by the filters of filters.json, and why not. */
  kept: boolean;
  why: string;
}

/** A video that could not be prepared, and why. */
export interface RejectRow {
  id: string;
  source: string;
  /** One machine word, such as "no-face". */
  reason: string;
  detail: string;
}

/** A column's type: text, a whole number, any number, true or false. */
export type Kind = "text" | "whole" | "number" | "truth";

export const VIDEO_COLUMNS: Record<keyof VideoFacts, Kind> = {
  id: "text",
  source: "text",
  speaker: "text",
  part: "whole",
  first_frame: "whole",
  frames: "whole",
  duration_s: "number",
  fps_in: "number",
  box_x_mean: "number",
  box_y_mean: "number",
  box_size_mean: "number",
  box_jitter: "number",
  detection_rate: "number",
  score_mean: "number",
  sound_rms_db: "number",
  shot_change_most: "number",
  text: "text",
  words: "whole",
  note: "text",
};

/** Raised when a number of `ClipMeasures` is added or computed otherwise: prepared clips are then measured again, not decoded. */
export const MEASURES = 1;

export const MEASURE_COLUMNS: Record<keyof ClipMeasures, Kind> = {
  sharpness: "number",
  yaw_deg: "number",
  pitch_deg: "number",
  roll_deg: "number",
  yaw_most_deg: "number",
  pitch_most_deg: "number",
  roll_most_deg: "number",
  mouth_motion: "number",
  voiced_share: "number",
  picture_hash: "text",
  sound_hash: "text",
};

/** The columns of manifest.parquet, in its order. */
export const MANIFEST_COLUMNS: Record<keyof ManifestRow, Kind> = {
  ...VIDEO_COLUMNS,
  ...MEASURE_COLUMNS,
  bytes: "whole",
  split: "text",
  path: "text",
  duplicate_of: "text",
  offset: "whole",
  sync_offset: "number",
  sync_confidence: "number",
  kept: "truth",
  why: "text",
};

export const REJECT_COLUMNS: Record<keyof RejectRow, Kind> = {
  id: "text",
  source: "text",
  reason: "text",
  detail: "text",
};
