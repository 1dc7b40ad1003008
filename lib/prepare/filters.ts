import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, writeJson } from "../base/files.ts";
import { type ManifestRow, readManifest, writeManifest } from "../dataset/manifest.ts";

/**
 * Which prepared clips are used: each threshold is held against one column of the manifest, which `name` calls in a
 * reason, and `bound` is where a new folder begins: only what nobody can learn from is dropped. A key's first letters say
 * which side passes. A bound of null lets everything pass, and so does a column that was not measured.
 */
const THRESHOLDS = {
  /** Seconds. */
  minSeconds: { column: "duration_s", name: "duration", bound: null },
  /** Mean size of the crop box in the video's pixels: a smaller face is enlarged to 96 pixels. */
  minFaceSize: { column: "box_size_mean", name: "face size", bound: 40 },
  /** Variance of the Laplacian of the crops. */
  minSharpness: { column: "sharpness", name: "sharpness", bound: 20 },
  /** Degrees from straight; a tenth of the measured frames may be further. */
  maxYaw: { column: "yaw_most_deg", name: "yaw", bound: 50 },
  maxPitch: { column: "pitch_most_deg", name: "pitch", bound: 50 },
  maxRoll: { column: "roll_most_deg", name: "roll", bound: 40 },
  /** dB of full scale. */
  minLoudness: { column: "sound_rms_db", name: "loudness", bound: -50 },
  /** Share of the sync windows in which somebody speaks. */
  minVoiced: { column: "voiced_share", name: "voiced share", bound: 0.1 },
  /** Shares, 0 to 1. */
  minDetectionRate: { column: "detection_rate", name: "detection rate", bound: 0.8 },
  minScore: { column: "score_mean", name: "score", bound: null },
  /** Movement of the box from frame to frame over its size. */
  maxBoxMotion: { column: "box_jitter", name: "box motion", bound: 0.1 },
  /** Standard deviation of the lips' gap over the face's height. */
  minMouthMotion: { column: "mouth_motion", name: "mouth motion", bound: 0.002 },
  /** Largest difference between two frames in a row, 0 to 1. */
  maxShotChange: { column: "shot_change_most", name: "shot change", bound: null },
  /** Confidence of the sync judge (`deno task offsets`). */
  minSyncConfidence: { column: "sync_confidence", name: "sync confidence", bound: null },
} as const;
type Threshold = keyof typeof THRESHOLDS;
const KEYS = Object.keys(THRESHOLDS) as Threshold[];

/** The bounds of a prepared folder, and what becomes of a video that is there twice: the second is dropped, or kept. */
export type Filters = Record<Threshold, number | null> & { duplicates: "drop" | "keep" };

/** What every prepared folder begins with. */
export const DEFAULT_FILTERS: Filters = {
  ...Object.fromEntries(KEYS.map((key) => [key, THRESHOLDS[key].bound])) as Record<Threshold, number | null>,
  duplicates: "drop",
};

const short = (value: number) => String(Number(value.toPrecision(3)));

/** Every reason for which the filters leave a clip out, in words; none when it is kept. */
export function reasonsAgainst(row: ManifestRow, filters: Filters): string[] {
  const reasons: string[] = [];
  for (const key of KEYS) {
    const bound = filters[key], { column, name } = THRESHOLDS[key], value = row[column];
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
    const all = Object.keys(DEFAULT_FILTERS).join(", ");
    throw new KitError(`There is no filter "${key}"`, `Filters are ${all}`);
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

/** What filtering did. */
export interface Filtered {
  clips: number;
  kept: number;
  /** Clips by the reason that leaves them out; a clip may have several. */
  reasons: { reason: string; clips: number }[];
  filters: Filters;
}

/**
 * Decides anew which clips of a prepared folder are used, by changed thresholds: filters.json and the columns `kept`
 * and `why` of the manifest are rewritten, no clip is opened. `reset` goes back to the defaults first.
 * Throws KitError for an unknown filter or a folder that is not prepared.
 */
export async function filterPrepared(
  folder: string,
  { settings = [], reset = false }: { settings?: string[]; reset?: boolean } = {},
): Promise<Filtered> {
  const filters = setFilters(reset ? DEFAULT_FILTERS : await readFilters(folder), settings);
  const rows = decide(await readManifest(folder), filters);
  await writeFilters(folder, filters);
  await writeManifest(folder, rows);
  return {
    clips: rows.length,
    kept: rows.filter(({ kept }) => kept).length,
    reasons: countReasons(rows, filters),
    filters,
  };
}
