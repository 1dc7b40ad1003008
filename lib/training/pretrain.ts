import { basename } from "node:path";
import { type BatchRequest, streamBatches } from "../dataset/batch_stream.ts";
import { type Dataset, openDataset } from "../dataset/dataset.ts";
import { sampleSyncBatch, type SyncBatch, type SyncBatchOptions } from "../dataset/batches.ts";
import { holdFolder } from "../base/files.ts";
import {
  describeSyncDiscriminator,
  initSyncDiscriminator,
  syncDiscriminator,
} from "../models/sync_discriminator.ts";
import { compile, type Named, valueAndGradients } from "../native/compile.ts";
import { adamInit, type AdamState, adamStep } from "../nn/adam.ts";
import { type Params, trainable } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { Progress } from "../base/progress.ts";
import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { type Random, random } from "../base/random.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { checkParams, flattenAdam, saveCheckpoint, unflattenAdam } from "./checkpoint.ts";
import type { Config } from "./config.ts";
import { openLog } from "./log.ts";
import { binaryCrossEntropy, checkLoss, syncProbability } from "./losses.ts";
import { recalibrate } from "./recalibrate.ts";
import { storedEnd } from "./stored_run.ts";
import { bestPath, lastPath, openRun, type TrainingEnd } from "./run.ts";
import { syncAccuracy } from "./sync_accuracy.ts";

/** Forward passes that set batch norm's statistics before an evaluation. */
export const RECALIBRATION_PASSES = 20;
/** Frames between a held-out window and the sound of its off-sync pairs, at least. */
const HELD_OUT_SHIFT = 5;
/** Batches that are drawn while steps are computed. */
export const AHEAD = 2;
/** A loss this near ln 2 says that nothing has been learnt. */
const PLATEAU = 0.68;

export interface TrainOptions {
  run: string;
  config: Config;
  /** Steps in place of the configuration's. */
  steps?: number;
  /** Settings changed when a run is resumed, such as `gan.learningRate=3e-4`; the run folder keeps them. */
  settings?: string[];
  /** Go on with the run in the folder. */
  resume?: boolean;
  /** Hears of every step that is done. */
  onStep?: (step: number) => void;
  /** Run steps as one TensorFlow function (the default) or operation by operation. */
  compiled?: boolean;
}

export interface TrainResult extends TrainingEnd {
  run: string;
}

