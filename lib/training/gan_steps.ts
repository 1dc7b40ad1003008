import {
  type Dataset,
  drawGeneratorBatch,
  type GeneratorBatch,
  MOUTH_REGION,
  SYNC_FRAMES,
} from "../data/dataset.ts";
import { FACE_SIZE } from "../media/face.ts";
import { MEL_BANDS, MEL_WINDOW } from "../media/mel.ts";
import { generator } from "../models/generator.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named, valueAndGradients } from "../native/compile.ts";
import { type AdamState, adamStep } from "../nn/adam.ts";
import { type Params, type Random, trainable } from "../nn/params.ts";
import { type Tensor, tf } from "../tf.ts";
import type { Config, GanConfig } from "./config.ts";
import {
  binaryCrossEntropy,
  generatorLoss,
  reconstructionLoss,
  syncLoss,
  syncProbability,
} from "./losses.ts";
import { RECALIBRATION_PASSES } from "./pretrain.ts";
import { recalibrate } from "./recalibrate.ts";

/** A batch as tensors: mel [n, 80, 16, 1], faces [n, 96, 96, 6], target [n, 96, 96, 3], syncMel if in windows. */
export function generatorTensors({ mel, faces, target, syncMel, size, windows }: GeneratorBatch): Named {
  return {
    mel: tf.tensor4d(mel, [size, MEL_BANDS, MEL_WINDOW, 1]),
    faces: tf.tensor4d(faces, [size, FACE_SIZE, FACE_SIZE, 6]),
    target: tf.tensor4d(target, [size, FACE_SIZE, FACE_SIZE, 3]),
    ...(windows > 0 ? { syncMel: tf.tensor4d(syncMel, [windows, MEL_BANDS, MEL_WINDOW, 1]) } : {}),
  };
}

/** Lower halves of windows as the discriminator takes them: [5 b, 96, 96, 3] -> [b, 48, 96, 15]. */
export function lowerWindows(faces: Tensor): Tensor {
  const windows = faces.shape[0] / SYNC_FRAMES, half = FACE_SIZE / 2;
  const lower = tf.slice(faces, [0, half, 0, 0], [-1, half, FACE_SIZE, 3]);
  const framed = tf.reshape(lower, [windows, SYNC_FRAMES, half, FACE_SIZE, 3]);
  return tf.reshape(tf.transpose(framed, [0, 2, 3, 1, 4]), [windows, half, FACE_SIZE, 3 * SYNC_FRAMES]);
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

interface GeneratorTurn {
  params: Params;
  state: AdamState;
}

/** A generator step on single frames: L1 (eq. 3). */
export const frameStep = ({ mouthWeight }: GanConfig) =>
(
  { params, state }: GeneratorTurn,
  batch: Named,
  { rate }: { rate: Tensor },
): GeneratorTurn & { l1: Tensor } => {
  const { loss, gradients, aux } = valueAndGradients((trained) => {
    const { face, statistics } = generator(
      { ...params, ...trained },
      batch as { mel: Tensor; faces: Tensor },
      { training: true },
    );
    return { loss: reconstructionLoss(face, batch.target, mouthWeights(mouthWeight)), aux: { statistics } };
  }, trainable(params));
  const next = adamStep({ params, gradients, state }, rate);
  return { params: { ...next.params, ...aux.statistics }, state: next.state, l1: loss };
};

/**
 * A generator step on windows: lambda1 L1 + lambda2 E_sync (eq. 6), the discriminator judging the redrawn lower
 * halves against the window's sound. Also returns those lower halves [windows, 48, 96, 15].
 */
export const windowStep = ({ mouthWeight }: GanConfig) =>
(
  { params, state, discriminator }: GeneratorTurn & { discriminator: Params },
  batch: Named,
  { rate, syncWeight }: { rate: Tensor; syncWeight: Tensor },
): GeneratorTurn & { l1: Tensor; eSync: Tensor; lower: Tensor } => {
  const { loss: _, gradients, aux } = valueAndGradients((trained) => {
    const { face, statistics } = generator(
      { ...params, ...trained },
      batch as { mel: Tensor; faces: Tensor },
      { training: true },
    );
    const l1 = reconstructionLoss(face, batch.target, mouthWeights(mouthWeight));
    const lower = lowerWindows(face);
    const judged = syncDiscriminator(discriminator, { mel: batch.syncMel, faces: lower }, {
      training: false,
    });
    const eSync = syncLoss(syncProbability(judged));
    return { loss: generatorLoss(l1, eSync, syncWeight), aux: { statistics, l1, eSync, lower } };
  }, trainable(params));
  const next = adamStep({ params, gradients, state }, rate);
  const { statistics, ...rest } = aux;
  return { params: { ...next.params, ...statistics }, state: next.state, ...rest };
};

/**
 * The discriminator's turn: real pairs in sync (label 1), real pairs off sync (0), and generated lips with the
 * sound they were made for (0).
 */
export function discriminatorStep(
  { params, state }: GeneratorTurn,
  batch: Named,
  { rate }: { rate: Tensor },
): GeneratorTurn & { loss: Tensor; real: Tensor; generated: Tensor } {
  const pairs = batch.labels.shape[0], windows = batch.generated.shape[0];
  const mel = tf.concat([batch.mel, batch.generatedMel], 0);
  const faces = tf.concat([batch.faces, batch.generated], 0);
  const labels = tf.concat([batch.labels, tf.zeros([windows])], 0);
  const { loss, gradients, aux } = valueAndGradients((trained) => {
    const made = syncDiscriminator({ ...params, ...trained }, { mel, faces }, { training: true });
    const probability = syncProbability(made);
    const inSync = tf.slice(tf.reshape(tf.slice(probability, 0, pairs), [pairs / 2, 2]), [0, 0], [-1, 1]);
    return {
      loss: binaryCrossEntropy(probability, labels),
      aux: {
        statistics: made.statistics,
        real: tf.mean(inSync),
        generated: tf.mean(tf.slice(probability, pairs, windows)),
      },
    };
  }, trainable(params));
  const next = adamStep({ params, gradients, state }, rate);
  const { statistics, ...rest } = aux;
  return { params: { ...next.params, ...statistics }, state: next.state, loss, ...rest };
}

/** Moving statistics after one more batch; compiled once for all recalibrations of a process. */
const statisticsAfter = compile((all: Named, batch: Named) =>
  generator(all, batch as { mel: Tensor; faces: Tensor }, { training: true }).statistics
);

/** Recalibrates a generator on training frames. */
export async function recalibrateGenerator(
  params: Params,
  { dataset, draw, config }: { dataset: Dataset; draw: Random; config: Config },
): Promise<Params> {
  const { poseShift, minShift, voicedOnly } = config.gan;
  const frames = config.gan.frames || SYNC_FRAMES * config.gan.windows;
  async function* batches() {
    for (let k = 0; k < RECALIBRATION_PASSES; k++) {
      const options = { frames, windows: 0, poseShift, minShift, voicedOnly };
      yield generatorTensors(await drawGeneratorBatch(dataset, draw, options));
    }
  }
  return await recalibrate(params, statisticsAfter, batches());
}
