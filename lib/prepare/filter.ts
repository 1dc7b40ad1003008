import {
  countReasons,
  decide,
  DEFAULT_FILTERS,
  type Filters,
  readFilters,
  setFilters,
  writeFilters,
} from "./filters.ts";
import { readManifest, writeManifest } from "../dataset/manifest.ts";

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
  const filters = setFilters(reset ? { ...DEFAULT_FILTERS } : await readFilters(folder), settings);
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
