import { join } from "node:path";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { initSyncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { saveCheckpoint } from "../../lib/training/checkpoint.ts";
import { tiny } from "../../lib/training/config.ts";
import { openLog } from "../../lib/training/log.ts";
import { bestPath, openRun } from "../../lib/training/run.ts";

/** Makes a run folder with a thin generator that was trained for no step, and one row of a log. */
export async function makeTinyGenerator(folder: string): Promise<string> {
  const run = join(folder, "tiny generator");
  await openRun(run, { kind: "generator", config: tiny, data: { name: "drawn", clips: 0 } }, {
    resume: false,
  });
  const generator = initGenerator(tiny.generator, 7);
  const discriminator = initSyncDiscriminator(tiny.discriminator, 7);
  await saveCheckpoint(bestPath(run), { groups: { generator, discriminator }, state: { step: 0 } });
  disposeParams(generator);
  disposeParams(discriminator);
  const log = await openLog(run);
  log.append({ step: 1, "train/l1": 0.1, "train/e_sync": 0.7, "val/l1": 0.1, "val/mouth_l1": 0.1 });
  await log.flush();
  return run;
}
