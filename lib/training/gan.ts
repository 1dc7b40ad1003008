import { basename } from "node:path";
import { type BatchRequest, streamBatches } from "../dataset/batch_stream.ts";
import { openDataset } from "../dataset/dataset.ts";
import { sampleSyncBatch } from "../dataset/batches.ts";
import { KitError } from "../base/errors.ts";
import { exists, holdFolder } from "../base/files.ts";
import { describeGenerator, initGenerator } from "../models/generator_kinds.ts";
import { compile, leaves, type Named } from "../native/compile.ts";
import { adamInit } from "../nn/adam.ts";
import { initialize, type Params, type Specs } from "../nn/params.ts";
import { Progress } from "../base/progress.ts";
import { random } from "../base/random.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { checkParams, flattenAdam, holdsGroup, saveCheckpoint, unflattenAdam } from "./checkpoint.ts";
import type { Config, GanConfig } from "./config.ts";
import {
  type DiscriminatorName,
  DISCRIMINATORS,
  discriminatorsIn,
  discriminatorsOf,
  lossWeights,
  type Phase,
  trainedIn,
} from "./discriminators.ts";
import { evaluateGenerator } from "./gan_evaluation.ts";
import {
  discriminatorStep,
  generatorStep,
  generatorTensors,
  recalibrateGenerator,
  type TrainedNetwork,
} from "./gan_steps.ts";
import { openLog } from "./log.ts";
import { checkLoss } from "./losses.ts";
import { AHEAD, syncTensors, type TrainOptions, type TrainResult } from "./pretrain.ts";
import { storedEnd } from "./stored_run.ts";
import { bestPath, isRun, lastPath, loadDiscriminator, openRun, readRun } from "./run.ts";
import { needsDiscriminator, systemsWith } from "./systems.ts";

export interface GanOptions extends TrainOptions {
  /** Run folder of the pretrained discriminator, for the systems that have one. */
  discriminator?: string;
}

/** What changes from step to step: the generator, and the discriminators that the system has. */
type Models = { generator: TrainedNetwork } & Partial<Record<DiscriminatorName, TrainedNetwork>>;

const tensorsOf = ({ params, state }: TrainedNetwork): Tensor[] =>
  [params, flattenAdam(state)].flatMap((group) => Object.values(group));

/** Puts a network after its step in place of the old one and frees the tensors that are no longer used. */
function replaced(models: Models, name: keyof Models, next: TrainedNetwork): Models {
  const kept = new Set(tensorsOf(next));
  tensorsOf(models[name]!).filter((tensor) => !kept.has(tensor)).forEach((tensor) => tensor.dispose());
  return { ...models, [name]: next };
}

const phaseOf = (step: number, { frameSteps }: GanConfig): Phase => step < frameSteps ? "frames" : "windows";

/** What the steps from one on draw: frames or windows, and pairs where a discriminator learns from them in its turn. */
function* requestsFrom(step: number, gan: GanConfig): Generator<BatchRequest> {
  const { frames, poseShift, voicedOnly, minShift } = gan, offSync = gan.sync === "contrastive";
  for (;; step++) {
    const phase = phaseOf(step, gan), windows = phase === "windows" ? gan.windows : 0;
    yield { kind: "generator", options: { frames, windows, poseShift, voicedOnly, minShift, offSync } };
    for (const name of trainedIn(gan, phase)) {
      if (!DISCRIMINATORS[name].pairs) continue;
      yield { kind: "sync", options: { size: 2 * gan.windows, voicedOnly, minShift } };
    }
  }
}

/** The steps of one training, each compiled on its first use. */
function compiledSteps(config: Config, enabled: boolean) {
  const options = { enabled }, names = discriminatorsOf(config.gan);
  return {
    frames: compile(generatorStep(config, "frames"), options),
    windows: compile(generatorStep(config, "windows"), options),
    turns: new Map(names.map((name) => [name, compile(discriminatorStep(name, config.gan), options)])),
  };
}

/** The networks of a training, each out of the checkpoint as far as it has them, else pretrained or fresh. */
function openModels(
  config: Config,
  { groups = {}, pretrained }: { groups?: Record<string, Params>; pretrained?: Params },
  path: string,
): Models {
  const open = (name: string, specs: Specs, fresh: () => Params): TrainedNetwork => {
    const params = groups[name] ? checkParams(path, groups[name], specs) : fresh();
    const state = groups[`${name}_adam`];
    return { params, state: state ? unflattenAdam(state) : adamInit(params) };
  };
  const models: Models = {
    generator: open(
      "generator",
      describeGenerator(config.generator).specs,
      () => initGenerator(config.generator, config.seed),
    ),
  };
  for (const name of discriminatorsOf(config.gan)) {
    const specs = DISCRIMINATORS[name].specs(config);
    models[name] = open(
      name,
      specs,
      () => name === "discriminator" ? pretrained! : initialize(specs, config.seed),
    );
  }
  return models;
}

