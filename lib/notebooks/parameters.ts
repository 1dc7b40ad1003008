// What notebooks are told by the environment: see `openExperiment`.
import { join, resolve } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { FIGURES } from "../base/root.ts";

export interface NotebookOptions {
  /** A prepared folder; the embedded corpus when not given. */
  data?: string;
  preset?: string;
  /** Trains nothing: figures and tables are made again from the stored runs and rows. */
  stored?: boolean;
  /** Where figures go. */
  figures?: string;
}

/**
 * The environment for notebooks. What is stored is that of `figures`; with `keptIn` that of another folder of figures.
 * Throws KitError when the data are no prepared folder.
 */
export async function parametersOf(
  { data, preset = "small", stored = false, figures = FIGURES }: NotebookOptions,
  { keptIn }: { keptIn?: string } = {},
): Promise<Record<string, string>> {
  if (data !== undefined && !(await exists(join(data, "prepared.json")))) {
    throw new KitError(
      `${data} is not a prepared folder`,
      "Make one with `deno task prepare <videos> <out>`",
    );
  }
  const env: Record<string, string> = { KIT_PRESET: preset, KIT_FIGURES: resolve(figures) };
  if (data !== undefined) env.KIT_DATA = resolve(data);
  if (stored) env.KIT_STORED = keptIn === undefined ? "1" : join(keptIn, "stored");
  return env;
}
