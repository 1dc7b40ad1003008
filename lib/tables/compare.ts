// What a notebook shows of the paper's tables: the stored ones, and a training of its own beside them.
import { basename, dirname, join } from "node:path";
import { evaluateSystems } from "../tasks/evaluate.ts";
import { readRows, writeRows } from "../evaluation/scoring/score_folder.ts";
import type { ScoreRow } from "../evaluation/scoring/score_row.ts";
import { experimentName, openExperiment } from "../notebooks/experiment.ts";
import { exists, fileHash } from "../base/files.ts";
import { EMBEDDED, hasTables, openTables, tablesFolder, type TablesReport } from "./stored.ts";
import { rowsPath } from "../training/stored_run.ts";
import { bestPath } from "../training/run.ts";

/**
 * The stored tables of what the environment asks for (KIT_PRESET, KIT_DATA), or those of the embedded corpus where it has
 * none: `note` says which. Nothing is drawn or trained. Throws KitError as `openTables` does.
 */
export async function storedTables(
  env: Record<string, string> = Deno.env.toObject(),
): Promise<TablesReport & { note: string }> {
  const { KIT_PRESET: preset = "small", KIT_DATA: data } = env;
  const name = experimentName({ data: data || undefined, preset });
  const isThere = await hasTables(tablesFolder(name));
  const report = await openTables(tablesFolder(isThere ? name : EMBEDDED));
  const { data: what, seeds } = report.tables;
  const held = `Stored tables: ${what}, preset ${report.tables.preset}, seeds ${seeds.join(", ")}.`;
  return {
    ...report,
    note: isThere ? held : `${held} There are none of ${name}: \`deno task tables\` makes them.`,
  };
}

/** Scores that are put beside stored rows, and what is to be said of them. */
interface FreshScores {
  /** Empty where they do not compare; `note` says why. */
  rows: ScoreRow[];
  note: string;
}

const nothing = (why: string): FreshScores => ({
  rows: [],
  note: `Nothing is put beside the stored rows: ${why}.`,
});

/** The scores that are kept with a stored training, where the tables' judge gave them. */
async function storedScores(path: string, tables: TablesReport["tables"]): Promise<FreshScores> {
  const rows = await exists(path) ? readRows(path) : [];
  if (rows.length === 0) return nothing("no scores are stored with the training");
  if (rows.some(({ judge_version }) => judge_version !== tables.setup.judge_version)) {
    return nothing("another judge scored the stored training");
  }
  return { rows, note: `Trained when all notebooks last ran: ${rows.length} rows by the same judge.` };
}

/**
 * Scores the generator that this experiment trained by the judge of stored tables, on the same pairs, and keeps the rows
 * beside it; with KIT_STORED they are taken from there. Throws KitError as `evaluateSystems` does.
 */
export async function scoreFresh(
  { tables, folder }: Pick<TablesReport, "tables" | "folder">,
  env: Record<string, string> = Deno.env.toObject(),
): Promise<FreshScores> {
  const { data, preset, generator, prepared } = await openExperiment({ env });
  if (tables.data !== data || tables.preset !== preset) {
    return nothing(
      `they are of ${tables.data}, preset ${tables.preset}; this run is of ${data}, ${preset}`,
    );
  }
  const judge = join(folder, "judge"), best = bestPath(generator), kept = rowsPath(generator, "scores");
  if (!await exists(bestPath(judge))) return nothing("their judge is not kept with them");
  if (!await exists(best)) return nothing("no generator is trained yet, which notebook 5 does");
  if (env.KIT_STORED) return await storedScores(kept, tables);
  const out = join(dirname(generator), `scores-${await fileHash(best)}`);
  const { rows } = await evaluateSystems(prepared, { runs: [generator], out, judge, clips: tables.clips });
  await writeRows(kept, rows.map((row) => ({ ...row, run: row.run && basename(row.run) })));
  return { rows, note: `Trained now: ${rows.length} rows by the same judge on the same pairs.` };
}