/** The active weights as the log has them; sync is 0 where it is not judged. */
const weightRow = ({ l1: _, e_sync = 0, ...others }: Record<string, number>) => ({
  "train/sync_weight": e_sync,
  ...Object.fromEntries(Object.entries(others).map(([name, w]) => [`train/${name}_weight`, w])),
});

/** A run's own configuration where it is gone on with, the one that was asked for otherwise. */
const configOf = async ({ run, resume, config }: GanOptions): Promise<Config> =>
  resume && await isRun(run) ? (await readRun(run, "generator")).config : config;

/**
 * The pretrained discriminator that the system asks for, unless the run's checkpoint holds it; throws KitError when it is
 * not given, of another kind, or of no use.
 */
async function openPretrained({ run: folder, resume, discriminator: run }: GanOptions, config: Config) {
  if (!needsDiscriminator(config)) {
    if (run === undefined) return undefined;
    throw new KitError(`${config.system} has no pretrained discriminator`, "Leave --discriminator out");
  }
  if (resume && await exists(lastPath(folder)) && await holdsGroup(lastPath(folder), "discriminator")) return;
  const given = `Give --discriminator, a run of \`deno task pretrain --system "${config.system}"\``;
  if (run === undefined) throw new KitError(`${config.system} needs a pretrained sync discriminator`, given);
  const pretrained = await loadDiscriminator(run), { lstm, cbam } = pretrained.config.discriminator;
  if (lstm !== config.discriminator.lstm || cbam !== config.discriminator.cbam) {
    throw new KitError(`${run} holds the discriminator of ${systemsWith({ lstm, cbam })}`, given);
  }
  return pretrained;
}

/**
 * Trains the generator of a system: first on single frames where the configuration asks for it, then on windows, where
 * the sync discriminator judges (eq. 1 and 6). After each of the generator's steps the discriminators that are trained
 * take their turns. Checkpoints at each evaluation; the best generator is kept apart, with recalibrated batch norm.
 * Throws KitError for a folder that cannot be trained on or a run that cannot be gone on with.
 */
