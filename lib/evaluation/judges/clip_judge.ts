import type { Clip } from "../../dataset/dataset.ts";
import { disposeParams } from "../../nn/params.ts";
import { bestPath, loadDiscriminator, readRun } from "../../training/run.ts";
import { type SyncAccuracy, syncAccuracy } from "../../training/sync_accuracy.ts";
import type { Dataset } from "../../dataset/dataset.ts";
import { KitError } from "../../base/errors.ts";
import { fileHash } from "../scoring/evaluated_system.ts";
import { judgeClip, openJudge } from "./judge.ts";
import type { LipSyncError } from "../metrics/lse.ts";
import { withAudio, withFaces } from "../../inference/generate.ts";

/** What a judge looks at and hears. */
export interface JudgedVideo {
  /** The clip whose video it is. */
  clip: Clip;
  /** The clip whose sound is heard; the same one for a video with its own sound. */
  audio: Clip;
  /** Redrawn crops in place of the video's, [frames] of [96, 96, 3]; the real ones when absent. */
  faces?: Uint8Array[];
}

/** A judge of prepared clips under a named procedure. */
export interface ClipJudge {
  name: string;
  /** A hash of its weights. */
  version: string;
  /** Name of its procedure: scores of two procedures do not compare. */
  protocol: string;
  /** Whether it is the published SyncNet. */
  official: boolean;
  score(video: JudgedVideo): Promise<LipSyncError> | LipSyncError;
  /** Frees its network. */
  dispose(): void;
}

/** The video as one clip: with the redrawn faces and the sound, cut to what all have. */
export function videoOf({ clip, audio, faces }: JudgedVideo): Clip {
  const seen = faces ? withFaces(clip, faces) : clip;
  return audio === clip && seen.frames === clip.frames ? seen : withAudio(seen, audio);
}

/** The name of the kit's own procedure, in tables. */
export const KIT_PROTOCOL = "kit: lower half faces 96x48, mel, unit embeddings";

/** Opens a run's discriminator as a judge of clips. Throws KitError when it is absent, of another shape or untrained. */
export async function openRunJudge(run: string): Promise<ClipJudge> {
  const judge = await openJudge(run);
  if (judge.step < 1) {
    judge.dispose();
    throw new KitError(`The judge ${run} was trained for no step`, "Train it with `deno task pretrain`");
  }
  return {
    name: judge.name,
    version: await fileHash(bestPath(run)),
    protocol: KIT_PROTOCOL,
    official: false,
    score: (video) => judgeClip(judge, videoOf(video)),
    dispose: judge.dispose,
  };
}

/** What stands beside every table of a judge that the kit has trained. */
export interface JudgeRecord {
  /** Steps of its training, and the prepared folder's name. */
  step: number;
  data: string;
  seed: number;
  accuracy: SyncAccuracy;
}

/** How well a run's discriminator tells sync on clips that it has not seen. Throws KitError as `syncAccuracy` does. */
export async function judgeRecord(run: string, dataset: Dataset): Promise<JudgeRecord> {
  const { config, data } = await readRun(run);
  const { params, step } = await loadDiscriminator(run);
  try {
    const accuracy = await syncAccuracy(dataset, params);
    return { step, data: data.name, seed: config.seed, accuracy };
  } finally {
    disposeParams(params);
  }
}
