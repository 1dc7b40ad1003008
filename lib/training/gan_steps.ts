import { FACE_SIZE, MEL_BANDS, MEL_WINDOW } from "../base/shapes.ts";
import type { GeneratorBatch, SyncBatch } from "../dataset/batches.ts";
import type { GeneratorInputs } from "../models/generator.ts";
import { GENERATORS } from "../models/generator_kinds.ts";
import { compile, type Named } from "../native/compile.ts";
import { usablePrecision } from "../native/precision.ts";
import type { Params } from "../nn/params.ts";
import { tf } from "../native/tf.ts";
import type { Config, GanConfig } from "./config.ts";
import {
  type DiscriminatorBatch,
  type DiscriminatorName,
  DISCRIMINATORS,
  discriminatorsIn,
  discriminatorsOf,
  discriminatorTerms,
  type Phase,
  trainedIn,
} from "./discriminators.ts";
import { mouthWeights } from "./face_regions.ts";
import { generatorLoss, reconstructionLoss } from "./losses.ts";
import { averageDecay, rateShare } from "./schedule.ts";
import { syncTensors } from "./pretrain_step.ts";
import { type TrainedNetwork, trainingStep } from "./training_step.ts";

/** The networks of a training: the generator, and the discriminators that its system has. */
export type Networks = { generator: TrainedNetwork } & Partial<Record<DiscriminatorName, TrainedNetwork>>;

/**
 * A batch as tensors: mel [n, 80, 16, 1], faces [n, 96, 96, 6], target [n, 96, 96, 3]; syncMel if in windows, offMel if
 * it was asked for.
 */
export function generatorTensors(batch: GeneratorBatch): Named {
  const { mel, faces, target, syncMel, offMel, size, windows } = batch;
  return {
    mel: tf.tensor4d(mel, [size, MEL_BANDS, MEL_WINDOW, 1]),
    faces: tf.tensor4d(faces, [size, FACE_SIZE, FACE_SIZE, 6]),
    target: tf.tensor4d(target, [size, FACE_SIZE, FACE_SIZE, 3]),
    ...(windows > 0 ? { syncMel: tf.tensor4d(syncMel, [windows, MEL_BANDS, MEL_WINDOW, 1]) } : {}),
    ...(offMel.length > 0 ? { offMel: tf.tensor4d(offMel, [size, MEL_BANDS, MEL_WINDOW, 1]) } : {}),
  };
}

/** What the generator learns from. */
export type GeneratorStepBatch = {
  /** As `generatorTensors` gives it. */
  batch: Named;
  /** Parameters of the discriminators that it plays against, by name. */
  discriminators: Record<string, Params>;
  /** Weights of the loss's terms, scalars. */
  weights: Named;
};

/** Whether the generator's batch norm keeps, in a phase, the statistics that it came to in the one before. */
export const keepsStatistics = ({ windowStatistics }: GanConfig, phase: Phase): boolean =>
  phase === "windows" && windowStatistics === "frames";

/**
 * A generator's step: L1 (eq. 3) and the terms of its discriminators, by their weights (eq. 6 for the sync discriminator).
 * Also gives the terms and the generated faces [n, 96, 96, 3].
 */
export const generatorStep = ({ gan, generator }: Pick<Config, "gan" | "generator">, phase: Phase) =>
  trainingStep((net, { batch, discriminators, weights }: GeneratorStepBatch) => {
    const { face } = GENERATORS[generator.kind](net, batch as GeneratorInputs);
    const terms: Named = {
      l1: reconstructionLoss(face, batch.target, mouthWeights(gan.mouthWeight)),
      ...discriminatorTerms(discriminators, face, batch),
    };
    return { loss: generatorLoss(terms, weights), aux: { terms, face } };
  }, { ...gan, training: !keepsStatistics(gan, phase) });

/** A discriminator's step, on its own loss. */
export const discriminatorStep = (name: DiscriminatorName, gan: Pick<GanConfig, "beta1" | "clipNorm">) =>
  trainingStep<DiscriminatorBatch, Named>(DISCRIMINATORS[name].discriminatorLoss, {
    ...gan,
    training: !DISCRIMINATORS[name].pretrained,
  });

/** Parameters of the discriminators that the generator plays against in a phase. */
export const discriminatorParams = (networks: Networks, gan: GanConfig, phase: Phase) =>
  Object.fromEntries(discriminatorsIn(gan, phase).map((name) => [name, networks[name]!.params]));

const numbers = (scalars: Named): Record<string, number> =>
  Object.fromEntries(Object.entries(scalars).map(([name, scalar]) => [name, scalar.dataSync()[0]]));

/** The phase of a step. */
export const phaseOf = (step: number, { frameSteps }: GanConfig): Phase =>
  step < frameSteps ? "frames" : "windows";

/** The share of its height that a rate has at a step: each phase has a schedule of its own. */
function rateShareAt(step: number, gan: GanConfig): number {
  const frames = Math.min(gan.frameSteps, gan.steps);
  return phaseOf(step, gan) === "frames"
    ? rateShare(step, frames, gan)
    : rateShare(step - frames, gan.steps - frames, gan);
}

/**
 * One step of a training (eq. 1): the generator's, then in their turns those of the discriminators that are trained,
 * each compiled on its first use. The networks given, after `step` steps, are the step's own; the next ones come back,
 * with the terms of the generator's loss and what the discriminators' turns say, by their names in logs.
 */
export function ganStep(
  config: Config,
  { compiled = true }: { compiled?: boolean } = {},
) {
  const { gan } = config, precision = usablePrecision(gan.precision);
  const options = { enabled: compiled, donate: [0], precision };
  const rates = { frames: gan.learningRate, windows: gan.windowLearningRate };
  const generate = {
    frames: compile(generatorStep(config, "frames"), options),
    windows: compile(generatorStep(config, "windows"), options),
  };
  const turnOf = new Map(
    discriminatorsOf(gan).map((name) => [name, compile(discriminatorStep(name, gan), options)]),
  );
  return (
    networks: Networks,
    { generator, pairs }: { generator: GeneratorBatch; pairs?: SyncBatch },
    { step, weights }: { step: number; weights: Record<string, number> },
  ) =>
    tf.tidy(() => {
      const next = { ...networks }, batch = generatorTensors(generator), phase = phaseOf(step, gan);
      const share = rateShareAt(step, gan), rate = rates[phase] * share;
      const { network, norm, aux: { terms, face } } = generate[phase](
        networks.generator,
        {
          batch,
          discriminators: discriminatorParams(networks, gan, phase),
          weights: Object.fromEntries(
            Object.entries(weights).map(([term, weight]) => [term, tf.scalar(weight)]),
          ),
        },
        tf.scalar(rate),
        tf.scalar(averageDecay(step, gan.average)),
      );
      next.generator = network;
      const turns: Record<string, number> = {};
      for (const name of trainedIn(gan, phase)) {
        const seen = { generated: face, batch, pairs: DISCRIMINATORS[name].pairs ? syncTensors(pairs!) : {} };
        const { network, loss, aux } = turnOf.get(name)!(
          networks[name]!,
          seen,
          tf.scalar(gan.discriminatorLearningRate * share),
        );
        next[name] = network;
        Object.assign(turns, numbers({ [DISCRIMINATORS[name].loss]: loss, ...aux }));
      }
      const [gradientNorm] = norm.dataSync<"float32">();
      return { networks: next, terms: numbers(terms), turns, gradientNorm, rate };
    });
}