export async function train(prepared: string, options: GanOptions): Promise<TrainResult> {
  const kept = await storedEnd(options);
  if (kept) return { run: options.run, ...kept };
  const dataset = await openDataset(prepared, "train");
  const heldOut = await openDataset(prepared, "val");
  if (!options.resume) {
    // Held-out clips that cannot be scored are named now, not at the first evaluation.
    const { minShift, voicedOnly } = options.config.gan;
    await sampleSyncBatch(heldOut, random(1), { size: 1, minShift, voicedOnly });
  }
  const own = await configOf(options), pretrained = await openPretrained(options, own);
  using _held = await holdFolder(options.run);
  // The discriminator's own configuration goes along, so that the run can be read without the other folder.
  const asked = {
    ...own,
    discriminator: pretrained?.config.discriminator ?? own.discriminator,
  };
  const { config, checkpoint } = await openRun(
    options.run,
    { kind: "generator", config: asked, data: { name: basename(prepared), clips: dataset.rows.length } },
    { resume: options.resume ?? false, steps: options.steps, settings: options.settings },
  );
  const gan = config.gan;
  const origins = { groups: checkpoint?.groups, pretrained: pretrained?.params };
  let models = openModels(config, origins, lastPath(options.run));
  let { step = 0, best = Infinity, syncWeight = 0 } = checkpoint?.state ?? {};
  using batches = streamBatches(dataset, {
    state: checkpoint?.state.random ?? config.seed,
    requests: requestsFrom(step, gan),
    ahead: AHEAD,
  });
  const log = await openLog(options.run);
  log.truncateAfter(step);
  const run = compiledSteps(config, options.compiled ?? true);
  const rates = {
    frames: tf.scalar(gan.learningRate),
    windows: tf.scalar(gan.windowLearningRate),
    discriminator: tf.scalar(gan.discriminatorLearningRate),
  };
  const paramsOfPhase = (phase: Phase) =>
    Object.fromEntries(discriminatorsIn(gan, phase).map((name) => [name, models[name]!.params]));
  const read = (prefix: string, values: Named) =>
    Object.fromEntries(Object.entries(values).map(([name, t]) => [`${prefix}${name}`, t.dataSync()[0]]));

  const generatorTurn = (batch: Named, phase: Phase) => {
    const weights = lossWeights(gan, phase, { syncWeight });
    const scalars = Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, tf.scalar(w)]));
    const trained = { ...models.generator, discriminators: paramsOfPhase(phase) };
    const { terms, face, ...next } = run[phase](trained, batch, { rate: rates[phase], weights: scalars });
    models = replaced(models, "generator", next);
    const row = { ...read("train/", terms), ...weightRow(weights) };
    tf.dispose([scalars, terms] as never);
    return { row, face };
  };

  const discriminatorTurn = async (name: DiscriminatorName, generated: Tensor, batch: Named) => {
    const pairs = DISCRIMINATORS[name].pairs ? syncTensors(await batches.sync()) : {};
    const { loss, logged, ...next } = run.turns.get(name)!(models[name]!, { generated, batch, pairs }, {
      rate: rates.discriminator,
    });
    models = replaced(models, name, next);
    const row = read("train/", { [name === "quality" ? "q_loss" : "d_loss"]: loss, ...logged });
    tf.dispose([pairs, loss, logged] as never);
    return row;
  };

  const evaluate = async () => {
    const recalibrated = await recalibrateGenerator(models.generator.params, {
      dataset,
      draw: random(config.seed),
      config,
    });
    const discriminators = paramsOfPhase("windows");
    const held = await evaluateGenerator(heldOut, { generator: recalibrated, discriminators, config });
    // What fools a discriminator of looks today need not be good: the choice goes by L1 and sync.
    const { quality: _, ...weights } = lossWeights(gan, "windows", { syncWeight });
    const loss = Object.entries(weights).reduce((sum, [name, w]) => sum + w * held[name as "l1"], 0);
    log.append({
      step,
      ...Object.fromEntries(Object.entries(held).map(([name, value]) => [`val/${name}`, value])),
      "val/loss": loss,
    });
    if (loss < best) {
      best = loss;
      await saveCheckpoint(bestPath(options.run), {
        groups: { generator: recalibrated, ...discriminators },
        state: { step, loss, l1: held.l1, eSync: held.e_sync ?? NaN, syncWeight },
      });
    }
    tf.dispose(recalibrated);
    // The switch of the sync term, Wav2Lip's rule; the loss changes with it, so the best starts anew.
    const isGood = held.e_sync !== undefined && held.e_sync < gan.syncWhenBelow;
    if (syncWeight === 0 && step >= gan.frameSteps && gan.syncWeight > 0 && isGood) {
      syncWeight = gan.syncWeight;
      best = Infinity;
    }
    // The log goes first: rows after the checkpoint's step are dropped when the run goes on, missing ones are lost.
    await log.flush();
    const groups = Object.entries(models).flatMap(([name, { params, state }]) => [
      [name, params],
      [`${name}_adam`, flattenAdam(state)],
    ]);
    await saveCheckpoint(lastPath(options.run), {
      groups: Object.fromEntries(groups),
      state: { step, random: batches.state, best, syncWeight },
    });
    return held;
  };

  // A branch has come without its judges' word, by which the sync term is switched on.
  if (checkpoint && !("syncWeight" in checkpoint.state)) await evaluate();
  const progress = new Progress("training", gan.steps, { unit: "steps", start: step });
  let recent = 0, note = "";
  while (step < gan.steps) {
    const phase = phaseOf(step, gan), batch = generatorTensors(await batches.generator());
    const { row, face } = generatorTurn(batch, phase);
    const turns: Record<string, number> = {};
    for (const name of trainedIn(gan, phase)) {
      Object.assign(turns, await discriminatorTurn(name, face, batch));
    }
    tf.dispose([face, batch] as never);
    step++;
    const l1 = (row as Record<string, number>)["train/l1"];
    checkLoss(l1, { step, rate: phase === "windows" ? "gan.windowLearningRate" : "gan.learningRate" });
    log.append({ step, ...row, ...turns });
    recent = recent === 0 ? l1 : 0.95 * recent + 0.05 * l1;
    progress.update(step, `L1 ${recent.toFixed(4)}${note}`);
    options.onStep?.(step);
    if (step % gan.evaluateEvery === 0 || step === gan.steps || step === gan.frameSteps) {
      const held = await evaluate();
      const sync = held.e_sync === undefined ? "" : ` E_sync ${held.e_sync.toFixed(3)}`;
      note = `, held-out L1 ${held.l1.toFixed(4)} mouth ${held.mouth_l1.toFixed(4)}${sync}` +
        (syncWeight > 0 ? ` x ${syncWeight}` : "");
    }
  }
  progress.stop();
  tf.dispose([...leaves(models as never), ...Object.values(rates)]);
  return { run: options.run, step, best, ended: "steps" };
}
