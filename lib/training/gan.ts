import { basename } from "node:path";
import { type Draw, streamBatches } from "../data/batch_stream.ts";
import { drawSyncBatch, type GeneratorBatch, openDataset } from "../data/dataset.ts";
import { MEL_BANDS, MEL_WINDOW } from "../media/mel.ts";
import { generatorSpecs, initGenerator } from "../models/generator.ts";
import { syncDiscriminatorSpecs } from "../models/sync_discriminator.ts";
import { compile } from "../native/compile.ts";
import { adamInit, type AdamState } from "../nn/adam.ts";
import { type Params, random } from "../nn/params.ts";
import { Progress } from "../progress.ts";
import { type Tensor, tf } from "../tf.ts";
import { checkParams, flattenAdam, saveCheckpoint, unflattenAdam } from "./checkpoint.ts";
import type { Config, GanConfig } from "./config.ts";
import {
  discriminatorStep,
  frameStep,
  generatorTensors,
  recalibrateGenerator,
  windowStep,
} from "./gan_steps.ts";
import { evaluateGenerator } from "./gan_evaluation.ts";
import { openLog } from "./log.ts";
import { checkLoss } from "./losses.ts";
import { AHEAD, syncTensors, type TrainOptions, type TrainResult } from "./pretrain.ts";
import { bestPath, lastPath, loadDiscriminator, openRun } from "./run.ts";

export interface GanOptions extends TrainOptions {
  /** Run folder of the pretrained discriminator. */
  discriminator: string;
}

/** What changes from step to step. */
interface Models {
  generator: Params;
  generatorAdam: AdamState;
  discriminator: Params;
  discriminatorAdam: AdamState;
}

const allTensors = ({ generator, generatorAdam, discriminator, discriminatorAdam }: Models): Tensor[] =>
  [generator, flattenAdam(generatorAdam), discriminator, flattenAdam(discriminatorAdam)]
    .flatMap((group) => Object.values(group));

/** Puts new models in place of old ones and frees the tensors that are no longer used. */
function replaced(old: Models, next: Models): Models {
  const kept = new Set(allTensors(next));
  allTensors(old).filter((tensor) => !kept.has(tensor)).forEach((tensor) => tensor.dispose());
  return next;
}

/** What the steps from one on draw: frames or windows, and pairs where the discriminator takes its turn. */
function* drawsFrom(step: number, gan: GanConfig): Generator<Draw> {
  const { frames, poseShift, voicedOnly, minShift } = gan;
  for (;; step++) {
    const windows = step >= gan.frameSteps ? gan.windows : 0;
    yield { kind: "generator", options: { frames, windows, poseShift, voicedOnly, minShift } };
    if (windows === 0 || gan.discriminator === "frozen") continue;
    yield { kind: "sync", options: { size: 2 * windows, voicedOnly, minShift } };
  }
}

/** The steps of one training, each compiled on its first use. */
function compiledSteps(config: Config, enabled: boolean) {
  const options = { enabled };
  return {
    frame: compile(frameStep(config.gan), options),
    window: compile(windowStep(config.gan), options),
    discriminator: compile(discriminatorStep, options),
  };
}

/** A fresh generator and the pretrained discriminator. */
function freshModels(config: Config, discriminator: Params): Models {
  const generator = initGenerator(config.generator, config.seed);
  return {
    generator,
    generatorAdam: adamInit(generator),
    discriminator,
    discriminatorAdam: adamInit(discriminator),
  };
}

/** The models of a checkpoint. */
const resumedModels = (path: string, config: Config, groups: Record<string, Params>): Models => ({
  generator: checkParams(path, groups.generator, generatorSpecs(config.generator)),
  generatorAdam: unflattenAdam(groups.generator_adam),
  discriminator: checkParams(path, groups.discriminator, syncDiscriminatorSpecs(config.discriminator)),
  discriminatorAdam: unflattenAdam(groups.discriminator_adam),
});

/**
 * Trains the generator against the pretrained discriminator (eq. 1 and 6): first on single frames with L1
 * where the configuration asks for it, then on windows with L1 + E_sync, the discriminator taking its turn
 * after each generator step unless it is frozen. Checkpoints at each evaluation; the best generator is kept
 * apart, with recalibrated batch norm.
 * Throws KitError for a folder that cannot be trained on or a run that cannot be gone on with.
 */
