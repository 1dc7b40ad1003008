import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { type Clips, openClips } from "./clips.ts";
import { type ManifestRow, readSelected, type Split } from "./manifest.ts";
import { openPreparedClip, type PreparedClip, type WholeClip } from "./prepared_clip.ts";

/** A prepared clip in memory, and what the manifest says of it. */
export interface Clip extends WholeClip {
  row: ManifestRow;
}

/** The clips of one split: whole ones for evaluation and figures, windows of them for batches. */
export interface Dataset extends Clips {
  rows: ManifestRow[];
  clip(index: number): Promise<Clip>;
}

/** Reads one prepared clip, its offset taken out. Throws KitError when its file is damaged. */
export async function loadClip(folder: string, row: ManifestRow): Promise<Clip> {
  return { row, ...await (await openPreparedClip(join(folder, row.path), row)).whole() };
}

/**
 * Opens one split of a prepared folder, less what its filters leave out. Clips are read when they are asked for and the
 * least recently used ones are dropped above `cacheMegabytes`. Throws KitError when the split is empty.
 */
export async function openDataset(
  folder: string,
  split: Split | "all",
  options: { cacheMegabytes?: number } = {},
): Promise<Dataset> {
  const rows = (await readSelected(folder)).filter((row) => split === "all" || row.split === split);
  if (rows.length === 0) {
    throw new KitError(
      `${folder} has no clip in its ${split} split that its filters keep`,
      "Prepare more clips, give other shares with `prepare --split`, or other filters with `deno task filter`",
    );
  }
  const clips = openClips(folder, rows.map(({ path, offset }) => ({ path, offset })), options);
  const wholes = new WeakMap<PreparedClip, Clip>(); // one for each clip in memory
  return {
    ...clips,
    rows,
    async clip(index) {
      const clip = await clips.open(index);
      const whole = wholes.get(clip) ?? { row: rows[index], ...await clip.whole() };
      wholes.set(clip, whole);
      return whole;
    },
  };
}
