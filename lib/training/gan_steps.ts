import { FACE_SIZE, MEL_BANDS, MEL_WINDOW, MOUTH_REGION, SYNC_FRAMES } from "../base/shapes.ts";
import type { Random } from "../base/random.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { type GeneratorBatch, sampleGeneratorBatch } from "../dataset/batches.ts";
import { forEachKind, GENERATORS } from "../models/generator_kinds.ts";
import { compile, type Named, valueAndGradients } from "../native/compile.ts";
import { adamDefaults, type AdamState, adamStep } from "../nn/adam.ts";
import { type Params, trainable } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { Config, GanConfig } from "./config.ts";
import {
  type DiscriminatorName,
  DISCRIMINATORS,
  discriminatorsIn,
  type Phase,
  type Turn,
} from "./discriminators.ts";
import { generatorLoss, reconstructionLoss } from "./losses.ts";
import { RECALIBRATION_PASSES } from "./pretrain.ts";
import { recalibrate } from "./recalibrate.ts";

/**
 * A batch as tensors: mel [n, 80, 16, 1], faces [n, 96, 96, 6], target [n, 96, 96, 3]; syncMel if in windows, offMel if
 * it was drawn.
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

/** Weights of L1 [1, 96, 96, 1]: 1 + `extra` at the mouth, scaled to mean 1; undefined when all count the same. */
function mouthWeights(extra: number): Tensor | undefined {
  if (extra === 0) return undefined;
  const { top, left, height, width } = MOUTH_REGION;
  const mouth = tf.pad(tf.fill([height, width], extra), [
    [top, FACE_SIZE - top - height],
    [left, FACE_SIZE - left - width],
  ]);
  const mean = 1 + extra * height * width / FACE_SIZE ** 2;
  return tf.reshape(tf.div(tf.add(mouth, 1), mean), [1, FACE_SIZE, FACE_SIZE, 1]);
}

/** A network that is trained, and its optimizer's state. */
export type TrainedNetwork = { params: Params; state: AdamState }; // a type: only a type is seen to be a tree of tensors

/**
 * A generator step: L1 (eq. 3) and the terms of the discriminators that judge in this phase, by their weights (eq. 6 for
 * the sync discriminator). Also returns the terms and the faces drawn [n, 96, 96, 3].
 */
export function generatorStep({ gan, generator }: Pick<Config, "gan" | "generator">, phase: Phase) {
  const network = GENERATORS[generator.kind], judging = discriminatorsIn(gan, phase);
  return (
    { params, state, discriminators }: TrainedNetwork & { discriminators: Record<string, Params> },
    batch: Named,
    { rate, weights }: { rate: Tensor; weights: Named },
  ): TrainedNetwork & { terms: Named; face: Tensor } => {
    const { gradients, aux } = valueAndGradients((trained) => {
      const input = batch as { mel: Tensor; faces: Tensor };
      const { face, statistics } = network(scope({ ...params, ...trained }, { training: true }), input);
      const terms: Named = { l1: reconstructionLoss(face, batch.target, mouthWeights(gan.mouthWeight)) };
      for (const name of judging) {
        const { term, generatorLoss: judge } = DISCRIMINATORS[name];
        terms[term] = judge(discriminators[name], face, batch);
      }
      return { loss: generatorLoss(terms, weights), aux: { statistics, terms, face } };
    }, trainable(params));
    const next = adamStep({ params, gradients, state }, rate, { ...adamDefaults, beta1: gan.beta1 });
    const { statistics, ...rest } = aux;
    return { params: { ...next.params, ...statistics }, state: next.state, ...rest };
  };
}

/** A discriminator's turn: a step on its own loss. */
export function discriminatorStep(name: DiscriminatorName, { beta1 }: Pick<GanConfig, "beta1">) {
  const { discriminatorLoss: learn } = DISCRIMINATORS[name];
  return (
    { params, state }: TrainedNetwork,
    turn: Turn,
    { rate }: { rate: Tensor },
  ): TrainedNetwork & { loss: Tensor; logged: Named } => {
    const { loss, gradients, aux } = valueAndGradients((trained) => {
      const { loss, statistics, logged } = learn({ ...params, ...trained }, turn);
      return { loss, aux: { statistics, logged } };
    }, trainable(params));
    const next = adamStep({ params, gradients, state }, rate, { ...adamDefaults, beta1 });
    return {
      params: { ...next.params, ...aux.statistics },
      state: next.state,
      loss,
      logged: aux.logged,
    };
  };
}

/** Moving statistics after one more batch; compiled once for all recalibrations of a process. */
const statisticsAfter = forEachKind((network) =>
  compile((all: Named, batch: Named) =>
    network(scope(all, { training: true }), batch as { mel: Tensor; faces: Tensor }).statistics
  )
);

/** Recalibrates a generator on training frames. */
export async function recalibrateGenerator(
  params: Params,
  { dataset, draw: rng, config }: { dataset: Dataset; draw: Random; config: Config },
): Promise<Params> {
  const { poseShift, minShift, voicedOnly } = config.gan;
  const frames = config.gan.frames || SYNC_FRAMES * config.gan.windows;
  async function* batches() {
    for (let k = 0; k < RECALIBRATION_PASSES; k++) {
      const options = { frames, windows: 0, poseShift, minShift, voicedOnly };
      yield generatorTensors(await sampleGeneratorBatch(dataset, rng, options));
    }
  }
  return await recalibrate(params, statisticsAfter[config.generator.kind], batches());
}