/** A batch as tensors: mel [n, 80, 16, 1], faces [n, 48, 96, 15], labels [n]. */
export const syncTensors = ({ mel, faces, labels, size }: SyncBatch): Named => ({
  mel: tf.tensor4d(mel, [size, MEL_BANDS, MEL_WINDOW, 1]),
  faces: tf.tensor4d(faces, [size, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
  labels: tf.tensor1d(labels),
});

/** One step of pretraining: binary cross entropy on the cosine, gradients, Adam. */
export function pretrainStep(
  { params, state, batch }: { params: Params; state: AdamState; batch: Named },
  learningRate: Tensor,
): { params: Params; state: AdamState; loss: Tensor; probability: Tensor } {
  const { loss, gradients, aux } = valueAndGradients((trained) => {
    const { audio, video, statistics } = syncDiscriminator(
      scope({ ...params, ...trained }, { training: true }),
      { mel: batch.mel, faces: batch.faces },
    );
    const probability = syncProbability({ audio, video });
    return { loss: binaryCrossEntropy(probability, batch.labels), aux: { statistics, probability } };
  }, trainable(params));
  const next = adamStep({ params, gradients, state }, learningRate);
  return {
    params: { ...next.params, ...aux.statistics },
    state: next.state,
    loss,
    probability: aux.probability,
  };
}

/** Pairs without end. */
function* pairs(options: SyncBatchOptions): Generator<BatchRequest> {
  for (;;) yield { kind: "sync", options };
}

/** Shares of pairs called rightly in a batch, in-sync and off-sync apart. */
function accuracies(probability: ArrayLike<number>, labels: ArrayLike<number>) {
  const right = [0, 0], count = [0, 0];
  for (let k = 0; k < labels.length; k++) {
    const label = labels[k] > 0.5 ? 1 : 0;
    count[label]++;
    if ((probability[k] > 0.5) === (label === 1)) right[label]++;
  }
  return { inSync: right[1] / count[1], offSync: right[0] / count[0] };
}

/** Moving statistics after one more batch; compiled once for all recalibrations of a process. */
const statisticsAfter = compile((all: Named, { mel, faces }: Named) =>
  syncDiscriminator(scope(all, { training: true }), { mel, faces }).statistics
);

/** Recalibrates a discriminator on training data. */
export async function recalibrateDiscriminator(
  params: Params,
  { dataset, draw: rng, config }: { dataset: Dataset; draw: Random; config: Config },
): Promise<Params> {
  const { batch: size, minShift, voicedOnly } = config.pretrain;
  async function* batches() {
    for (let k = 0; k < RECALIBRATION_PASSES; k++) {
      yield syncTensors(await sampleSyncBatch(dataset, rng, { size, minShift, voicedOnly }));
    }
  }
  return await recalibrate(params, statisticsAfter, batches());
}

/**
 * Pretrains the sync discriminator on the training split of a prepared folder until its steps are done or
 * its held-out loss has not improved for `patience` evaluations. Checkpoints at each evaluation; the best one
 * is kept apart, with recalibrated batch norm.
 * Throws KitError for a folder that cannot be trained on or a run that cannot be gone on with.
 */
export async function pretrain(prepared: string, options: TrainOptions): Promise<TrainResult> {
  const kept = await storedEnd(options);
  if (kept) return { run: options.run, ...kept };
  const dataset = await openDataset(prepared, "train");
  const heldOut = await openDataset(prepared, "val");
  if (!options.resume) {
    // Held-out clips that cannot be scored are named now, not at the first evaluation.
    const { voicedOnly } = options.config.pretrain;
    await sampleSyncBatch(heldOut, random(1), { size: 1, minShift: HELD_OUT_SHIFT, voicedOnly });
  }
  using _held = await holdFolder(options.run);
  const { config, checkpoint } = await openRun(
    options.run,
    {
      kind: "discriminator",
      config: options.config,
      data: { name: basename(prepared), clips: dataset.rows.length },
    },
    { resume: options.resume ?? false, steps: options.steps, settings: options.settings },
  );
  const { steps, batch: size, learningRate, minShift, voicedOnly, evaluateEvery, patience } = config.pretrain;
  let params = checkpoint
    ? checkParams(
      lastPath(options.run),
      checkpoint.groups.discriminator,
      describeSyncDiscriminator(config.discriminator).specs,
    )
    : initSyncDiscriminator(config.discriminator, config.seed);
  let state = checkpoint ? unflattenAdam(checkpoint.groups.adam) : adamInit(params);
  using batches = streamBatches(dataset, {
    state: checkpoint?.state.random ?? config.seed,
    requests: pairs({ size, minShift, voicedOnly }),
    ahead: AHEAD,
  });
  let step = checkpoint?.state.step ?? 0;
  let best = checkpoint?.state.best ?? Infinity, bestStep = checkpoint?.state.bestStep ?? 0;
  const rate = tf.scalar(learningRate);
  const log = await openLog(options.run);
  log.truncateAfter(step);
  const trained = compile(
    (p: Params, s: AdamState, batch: Named) => pretrainStep({ params: p, state: s, batch }, rate),
    { enabled: options.compiled ?? true },
  );

  const evaluate = async () => {
    const recalibrated = await recalibrateDiscriminator(params, {
      dataset,
      draw: random(config.seed),
      config,
    });
    const accuracy = await syncAccuracy(heldOut, recalibrated, {
      clips: 20,
      minShift: HELD_OUT_SHIFT,
      voicedOnly,
    });
    log.append({
      step,
      "val/loss": accuracy.loss,
      "val/in_sync": accuracy.inSync,
      "val/off_sync": accuracy.offSync,
      "val/auc": accuracy.auc,
    });
    if (accuracy.loss < best) {
      best = accuracy.loss;
      bestStep = step;
      await saveCheckpoint(bestPath(options.run), {
        groups: { discriminator: recalibrated },
        state: { step, loss: best, auc: accuracy.auc },
      });
    }
    Object.values(recalibrated).forEach((t) => t.dispose());
    // The log goes first: rows after the checkpoint's step are dropped when the run goes on, missing ones are lost.
    await log.flush();
    await saveCheckpoint(lastPath(options.run), {
      groups: { discriminator: params, adam: flattenAdam(state) },
      state: { step, random: batches.state, best, bestStep },
    });
    return accuracy;
  };

  const progress = new Progress("pretraining", steps, { unit: "steps", start: step });
  let recent = 0, note = "";
  const patient = () => (step - bestStep) / evaluateEvery < patience;
  while (step < steps && patient()) {
    const generated = await batches.sync();
    const batch = syncTensors(generated);
    const next = trained(params, state, batch);
    const loss = next.loss.dataSync()[0], probability = next.probability.dataSync();
    for (const old of [...Object.values(params), ...Object.values(flattenAdam(state))]) old.dispose();
    tf.dispose([...Object.values(batch), next.loss, next.probability]);
    ({ params, state } = next);
    step++;
    checkLoss(loss, { step, rate: "pretrain.learningRate" });
    recent = recent === 0 ? loss : 0.95 * recent + 0.05 * loss;
    const { inSync, offSync } = accuracies(probability, generated.labels);
    log.append({ step, "train/loss": loss, "train/in_sync": inSync, "train/off_sync": offSync });
    progress.update(step, `loss ${recent.toFixed(3)}${note}`);
    options.onStep?.(step);
    if (step % evaluateEvery === 0 || step === steps) {
      const held = await evaluate();
      note = `, held-out loss ${held.loss.toFixed(3)} AUC ${held.auc.toFixed(3)}` +
        (recent > PLATEAU && step > 2000 ? " (still at chance: check the data's sync)" : "");
    }
  }
  progress.stop();
  tf.dispose([rate, ...Object.values(params), ...Object.values(flattenAdam(state))]);
  return { run: options.run, step, best, ended: step < steps ? "patience" : "steps" };
}
