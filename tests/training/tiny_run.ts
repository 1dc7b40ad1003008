import { join } from "node:path";
import { initSyncDiscriminator, type SyncDiscriminatorConfig } from "../../lib/models/sync_discriminator.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { saveCheckpoint } from "../../lib/training/checkpoint.ts";
import { tiny } from "../../lib/training/config.ts";
import { bestPath, openRun } from "../../lib/training/run.ts";

/** Makes a run folder with a thin discriminator that was trained for no step: it judges, but knows nothing. */
export async function makeTinyRun(
  folder: string,
  { lstm = "front", cbam = true }: Partial<SyncDiscriminatorConfig> = {},
): Promise<string> {
  const name = ["tiny run", ...(cbam ? [] : ["without CBAM"]), ...(lstm === "front" ? [] : ["without LSTM"])];
  const run = join(folder, name.join(" "));
  const config = { ...tiny, discriminator: { ...tiny.discriminator, lstm, cbam } };
  await openRun(run, { kind: "discriminator", config, data: { name: "drawn", clips: 0 } }, { resume: false });
  const discriminator = initSyncDiscriminator(config.discriminator, 7);
  await saveCheckpoint(bestPath(run), { groups: { discriminator }, state: { step: 0 } });
  disposeParams(discriminator);
  return run;
}
