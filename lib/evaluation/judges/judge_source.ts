import { type ClipJudge, openRunJudge } from "./clip_judge.ts";
import { fileHash } from "../scoring/evaluated_system.ts";
import { FACE_FEATURES, type FeatureNetwork } from "./feature_network.ts";
import { openInception, openSyncnet } from "./published_networks.ts";
import type { SyncnetProtocol } from "./syncnet_inputs.ts";
import { syncnetJudge } from "./syncnet_judge.ts";

/** Where the judge's weights are: a run of the kit, or SyncNet as `deno task import` writes it. */
export type JudgeSource =
  | { kind: "run"; run: string }
  | { kind: "syncnet"; file: string; protocol: SyncnetProtocol; width?: number };

/** Where the feature network's are: it ships with the kit, or is Inception as `deno task import` writes it. */
export type FeatureSource = { kind: "face" } | { kind: "inception"; file: string; width?: number };

/** What every scoring process is told once. */
export interface ScoringTools {
  judge: JudgeSource;
  features: FeatureSource;
}

/** Opens a judge for a prepared folder. Throws KitError when it is absent, of another shape or untrained. */
export async function openClipJudge(source: JudgeSource, folder: string): Promise<ClipJudge> {
  if (source.kind === "run") return await openRunJudge(source.run);
  const { file, protocol, width } = source;
  const version = await fileHash(file);
  return syncnetJudge(await openSyncnet(file, { width }), { version, protocol, folder });
}

/** Opens a feature network. Throws KitError when it is absent or of another shape. */
export async function openFeatures(source: FeatureSource): Promise<FeatureNetwork> {
  return source.kind === "face" ? FACE_FEATURES : await openInception(source.file, source);
}
