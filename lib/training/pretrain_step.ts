import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import type { SyncBatch } from "../dataset/batches.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import { usablePrecision } from "../native/precision.ts";
import type { Scope } from "../nn/scope.ts";
import { tf } from "../native/tf.ts";
import type { Config } from "./config.ts";
import { binaryCrossEntropy, pairProbabilities } from "./losses.ts";
import { averageDecay, rateShare } from "./schedule.ts";
import { sharesRight } from "./sync_accuracy.ts";
import { type TrainedNetwork, trainingStep } from "./training_step.ts";

/**
 * A batch as tensors: mel [n, 80, 16, 1], faces [n, 48, 96, 15], labels and weights of its pairs
 * [n / windows, windows seen, windows heard].
 */
export function syncTensors({ mel, faces, labels, weights, size, windows }: SyncBatch): Named {
  const pairs: [number, number, number] = [size / windows, windows, windows];
  return {
    mel: tf.tensor4d(mel, [size, MEL_BANDS, MEL_WINDOW, 1]),
    faces: tf.tensor4d(faces, [size, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
    labels: tf.tensor3d(labels, pairs),
    weights: tf.tensor3d(weights, pairs),
  };
}

/**
 * Pretraining's loss: binary cross entropy of the probability of sync (eq. 4) of all pairs of a clip's windows, which it
 * also gives [clips, windows seen, windows heard].
 */
export function pretrainLoss(net: Scope, { mel, faces, labels, weights }: Named) {
  const probability = pairProbabilities(syncDiscriminator(net, { mel, faces }), labels.shape[1]!);
  return { loss: binaryCrossEntropy(probability, labels, weights), aux: { probability } };
}

/** Shares of pairs called rightly in a batch, in-sync and off-sync apart. */
function accuracies(probability: Float32Array, labels: Float32Array) {
  const [offSync, inSync] = [0, 1].map((label) =>
    Array.from(probability.filter((_, k) => labels[k] === label))
  );
  return sharesRight(inSync, offSync);
}

/**
 * One step of pretraining, compiled on its first use. The network given, after `step` steps, is the step's own; the next
 * one comes back, with the loss, the accuracies of the batch and the norm of the gradients.
 */
export function pretrainStep(
  { pretrain }: Config,
  { compiled = true }: { compiled?: boolean } = {},
) {
  const precision = usablePrecision(pretrain.precision);
  const take = compile(trainingStep(pretrainLoss, pretrain), { enabled: compiled, donate: [0], precision });
  return (trained: TrainedNetwork, pairs: SyncBatch, step: number) =>
    tf.tidy(() => {
      const rate = pretrain.learningRate * rateShare(step, pretrain.steps, pretrain);
      const decay = averageDecay(step, pretrain.average);
      const { network, loss, norm, aux } = take(
        trained,
        syncTensors(pairs),
        tf.scalar(rate),
        tf.scalar(decay),
      );
      return {
        network,
        loss: loss.dataSync()[0],
        gradientNorm: norm.dataSync()[0],
        rate,
        ...accuracies(aux.probability.dataSync<"float32">(), pairs.labels),
      };
    });
}
