import { KitError } from "../../base/errors.ts";
import { fileHash } from "../../base/files.ts";
import { FACE_SIZE } from "../../base/shapes.ts";
import { loadImported } from "../../models/imported.ts";
import { inception } from "../../models/inception.ts";
import { foreignNetworks } from "../../models/pytorch_names.ts";
import {
  SYNCNET_FRAMES,
  SYNCNET_MFCC,
  SYNCNET_SIZE,
  syncnetAudio,
  syncnetLip,
} from "../../models/syncnet.ts";
import { disposeParams } from "../../nn/params.ts";
import { scope } from "../../nn/scope.ts";
import type { Tensor } from "../../native/tf.ts";
import { inBatches, type PackedInput } from "../../inference/batches.ts";

import type { ClipJudge } from "./clip_judge.ts";
import { FACE_FEATURES, type FeatureNetwork } from "./face_networks.ts";
import { openRunJudge } from "./run_judge.ts";
import type { SyncnetProtocol } from "./syncnet_inputs.ts";
import { syncnetJudge, type SyncnetNetwork } from "./syncnet_judge.ts";

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

/** What the tables call these features. */
export const INCEPTION_FEATURES = "FID's Inception (official weights, 2048 numbers) of 96x96 crops";

/** Crops, or windows of 5 frames, a forward pass: each is an image of up to 299 x 299 pixels or 3 MB. */
const BATCH = 8;

/** What a network says of each item, [n] of [d], a batch at a time. */
const rowsOf = <T>(items: T[], input: PackedInput<T>, network: (batch: Tensor) => Tensor): Float32Array[] =>
  Array.from(
    inBatches(items, { size: BATCH, inputs: { input }, network: ({ input }) => ({ row: network(input) }) }),
    ({ row }) => row,
  );

/** Writes 5 frames [224, 224, 3] as one window [224, 224, 15], frame by frame along the channels. */
function writeWindow(frames: Uint8Array[], place: Float32Array): void {
  frames.forEach((frame, f) => {
    for (let from = 0, to = 3 * f; from < frame.length; from += 3, to += 3 * SYNCNET_FRAMES) {
      for (let c = 0; c < 3; c++) place[to + c] = frame[from + c];
    }
  });
}

/** Imported weights of SyncNet, ready to judge; `width` other than 1 is for tests. Throws KitError as `loadImported`. */
export async function openSyncnet(
  path: string,
  { width = 1 }: { width?: number } = {},
): Promise<SyncnetNetwork> {
  const params = await loadImported(path, foreignNetworks.syncnet(width));
  const audio: PackedInput<Float32Array> = {
    shape: [...SYNCNET_MFCC, 1],
    write: (mfcc, place) => place.set(mfcc),
  };
  const lip = { shape: [SYNCNET_SIZE, SYNCNET_SIZE, 3 * SYNCNET_FRAMES], write: writeWindow };
  return {
    audio: (windows) => rowsOf(windows, audio, (mfcc) => syncnetAudio(scope(params), mfcc)),
    lip: (windows) => rowsOf(windows, lip, (frames) => syncnetLip(scope(params), frames)),
    dispose: () => disposeParams(params),
  };
}

/**
 * Imported Inception weights as the network whose features the Frechet distance compares: then it is the FID, of the
 * 96 x 96 crops. `width` other than 1 is for tests. Throws KitError as `loadImported`.
 */
export async function openInception(
  path: string,
  { width = 1 }: { width?: number } = {},
): Promise<FeatureNetwork> {
  const params = await loadImported(path, foreignNetworks.inception(width));
  const image: PackedInput<Uint8Array> = {
    shape: [FACE_SIZE, FACE_SIZE, 3],
    write: (crop, place) => crop.forEach((value, i) => place[i] = value / 255),
  };
  return {
    name: INCEPTION_FEATURES,
    features: (crops) =>
      Promise.resolve(rowsOf(crops, image, (images) => inception(scope(params), images).features)),
  };
}

/** Opens a run's discriminator as a judge; throws KitError when it was trained for no step. */
async function openTrainedJudge(run: string): Promise<ClipJudge> {
  const judge = await openRunJudge(run);
  if (judge.step > 0) return judge;
  judge.dispose();
  throw new KitError(`The judge ${run} was trained for no step`, "Train it with `deno task pretrain`");
}

/** Opens a judge for a prepared folder. Throws KitError when it is absent, of another shape or untrained. */
export async function openClipJudge(source: JudgeSource, folder: string): Promise<ClipJudge> {
  if (source.kind === "run") return await openTrainedJudge(source.run);
  const { file, protocol, width } = source;
  const version = await fileHash(file);
  return syncnetJudge(await openSyncnet(file, { width }), { version, protocol, folder });
}

/** Opens a feature network. Throws KitError when it is absent or of another shape. */
export async function openFeatures(source: FeatureSource): Promise<FeatureNetwork> {
  return source.kind === "face" ? FACE_FEATURES : await openInception(source.file, source);
}
