import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, writeJson } from "../base/files.ts";
import type { ManifestRow } from "../dataset/manifest.ts";

/**
 * Which prepared clips are used. Each threshold is held against one column of the manifest; null lets everything
 * pass, and so does a column that was not measured.
 */
export interface Filters {
  /** Seconds. */
  minSeconds: number | null;
  /** Mean size of the crop box in the video's pixels: a smaller face is enlarged to 96 pixels. */
  minFaceSize: number | null;
  /** Variance of the Laplacian of the crops. */
  minSharpness: number | null;
  /** Degrees from straight; a tenth of the looks may be further. */
  maxYaw: number | null;
  maxPitch: number | null;
  maxRoll: number | null;
  /** dB of full scale. */
  minLoudness: number | null;
  /** Share of the sync windows in which somebody speaks. */
  minVoiced: number | null;
  /** Shares, 0 to 1. */
  minDetectionRate: number | null;
  minScore: number | null;
  /** Movement of the box from frame to frame over its size. */
  maxBoxMotion: number | null;
  /** Standard deviation of the lips' gap over the face's height. */
  minMouthMotion: number | null;
  /** Largest difference between two frames in a row, 0 to 1. */
  maxShotChange: number | null;
  /** Confidence of the sync judge (`deno task offsets`). */
  minSyncConfidence: number | null;
  /** What becomes of a video that is there twice: the second is dropped, or kept. */
  duplicates: "drop" | "keep";
}

/** What every prepared folder begins with: only what nobody can learn from is dropped. */
export const DEFAULT_FILTERS: Filters = {
  minSeconds: null,
  minFaceSize: 40,
  minSharpness: 20,
  maxYaw: 50,
  maxPitch: 50,
  maxRoll: 40,
  minLoudness: -50,
  minVoiced: 0.1,
  minDetectionRate: 0.8,
  minScore: null,
  maxBoxMotion: 0.1,
  minMouthMotion: 0.002,
  maxShotChange: null,
  minSyncConfidence: null,
  duplicates: "drop",
};

type Threshold = Exclude<keyof Filters, "duplicates">;

/** The column behind each threshold and what it is called in a reason. The key's first letters say which side passes. */
const RULES: Record<Threshold, { column: keyof ManifestRow; name: string }> = {
  minSeconds: { column: "duration_s", name: "duration" },
  minFaceSize: { column: "box_size_mean", name: "face size" },
  minSharpness: { column: "sharpness", name: "sharpness" },
  maxYaw: { column: "yaw_most_deg", name: "yaw" },
  maxPitch: { column: "pitch_most_deg", name: "pitch" },
  maxRoll: { column: "roll_most_deg", name: "roll" },
  minLoudness: { column: "sound_rms_db", name: "loudness" },
  minVoiced: { column: "voiced_share", name: "voiced share" },
  minDetectionRate: { column: "detection_rate", name: "detection rate" },
  minScore: { column: "score_mean", name: "score" },
  maxBoxMotion: { column: "box_jitter", name: "box motion" },
  minMouthMotion: { column: "mouth_motion", name: "mouth motion" },
  maxShotChange: { column: "shot_change_most", name: "shot change" },
  minSyncConfidence: { column: "sync_confidence", name: "sync confidence" },
};
const THRESHOLDS = Object.keys(RULES) as Threshold[];

const short = (value: number) => String(Number(value.toPrecision(3)));

/** Every reason for which the filters leave a clip out, in words; none when it is kept. */
export function reasonsAgainst(row: ManifestRow, filters: Filters): string[] {
  const reasons: string[] = [];
  for (const key of THRESHOLDS) {
    const bound = filters[key], { column, name } = RULES[key], value = row[column] as number | null;
    if (bound === null || value === null) continue;
    if (key.startsWith("min") && value < bound) reasons.push(`${name} ${short(value)} below ${bound}`);
    if (key.startsWith("max") && value > bound) reasons.push(`${name} ${short(value)} above ${bound}`);
  }
  if (filters.duplicates === "drop" && row.duplicate_of !== "") {
    reasons.push(`duplicate of ${row.duplicate_of}`);
  }
  return reasons;
}

/** The rows with `kept` and `why` as the filters decide; nothing is decoded. */
export function decide(rows: ManifestRow[], filters: Filters): ManifestRow[] {
  return rows.map((row) => {
    const why = reasonsAgainst(row, filters).join("; ");
    return { ...row, kept: why === "", why };
  });
}

/** How many clips each reason leaves out, the commonest first; a clip may have several. */
export function countReasons(rows: ManifestRow[], filters: Filters): { reason: string; clips: number }[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const reason of reasonsAgainst(row, filters)) {
      const name = /^duplicate/.test(reason)
        ? "duplicate"
        : reason.replace(/ [-\d.e]+ (below|above) /, " $1 ");
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts].map(([reason, clips]) => ({ reason, clips })).sort((a, b) => b.clips - a.clips);
}

/** One value as it is written in a setting or a file; throws KitError when the filter cannot have it. */
function checked(key: string, value: unknown): Partial<Filters> {
  if (!(key in DEFAULT_FILTERS)) {
    throw new KitError(
      `There is no filter "${key}"`,
      `Filters are ${Object.keys(DEFAULT_FILTERS).join(", ")}`,
    );
  }
  if (key === "duplicates") {
    if (value === "drop" || value === "keep") return { duplicates: value };
    throw new KitError(`The filter duplicates cannot be "${value}"`, 'Give "drop" or "keep"');
  }
  if (value === null || value === "none") return { [key]: null };
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) return { [key]: number };
  throw new KitError(
    `The filter ${key} cannot be "${value}"`,
    'Give a number, or "none" to let everything pass',
  );
}

/** Changes filters by settings such as "minSharpness=80" or "maxYaw=none"; throws KitError for a wrong one. */
export function setFilters(filters: Filters, settings: string[]): Filters {
  const changed = { ...filters };
  for (const setting of settings) {
    const [, key, value] = /^([^=]*)=(.*)$/.exec(setting) ?? [];
    if (key === undefined) {
      throw new KitError(`"${setting}" is not a setting`, "Write it as key=value, such as minSharpness=80");
    }
    Object.assign(changed, checked(key.trim(), value.trim()));
  }
  return changed;
}

/** The filters of a prepared folder: those of its filters.json, the defaults where it says nothing. */
export async function readFilters(folder: string): Promise<Filters> {
  const path = join(folder, "filters.json"), filters = { ...DEFAULT_FILTERS };
  if (!(await exists(path))) return filters;
  let held: Record<string, unknown>;
  try {
    held = JSON.parse(await Deno.readTextFile(path));
  } catch {
    throw new KitError(`${path} cannot be read`, "Mend or remove it: the defaults are used then");
  }
  for (const [key, value] of Object.entries(held)) Object.assign(filters, checked(key, value));
  return filters;
}

/** Writes filters.json, where they can be read and changed by hand too. */
export async function writeFilters(folder: string, filters: Filters): Promise<void> {
  await writeJson(join(folder, "filters.json"), filters);
}
