/** The scores of a video, in the order of their columns. */
export const SCORE_NAMES = [
  // See `lse`; of real video with the sound that the row names.
  ...["lse_d", "lse_c", "offset"] as const,
  // Against the real frames, own sound alone: whole crop, mouth region, whole crop (see image_quality.ts).
  ...["l1", "mouth_l1", "psnr", "ssim"] as const,
  // See `mouthLandmarkDistance`, own sound alone.
  "landmark_distance",
  // Of the mouth region, and of the real frames there (see `sharpness`).
  ...["sharpness", "sharpness_real"] as const,
  // See `landmarkJitter` and `mouthFlicker`, and the real video's.
  ...["jitter", "jitter_real", "flicker", "flicker_real"] as const,
  // See `identitySimilarity`.
  ...["identity_distance", "identity_cosine"] as const,
  // See `stillPoseSync`: with the video the sound came from, with that of the frame, and these two with each other.
  ...["still_own", "still_other", "still_films"] as const,
] as const;

/** Scores of one video by one system; a score is null where it is not defined or could not be had. */
export type Scores = Record<typeof SCORE_NAMES[number], number | null>;

/** One column of the tables. */
export interface Metric {
  name: keyof Scores;
  label: string;
  /** "as real": neither more nor less than the real video has; a mouth that does not move trembles least. */
  better: "lower" | "higher" | "as real";
  /** Whether it is taken of videos that speak another clip's sound, or of those that speak their own. */
  sound: "other" | "own";
}

/**
 * The scores that a video has by itself, in the tables' order. Sync is judged on dubbing proper (another clip's sound),
 * as the published lists do; what needs the real frames is judged on the video's own sound.
 */
export const METRICS: readonly Metric[] = [
  { name: "lse_d", label: "LSE-D", better: "lower", sound: "other" },
  { name: "lse_c", label: "LSE-C", better: "higher", sound: "other" },
  { name: "still_own", label: "still-pose sync", better: "higher", sound: "other" },
  { name: "l1", label: "L1", better: "lower", sound: "own" },
  { name: "mouth_l1", label: "mouth L1", better: "lower", sound: "own" },
  { name: "psnr", label: "PSNR, dB", better: "higher", sound: "own" },
  { name: "ssim", label: "SSIM", better: "higher", sound: "own" },
  { name: "landmark_distance", label: "mouth landmarks, px", better: "lower", sound: "own" },
  { name: "sharpness", label: "mouth sharpness", better: "as real", sound: "own" },
  { name: "jitter", label: "jitter, px", better: "as real", sound: "own" },
  { name: "flicker", label: "flicker", better: "as real", sound: "own" },
  { name: "identity_distance", label: "identity distance", better: "lower", sound: "other" },
  { name: "identity_cosine", label: "identity cosine", better: "higher", sound: "other" },
];

export const metricOf = (name: string): Metric => METRICS.find((metric) => metric.name === name)!;

/** What systems are compared by: the score, or how far it is from the real video's where that is best. */
export function comparedScore(row: Scores, { name, better }: Metric): number | null {
  const value = row[name];
  if (better !== "as real" || value === null) return value;
  const real = row[`${name}_real` as keyof Scores];
  return real === null ? null : Math.abs(value - real);
}
