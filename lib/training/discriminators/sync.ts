import { describeSyncDiscriminator, syncDiscriminator } from "../../models/sync_discriminator.ts";
import { scope } from "../../nn/scope.ts";
import { tf } from "../../native/tf.ts";
import { binaryCrossEntropy, syncLoss, syncProbability } from "../losses.ts";
import { lowerWindows } from "../lower_halves.ts";
import type { DiscriminatorKind } from "./kind.ts";

/**
 * The sync discriminator: the generator's loss is E_sync (eq. 5). In its turn it sees real pairs in sync (label 1), real
 * pairs off sync (0), and drawn lips with the sound they were made for (0).
 */
export const SYNC: DiscriminatorKind = {
  specs: ({ discriminator }) => describeSyncDiscriminator(discriminator).specs,
  term: "e_sync",
  windows: true,
  pairs: true,
  generatorLoss(params, generated, { syncMel }) {
    const lips = { mel: syncMel, faces: lowerWindows(generated) };
    return syncLoss(syncProbability(syncDiscriminator(scope(params), lips)));
  },
  discriminatorLoss(params, { generated, batch, pairs }) {
    const count = pairs.labels.shape[0], windows = batch.syncMel.shape[0];
    const mel = tf.concat([pairs.mel, batch.syncMel], 0);
    const faces = tf.concat([pairs.faces, lowerWindows(generated)], 0);
    const labels = tf.concat([pairs.labels, tf.zeros([windows])], 0);
    const made = syncDiscriminator(scope(params, { training: true }), { mel, faces });
    const probability = syncProbability(made);
    // Pairs come in sync and off sync in turns.
    const inSync = tf.slice(tf.reshape(tf.slice(probability, 0, count), [count / 2, 2]), [0, 0], [-1, 1]);
    return {
      loss: binaryCrossEntropy(probability, labels),
      statistics: made.statistics,
      logged: { d_real: tf.mean(inSync), d_generated: tf.mean(tf.slice(probability, count, windows)) },
    };
  },
};
