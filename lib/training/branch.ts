import { isDeepStrictEqual } from "node:util";
import { KitError } from "../base/errors.ts";
import { copyFile, exists } from "../base/files.ts";
import { tf } from "../native/tf.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { Config } from "./config.ts";
import { discriminatorsOf } from "./discriminators.ts";
import { logPath } from "./log.ts";
import { bestPath, isRun, lastPath, readRun, writeRun } from "./run.ts";

/** What the discriminators of a configuration are. */
const discriminators = ({ discriminator, gan }: Config) => [discriminator, discriminatorsOf(gan)];

/** The generator of a last checkpoint without its discriminators, and without the best loss, in which they count. */
async function copyGenerator(from: string, to: string): Promise<void> {
  const { groups, state: { step, random, rows } } = await loadCheckpoint(from, [
    "generator",
    "generator_adam",
  ]);
  await saveCheckpoint(to, { groups, state: { step, random, rows } });
  tf.dispose(groups as never);
}

/**
 * Starts a run from the last checkpoint of another one under another configuration: two branches of one training
 * differ in that alone. Copies checkpoints and log; a run that is there already stays as it is. Where the branch has
 * other discriminators, only the generator comes along: its training opens them, pretrained or fresh.
 * Throws KitError when `from` holds no checkpoint, the generator is of another kind, or the folder cannot be written.
 */
export async function branchRun(from: string, to: string, config: Config): Promise<void> {
  if (await isRun(to)) return;
  const run = await readRun(from);
  if (!await exists(lastPath(from))) {
    throw new KitError(`${from} has no checkpoint to go on from`, "Train it to its first evaluation");
  }
  if (!isDeepStrictEqual(run.config.generator, config.generator)) {
    throw new KitError(
      `${config.system} has another generator than ${run.config.system}, whose run ${from} is`,
      "Train it from its own start",
    );
  }
  const same = isDeepStrictEqual(discriminators(run.config), discriminators(config));
  for (const path of same ? [logPath, lastPath, bestPath] : [logPath]) {
    if (await exists(path(from))) await copyFile(path(from), path(to));
  }
  if (!same) await copyGenerator(lastPath(from), lastPath(to));
  // Last, so that a folder with run.json is whole.
  await writeRun(to, { ...run, config });
}
