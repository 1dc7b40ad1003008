import type { BatchRequest } from "../dataset/batch_stream.ts";
import { KitError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { describeGenerator } from "../models/generator_kinds.ts";
import { initialize, isStatistic, type Params, type Specs } from "../nn/params.ts";
import { Progress } from "../base/progress.ts";
import { tf } from "../native/tf.ts";
import { holdsGroup } from "./checkpoint.ts";
import type { Config, GanConfig } from "./config.ts";
import { DISCRIMINATORS, discriminatorsOf, lossWeights, type Phase, trainedIn } from "./discriminators.ts";
import { evaluateGenerator, recalibrateGenerator } from "./gan_evaluation.ts";
import { discriminatorParams, ganStep, keepsStatistics, type Networks, phaseOf } from "./gan_steps.ts";
import { logged } from "./log.ts";
import {
  endInterruptedCell,
  openTraining,
  type Training,
  type TrainOptions,
  type TrainResult,
} from "./open_training.ts";
import { isRun, lastPath, loadDiscriminator, readRun } from "./run.ts";
import { storedEnd } from "./stored_run.ts";
import { needsDiscriminator, systemsWith } from "./systems.ts";
import { averaged, beginTraining, copied, evaluated, type TrainedNetwork } from "./training_step.ts";

export interface GanOptions extends TrainOptions {
  /** Run folder of the pretrained discriminator, for the systems that have one. */
  discriminator?: string;
}

/** Whether a discriminator learns from pairs in its turn. */
const needsPairs = (gan: GanConfig, phase: Phase): boolean =>
  trainedIn(gan, phase).some((name) => DISCRIMINATORS[name].pairs);

/** The real pairs of a discriminator's turn: two windows of as many clips as the generator has windows. */
export const pairsOfTurn = ({ windows, voicedOnly, minShift }: GanConfig) => ({
  clips: windows,
  windows: 2,
  voicedOnly,
  minShift,
});

/** What the steps from one on learn from: frames or windows, and pairs beside them. */
export function* ganRequests({ gan }: Config, step: number): Generator<BatchRequest> {
  const { frames, poseShift, reference, voicedOnly, minShift, augment: augmentation } = gan;
  const offSync = gan.sync === "contrastive";
  for (;; step++) {
    const phase = phaseOf(step, gan), windows = phase === "windows" ? gan.windows : 0;
    yield {
      kind: "generator",
      options: { frames, windows, poseShift, reference, voicedOnly, minShift, offSync, augmentation },
    };
    if (needsPairs(gan, phase)) {
      yield { kind: "sync", options: { ...pairsOfTurn(gan), augmentation } };
    }
  }
}

/** The networks of a training, each as it was left where the training goes on, else pretrained or fresh. */
export function openNetworks(
  config: Config,
  { training, pretrained }: { training?: Training; pretrained?: Params } = {},
): Networks {
  const open = (name: string, specs: Specs, given?: Params) =>
    training?.network(name, specs) ?? beginTraining(given ?? initialize(specs, config.seed));
  const generator = open("generator", describeGenerator(config.generator).specs);
  const networks: Networks = { generator: config.gan.average > 0 ? averaged(generator) : generator };
  for (const name of discriminatorsOf(config.gan)) {
    const given = name === "discriminator" ? pretrained : undefined;
    networks[name] = open(name, DISCRIMINATORS[name].specs(config), given);
  }
  return networks;
}

/** A generator whose moving statistics are those of frames with its weights as they are now. */
async function settled(network: TrainedNetwork, training: Training): Promise<TrainedNetwork> {
  const params = { ...network.params }, calibrated = await recalibrateGenerator(params, training);
  for (const [name, tensor] of Object.entries(calibrated)) {
    const [kept, gone] = isStatistic(name) ? [tensor, params[name]] : [params[name], tensor];
    params[name] = kept;
    gone.dispose();
  }
  return { ...network, params };
}

/** The active weights as the log has them; sync is 0 where no sync discriminator plays along. */
const weightRow = ({ l1: _, e_sync = 0, ...others }: Record<string, number>) => ({
  "train/sync_weight": e_sync,
  ...Object.fromEntries(Object.entries(others).map(([name, w]) => [`train/${name}_weight`, w])),
});

/**
 * A run's own configuration where it is gone on with, the one that was asked for otherwise; and the pretrained
 * discriminator that its system asks for, unless the run's checkpoint holds it.
 * Throws KitError when that one is not given, of another kind, or of no use.
 */
async function openPretrained(
  { run: folder, resume, discriminator: run, config: asked }: GanOptions,
): Promise<{ config: Config; pretrained?: Params }> {
  const config = resume && await isRun(folder) ? (await readRun(folder, "generator")).config : asked;
  if (!needsDiscriminator(config)) {
    if (run === undefined) return { config };
    throw new KitError(`${config.system} has no pretrained discriminator`, "Leave --discriminator out");
  }
  const last = lastPath(folder);
  if (resume && await exists(last) && await holdsGroup(last, "discriminator")) return { config };
  const given = `Give --discriminator, a run of \`deno task pretrain --system "${config.system}"\``;
  if (run === undefined) throw new KitError(`${config.system} needs a pretrained sync discriminator`, given);
  const { config: { discriminator }, params } = await loadDiscriminator(run), { lstm, cbam } = discriminator;
  if (lstm !== config.discriminator.lstm || cbam !== config.discriminator.cbam) {
    throw new KitError(`${run} holds the discriminator of ${systemsWith({ lstm, cbam })}`, given);
  }
  // The discriminator's own configuration goes along, so that the run can be read without the other folder.
  return { config: { ...config, discriminator }, pretrained: params };
}

/**
 * Trains the generator of a system (eq. 1): first on single frames where the configuration asks for it, then on windows,
 * where the sync discriminator plays against it (eq. 6). After each of the generator's steps the discriminators that are
 * trained take their turns. Checkpoints at each evaluation; the best generator is kept apart, its batch norm recalibrated
 * on frames.
 * Throws KitError for a folder that cannot be trained on or a run that cannot be gone on with.
 */
export async function train(prepared: string, options: GanOptions): Promise<TrainResult> {
  const stored = await storedEnd(options);
  if (stored) return stored;
  const { run } = options, { config: asked, pretrained } = await openPretrained(options);
  using training = await openTraining(
    prepared,
    { kind: "generator", config: asked, heldOutPairs: asked.gan, requests: ganRequests },
    options,
  );
  const { config, state, batches, log } = training, { gan } = config;
  let networks = openNetworks(config, { training, pretrained });
  // The best loss is that of `bestWeight`: under another weight of the sync term the best starts anew.
  let { step = 0, best = Infinity, syncWeight = 0, bestWeight = syncWeight } = state ?? {};
  const take = ganStep(config, options);

  /** The generator as it is evaluated: its batch norm's statistics are kept or taken anew. */
  const readyGenerator = async () => {
    const params = evaluated(networks.generator), kept = keepsStatistics(gan, phaseOf(step - 1, gan));
    return kept ? copied(params) : await recalibrateGenerator(params, training);
  };
  const evaluate = async () => {
    const dataShare = training.dataShare();
    const generator = await readyGenerator();
    const discriminators = discriminatorParams(networks, gan, "windows");
    const held = await evaluateGenerator(training.heldOut, { generator, discriminators, config });
    // What fools a discriminator of looks today need not be good: the choice goes by L1 and sync.
    const { quality: _, ...weights } = lossWeights(gan, "windows", { syncWeight });
    const loss = Object.entries(weights).reduce((sum, [name, w]) => sum + w * held[name], 0);
    await training.check({ "held-out loss": loss }, { step });
    log.append({ step, ...logged("val", { ...held, loss }), "time/data_share": dataShare });
    if (loss < best || bestWeight !== syncWeight) {
      [best, bestWeight] = [loss, syncWeight];
      const { l1, e_sync: eSync = NaN } = held;
      await training.saveBest({ generator, ...discriminators }, { step, loss, l1, eSync, syncWeight });
    }
    tf.dispose(generator);
    // The switch of the sync term, Wav2Lip's rule.
    if (syncWeight === 0 && step >= gan.frameSteps && gan.syncWeight > 0 && held.e_sync < gan.syncWhenBelow) {
      syncWeight = gan.syncWeight;
    }
    await save();
    const sync = held.e_sync === undefined ? "" : ` E_sync ${held.e_sync.toFixed(3)}`;
    return `, held-out L1 ${held.l1.toFixed(4)} mouth ${held.mouth_l1.toFixed(4)}${sync}` +
      (syncWeight > 0 ? ` x ${syncWeight}` : "");
  };

  const save = () => training.save(networks, { step, best, bestWeight, syncWeight });
  // A branch has come without its discriminators' losses, by which the sync term is switched on.
  if (state && !("syncWeight" in state)) await evaluate();
  using progress = new Progress("training", gan.steps, { unit: "steps", start: step });
  let recent = 0, note = "";
  while (step < gan.steps && !await training.interrupted()) {
    const phase = phaseOf(step, gan), weights = lossWeights(gan, phase, { syncWeight });
    if (step === gan.frameSteps && keepsStatistics(gan, phase)) {
      networks = { ...networks, generator: await settled(networks.generator, training) };
    }
    const generator = await batches.generator();
    const pairs = needsPairs(gan, phase) ? await batches.sync() : undefined;
    const { networks: next, terms, turns, gradientNorm, rate } = take(networks, { generator, pairs }, {
      step,
      weights,
    });
    networks = next;
    step++;
    const setting = phase === "windows" ? "gan.windowLearningRate" : "gan.learningRate";
    await training.check(turns, { step, rate: "gan.discriminatorLearningRate" });
    await training.check(terms, { step, rate: setting });
    log.append({
      step,
      ...logged("train", { ...terms, ...turns, gradient_norm: gradientNorm, rate }),
      ...weightRow(weights),
    });
    recent = recent === 0 ? terms.l1 : 0.95 * recent + 0.05 * terms.l1;
    progress.update(step, `L1 ${recent.toFixed(4)}${note}`);
    options.onStep?.(step);
    if (step % gan.evaluateEvery === 0 || step === gan.steps || step === gan.frameSteps) {
      note = await evaluate();
    }
  }
  const ended = step < gan.steps ? "interrupted" : "steps";
  if (ended === "interrupted") await save();
  tf.dispose(networks);
  if (ended === "interrupted") endInterruptedCell(run, step);
  return { run, step, best, ended };
}
