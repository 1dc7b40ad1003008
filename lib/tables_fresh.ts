// What a notebook shows of the paper's tables: the stored ones, and a training of its own beside them.
import { dirname, join } from "node:path";
import { evaluateSystems } from "./evaluate.ts";
import { fileHash } from "./evaluation/evaluated_system.ts";
import type { ScoreRow } from "./evaluation/score_row.ts";
import { openExperiment } from "./experiment.ts";
import { exists } from "./files.ts";
import { openTables, type TablesReport } from "./tables.ts";
import { EMBEDDED, hasTables, tablesFolder, tablesName } from "./tables_plan.ts";
import { bestPath } from "./training/run.ts";

/**
 * The stored tables of what the environment asks for (KIT_PRESET, KIT_DATA), or those of the embedded corpus where it has
 * none: `note` says which. Nothing is drawn or trained. Throws KitError as `openTables` does.
 */
export async function storedTables(
  env: Record<string, string> = Deno.env.toObject(),
): Promise<TablesReport & { note: string }> {
  const { KIT_PRESET: preset = "small", KIT_DATA: data } = env;
  const name = tablesName({ data: data || undefined, preset }), isThere = await hasTables(name);
  const report = await openTables(tablesFolder(isThere ? name : EMBEDDED));
  const { data: what, seeds } = report.tables;
  const held = `Stored tables: ${what}, preset ${report.tables.preset}, seeds ${seeds.join(", ")}.`;
  return {
    ...report,
    note: isThere ? held : `${held} There are none of ${name}: \`deno task tables\` makes them.`,
  };
}

/**
 * Scores the generator that this experiment trained by the judge of stored tables, on the same pairs; `rows` is empty
 * where they do not compare, and `note` says why. Throws KitError as `evaluateSystems` does.
 */
export async function scoreFresh(
  { tables, folder }: Pick<TablesReport, "tables" | "folder">,
  env: Record<string, string> = Deno.env.toObject(),
): Promise<{ rows: ScoreRow[]; note: string }> {
  const not = (note: string) => ({ rows: [], note: `Nothing is put beside the stored rows: ${note}.` });
  if (env.KIT_STORED) return not("this run trains nothing");
  const experiment = await openExperiment({ env });
  if (tables.data !== experiment.data || tables.preset !== experiment.preset) {
    return not(
      `they are of ${tables.data}, preset ${tables.preset}; this run is of ${experiment.data}, ${experiment.preset}`,
    );
  }
  const judge = join(folder, "judge"), best = bestPath(experiment.generator);
  if (!await exists(bestPath(judge))) return not("their judge is not kept with them");
  if (!await exists(best)) return not("no generator is trained yet, which notebook 5 does");
  const out = join(dirname(experiment.generator), `scores-${await fileHash(best)}`);
  const { rows } = await evaluateSystems(experiment.prepared, {
    ...{ runs: [experiment.generator], out, judge, clips: tables.clips },
  });
  return { rows, note: `Trained now: ${rows.length} rows by the same judge on the same pairs.` };
}
