import { random } from "../base/random.ts";
import type { BatchRequest } from "../dataset/batch_stream.ts";
import { sampleSyncBatch } from "../dataset/batches.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { describeSyncDiscriminator, syncDiscriminator } from "../models/sync_discriminator.ts";
import { initialize, type Params } from "../nn/params.ts";
import { Progress } from "../base/progress.ts";
import { tf } from "../native/tf.ts";
import type { Config } from "./config.ts";
import { logged } from "./log.ts";
import { checkOneBatch } from "./one_batch.ts";
import { endInterruptedCell, openTraining, type TrainOptions, type TrainResult } from "./open_training.ts";
import { type HeldOutLook, plateauNotice } from "./plateau.ts";
import { pretrainStep, syncTensors } from "./pretrain_step.ts";
import { recalibrate, statisticsPass } from "./recalibrate.ts";
import { storedEnd } from "./stored_run.ts";
import { syncAccuracy } from "./sync_accuracy.ts";
import { averaged, beginTraining, evaluated } from "./training_step.ts";

/** Frames between a held-out window and the sound of its off-sync pairs, at least. */
const HELD_OUT_SHIFT = 5;
/** Clips that an evaluation scores. */
const HELD_OUT_CLIPS = 20;

/** Pairs without end. */
export function* pretrainRequests({ pretrain }: Config): Generator<BatchRequest> {
  const { sampling, clips, windows, minShift, voicedOnly, augment: augmentation } = pretrain;
  const options = { sampling, clips, windows, minShift, voicedOnly, augmentation };
  for (;;) yield { kind: "sync", options };
}

const pass = statisticsPass(syncDiscriminator);

/** A discriminator with batch norm statistics of pairs of the training split. */
function recalibrated(
  params: Params,
  { dataset, config }: { dataset: Dataset; config: Config },
): Promise<Params> {
  const numbers = random(config.seed);
  const sample = async () => syncTensors(await sampleSyncBatch(dataset, numbers, config.pretrain));
  return recalibrate(params, { pass, sample });
}

/**
 * Pretrains the sync discriminator on the training split of a prepared folder until its steps are done or
 * its held-out loss has not improved for `patience` evaluations. Checkpoints at each evaluation; the best one
 * is kept apart, with recalibrated batch norm.
 * Throws KitError for a folder that cannot be trained on or a run that cannot be gone on with.
 */
export async function pretrain(prepared: string, options: TrainOptions): Promise<TrainResult> {
  const stored = await storedEnd(options);
  if (stored) return stored;
  const { run } = options, { voicedOnly } = options.config.pretrain;
  const heldOutPairs = { minShift: HELD_OUT_SHIFT, voicedOnly };
  using training = await openTraining(
    prepared,
    { kind: "discriminator", config: options.config, heldOutPairs, requests: pretrainRequests },
    options,
  );
  const { config, batches, log } = training, { steps, evaluateEvery, patience } = config.pretrain;
  const specs = describeSyncDiscriminator(config.discriminator).specs;
  let network = training.network("discriminator", specs) ?? beginTraining(initialize(specs, config.seed));
  if (config.pretrain.average > 0) network = averaged(network);
  let { step = 0, best = Infinity, bestStep = 0 } = training.state ?? {};
  const take = pretrainStep(config, options);

  if (options.check && step === 0) {
    const batch = syncTensors(await sampleSyncBatch(training.dataset, random(config.seed), config.pretrain));
    try {
      console.error(checkOneBatch(network.params, { batch, pretrain: config.pretrain, ...options }));
    } finally {
      tf.dispose(batch);
    }
  }

  const evaluate = async () => {
    const dataShare = training.dataShare();
    const discriminator = await recalibrated(evaluated(network), training);
    const held = await syncAccuracy(training.heldOut, discriminator, {
      clips: HELD_OUT_CLIPS,
      minShift: HELD_OUT_SHIFT,
      voicedOnly: config.pretrain.voicedOnly,
    });
    const { loss, inSync, offSync, auc } = held;
    await training.check({ "held-out loss": loss }, { step });
    log.append({
      step,
      ...logged("val", { loss, in_sync: inSync, off_sync: offSync, auc }),
      "time/data_share": dataShare,
    });
    if (loss < best) {
      [best, bestStep] = [loss, step];
      await training.saveBest({ discriminator }, { step, loss, auc });
    }
    tf.dispose(discriminator);
    await save();
    return { ...held, dataShare };
  };
  const save = () => training.save({ discriminator: network }, { step, best, bestStep });
  const end = async (): Promise<TrainResult["ended"] | undefined> => {
    if (step >= steps) return "steps";
    if ((step - bestStep) / evaluateEvery >= patience) return "patience";
    return await training.interrupted() ? "interrupted" : undefined;
  };

  using progress = new Progress("pretraining", steps, { unit: "steps", start: step });
  const looks: HeldOutLook[] = [];
  let recent = 0, note = "", told = false, ended: TrainResult["ended"] | undefined;
  while (!(ended = await end())) {
    const { network: next, loss, rate, ...measured } = take(network, await batches.sync(), step);
    const { inSync, offSync, gradientNorm } = measured;
    network = next;
    step++;
    await training.check({ loss }, { step, rate: "pretrain.learningRate" });
    log.append({
      step,
      ...logged("train", { loss, in_sync: inSync, off_sync: offSync, gradient_norm: gradientNorm, rate }),
    });
    recent = recent === 0 ? loss : 0.95 * recent + 0.05 * loss;
    progress.update(
      step,
      `loss ${recent.toFixed(3)}, right in sync ${inSync.toFixed(2)} off ${offSync.toFixed(2)}${note}`,
    );
    options.onStep?.(step);
    if (step % evaluateEvery === 0 || step === steps) {
      const held = await evaluate();
      note = `, held-out loss ${held.loss.toFixed(3)} AUC ${held.auc.toFixed(3)}` +
        `, ${Math.round(100 * held.dataShare)} % of the time waiting for data`;
      looks.push({ step, ...held });
      const notice: string | undefined = told ? undefined : plateauNotice(looks, config.pretrain);
      if (notice) console.error(notice);
      told ||= notice !== undefined;
    }
  }
  if (ended === "interrupted") await save();
  tf.dispose(network);
  if (ended === "interrupted") endInterruptedCell(run, step);
  return { run, step, best, ended };
}
