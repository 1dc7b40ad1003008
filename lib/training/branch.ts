import { join } from "node:path";
import { KitError } from "../errors.ts";
import { exists, makeFolder, writeAtomic, writing } from "../files.ts";
import type { Config } from "./config.ts";
import { bestPath, lastPath, readRun } from "./run.ts";

/**
 * Starts a run from the last checkpoint of another one under another configuration: two branches of one training
 * differ in that alone. Copies checkpoints and log; a run that is there already stays as it is.
 * Throws KitError when `from` holds no checkpoint or the folder cannot be written.
 */
export async function branchRun(from: string, to: string, config: Config): Promise<void> {
  if (await exists(join(to, "run.json"))) return;
  const run = await readRun(from);
  if (!await exists(lastPath(from))) {
    throw new KitError(`${from} has no checkpoint to go on from`, "Train it to its first evaluation");
  }
  await makeFolder(to);
  for (const path of [lastPath(from), bestPath(from), join(from, "log.parquet")]) {
    if (!await exists(path)) continue;
    const copy = join(to, path.slice(join(from, "/").length));
    await writing(copy, () => Deno.copyFile(path, copy));
  }
  // Last, so that a folder with run.json is whole.
  await writeAtomic(join(to, "run.json"), JSON.stringify({ ...run, config }, null, 2) + "\n");
}
