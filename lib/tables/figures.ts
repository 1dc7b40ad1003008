// What systems draw, side by side: the images that go with the paper's tables.
import { join } from "node:path";
import { planPairs } from "../evaluation/scoring/evaluation_plan.ts";
import { writeSideBySide } from "../figures/side_by_side.ts";
import { type NamedRun, systemSheet } from "../figures/system_sheet.ts";
import { writeAtomic } from "../base/files.ts";

/** Enough clips for ten seconds. */
const FILMED = 4;

/**
 * Writes `sheet.png`, the same frames of one dubbed video by every system, and `side-by-side.mp4`, ten seconds of them
 * with sound, into a folder. Throws KitError when a system cannot be loaded or the folder is not writable.
 */
export async function writeTableImages(
  prepared: string,
  { folder, runs, clips, caption }: {
    folder: string;
    runs: NamedRun[];
    /** So many pairs were scored; the first of them are shown. */
    clips?: number;
    caption: string;
  },
): Promise<void> {
  const { cross } = await planPairs(prepared, { clips });
  const sheet = await systemSheet(prepared, { pair: cross[0], runs, caption, scale: 1.4 });
  await writeAtomic(join(folder, "sheet.png"), sheet);
  await writeSideBySide(join(folder, "side-by-side.mp4"), prepared, { pairs: cross.slice(0, FILMED), runs });
}