export async function train(prepared: string, options: GanOptions): Promise<TrainResult> {
  const dataset = await openDataset(prepared, "train");
  const heldOut = await openDataset(prepared, "val");
  if (!options.resume) {
    // Held-out clips that cannot be scored are named now, not at the first evaluation.
    const { minShift, voicedOnly } = options.config.gan;
    await drawSyncBatch(heldOut, random(1), { size: 1, minShift, voicedOnly });
  }
  const pretrained = await loadDiscriminator(options.discriminator);
  // The discriminator's own configuration goes along, so that the run can be read without the other folder.
  const asked = { ...options.config, discriminator: pretrained.config.discriminator };
  const { config, checkpoint } = await openRun(
    options.run,
    { kind: "generator", config: asked, data: { name: basename(prepared), clips: dataset.rows.length } },
    { resume: options.resume ?? false, steps: options.steps, settings: options.settings },
  );
  const gan = config.gan;
  let models = checkpoint
    ? resumedModels(lastPath(options.run), config, checkpoint.groups)
    : freshModels(config, pretrained.params);
  if (checkpoint) tf.dispose(pretrained.params);
  let { step = 0, best = Infinity, syncWeight = 0 } = checkpoint?.state ?? {};
  using batches = streamBatches(dataset, {
    state: checkpoint?.state.random ?? config.seed,
    draws: drawsFrom(step, gan),
    ahead: AHEAD,
  });
  const log = await openLog(options.run);
  log.truncateAfter(step);
  const run = compiledSteps(config, options.compiled ?? true);
  const rates = {
    frame: tf.scalar(gan.learningRate),
    window: tf.scalar(gan.windowLearningRate),
    discriminator: tf.scalar(gan.discriminatorLearningRate),
  };

  const generatorTurn = (drawn: GeneratorBatch) => {
    const batch = generatorTensors(drawn);
    const weight = tf.scalar(syncWeight);
    const { generator, generatorAdam: state, discriminator } = models;
    const next = drawn.windows > 0
      ? run.window({ params: generator, state, discriminator }, batch, {
        rate: rates.window,
        syncWeight: weight,
      })
      : {
        ...run.frame({ params: generator, state }, batch, { rate: rates.frame }),
        eSync: null,
        lower: null,
      };
    models = replaced(models, { ...models, generator: next.params, generatorAdam: next.state });
    const row = { "train/l1": next.l1.dataSync()[0], "train/e_sync": next.eSync?.dataSync()[0] };
    tf.dispose([...Object.values(batch), weight, next.l1]);
    next.eSync?.dispose();
    return { row, lower: next.lower };
  };

  const discriminatorTurn = async (lower: Tensor, { syncMel, windows }: GeneratorBatch) => {
    const batch = syncTensors(await batches.sync());
    const { discriminator, discriminatorAdam: state } = models;
    const generatedMel = tf.tensor4d(syncMel, [windows, MEL_BANDS, MEL_WINDOW, 1]);
    const fakes = { generated: lower, generatedMel };
    const next = run.discriminator({ params: discriminator, state }, { ...batch, ...fakes }, {
      rate: rates.discriminator,
    });
    models = replaced(models, { ...models, discriminator: next.params, discriminatorAdam: next.state });
    const row = {
      "train/d_loss": next.loss.dataSync()[0],
      "train/d_real": next.real.dataSync()[0],
      "train/d_generated": next.generated.dataSync()[0],
    };
    tf.dispose([...Object.values(batch), generatedMel, next.loss, next.real, next.generated]);
    return row;
  };

  const evaluate = async () => {
    const recalibrated = await recalibrateGenerator(models.generator, {
      dataset,
      draw: random(config.seed),
      config,
    });
    const held = await evaluateGenerator(heldOut, {
      generator: recalibrated,
      discriminator: models.discriminator,
      config,
    });
    const loss = (1 - syncWeight) * held.l1 + syncWeight * held.eSync;
    log.append({
      step,
      "val/l1": held.l1,
      "val/e_sync": held.eSync,
      "val/mouth_l1": held.mouthL1,
      "val/loss": loss,
    });
    if (loss < best) {
      best = loss;
      await saveCheckpoint(bestPath(options.run), {
        groups: { generator: recalibrated, discriminator: models.discriminator },
        state: { step, loss, l1: held.l1, eSync: held.eSync, syncWeight },
      });
    }
    tf.dispose(recalibrated);
    // The switch of the sync term, Wav2Lip's rule; the loss changes with it, so the best starts anew.
    if (syncWeight === 0 && step >= gan.frameSteps && gan.syncWeight > 0 && held.eSync < gan.syncWhenBelow) {
      syncWeight = gan.syncWeight;
      best = Infinity;
    }
    // The log goes first: rows after the checkpoint's step are dropped when the run goes on, missing ones are lost.
    await log.flush();
    await saveCheckpoint(lastPath(options.run), {
      groups: {
        generator: models.generator,
        generator_adam: flattenAdam(models.generatorAdam),
        discriminator: models.discriminator,
        discriminator_adam: flattenAdam(models.discriminatorAdam),
      },
      state: { step, random: batches.state, best, syncWeight },
    });
    return held;
  };

  const progress = new Progress("training", gan.steps, { unit: "steps", start: step });
  let recent = 0, note = "";
  while (step < gan.steps) {
    const inWindows = step >= gan.frameSteps;
    const drawn = await batches.generator();
    const { row, lower } = generatorTurn(drawn);
    const dRow = lower && gan.discriminator === "alternate" ? await discriminatorTurn(lower, drawn) : {};
    lower?.dispose();
    step++;
    checkLoss(row["train/l1"], { step, rate: inWindows ? "gan.windowLearningRate" : "gan.learningRate" });
    log.append({ step, ...row, ...dRow, "train/sync_weight": inWindows ? syncWeight : 0 });
    recent = recent === 0 ? row["train/l1"] : 0.95 * recent + 0.05 * row["train/l1"];
    progress.update(step, `L1 ${recent.toFixed(4)}${note}`);
    if (step % gan.evaluateEvery === 0 || step === gan.steps || step === gan.frameSteps) {
      const held = await evaluate();
      note = `, held-out L1 ${held.l1.toFixed(4)} mouth ${held.mouthL1.toFixed(4)}` +
        ` E_sync ${held.eSync.toFixed(3)}${syncWeight > 0 ? ` x ${syncWeight}` : ""}`;
    }
  }
  progress.stop();
  tf.dispose([...allTensors(models), ...Object.values(rates)]);
  return { run: options.run, step, best, ended: "steps" };
}
