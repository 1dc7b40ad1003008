import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import type { SyncBatch } from "../dataset/batches.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import type { Scope } from "../nn/scope.ts";
import { tf } from "../native/tf.ts";
import type { Config } from "./config.ts";
import { binaryCrossEntropy, syncProbability } from "./losses.ts";
import { sharesRight } from "./sync_accuracy.ts";
import { type TrainedNetwork, trainingStep } from "./training_step.ts";

/** A batch as tensors: mel [n, 80, 16, 1], faces [n, 48, 96, 15], labels [n]. */
export const syncTensors = ({ mel, faces, labels, size }: SyncBatch): Named => ({
  mel: tf.tensor4d(mel, [size, MEL_BANDS, MEL_WINDOW, 1]),
  faces: tf.tensor4d(faces, [size, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
  labels: tf.tensor1d(labels),
});

/** Pretraining's loss: binary cross entropy of the probability of sync (eq. 4), which it also gives [n]. */
export function pretrainLoss(net: Scope, { mel, faces, labels }: Named) {
  const probability = syncProbability(syncDiscriminator(net, { mel, faces }));
  return { loss: binaryCrossEntropy(probability, labels), aux: { probability } };
}

/** Shares of pairs called rightly in a batch, in-sync and off-sync apart. */
function accuracies(probability: Float32Array, labels: Float32Array) {
  const [offSync, inSync] = [0, 1].map((label) =>
    Array.from(probability.filter((_, k) => labels[k] === label))
  );
  return sharesRight(inSync, offSync);
}

/**
 * One step of pretraining, compiled on its first use. The network given is the step's own; the next one comes back, with
 * the loss and the accuracies of the batch.
 */
export function pretrainStep({ pretrain }: Config, { compiled = true }: { compiled?: boolean } = {}) {
  const step = compile(trainingStep(pretrainLoss), { enabled: compiled, donate: [0] });
  return (trained: TrainedNetwork, pairs: SyncBatch) =>
    tf.tidy(() => {
      const { network, loss, aux } = step(trained, syncTensors(pairs), tf.scalar(pretrain.learningRate));
      return {
        network,
        loss: loss.dataSync()[0],
        ...accuracies(aux.probability.dataSync<"float32">(), pairs.labels),
      };
    });
}
