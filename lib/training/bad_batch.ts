// What is kept of a step after which a training cannot go on: its batches, to be looked at.
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import type { TakenBatch } from "../dataset/batch_stream.ts";
import type { GeneratorBatch, SyncBatch } from "../dataset/batches.ts";
import type { Named } from "../native/compile.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { entriesOf } from "./checkpoint.ts";
import { generatorTensors } from "./gan_steps.ts";
import { syncTensors } from "./pretrain_step.ts";

/** Where a run keeps the batches of a step that it could not go on after. */
export const badBatchPath = (run: string): string => join(run, "bad-batch.safetensors");

type Groups = Record<string, Record<string, Tensor>>;

const tensorsOf = ({ kind, batch }: TakenBatch): Named =>
  kind === "sync" ? syncTensors(batch as SyncBatch) : generatorTensors(batch as GeneratorBatch);

/**
 * Writes the batches of a step as `<kind>/<tensor>`; its metadata say the step, and of each batch the clips it came from,
 * what was asked for, and the random state with which it can be sampled again.
 */
async function writeBatches(
  path: string,
  { step, groups, taken }: { step: number; groups: Groups; taken: TakenBatch[] },
): Promise<void> {
  const batches = taken.map(({ kind, clips, options, before }) => ({ kind, clips, options, random: before }));
  await writeSafetensors(path, entriesOf(groups), { step: String(step), batches: JSON.stringify(batches) });
}

/** What a training has just done. */
export interface StepTaken {
  run: string;
  step: number;
  /** The setting whose lowering may help. */
  rate: string;
  /** Its batches. */
  taken: TakenBatch[];
}

/**
 * Ends a training that learns nothing from there on: `what` says why, such as "The loss of step 7 is NaN".
 * Always throws a KitError, after the batches of the step were written beside the run.
 */
export async function refuseStep(what: string, { run, step, rate, taken }: StepTaken): Promise<never> {
  const path = badBatchPath(run);
  const groups: Groups = Object.fromEntries(taken.map((batch) => [batch.kind, tensorsOf(batch)]));
  await writeBatches(path, { step, groups, taken });
  const where = notFiniteIn(groups), clips = taken.flatMap(({ clips }) => clips);
  tf.dispose(groups);
  const goOn = "go on from the last checkpoint with --resume";
  throw new KitError(
    `${what} (its batch is in ${path})`,
    where
      ? `Its ${where} is not finite itself: prepare its clips again (${clips.join(", ")}), then ${goOn}`
      : `Lower the rate and ${goOn} --set ${rate}=...`,
  );
}

/** The first tensor of some groups that has an element which is not finite, by its path; undefined when none has. */
export function notFiniteIn(groups: Groups): string | undefined {
  const finite = (tensor: Tensor) => tf.tidy(() => tf.all(tf.isFinite(tensor)).dataSync()[0] === 1);
  for (const [group, tensors] of Object.entries(groups)) {
    for (const [name, tensor] of Object.entries(tensors)) if (!finite(tensor)) return `${group}/${name}`;
  }
}
