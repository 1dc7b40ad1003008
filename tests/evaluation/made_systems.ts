import { join } from "node:path";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { saveCheckpoint } from "../../lib/training/checkpoint.ts";
import { ablations, tiny } from "../../lib/training/config.ts";
import { bestPath, openRun } from "../../lib/training/run.ts";

/** Makes the run folder of a thin generator that was trained for no step, as a variant of Table 1. */
export async function makeSystem(
  folder: string,
  { variant = "Ours", seed = 1 }: { variant?: string; seed?: number } = {},
): Promise<string> {
  const run = join(folder, `${variant.replaceAll("/", "")} ${seed}`);
  const config = { ...tiny, seed, discriminator: { ...tiny.discriminator, ...ablations[variant] } };
  await openRun(run, { kind: "generator", config, data: { name: "made", clips: 2 } }, { resume: false });
  const generator = initGenerator(config.generator, seed);
  await saveCheckpoint(bestPath(run), { groups: { generator }, state: { step: 1 } });
  disposeParams(generator);
  return run;
}
