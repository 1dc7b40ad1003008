import {
  contrastiveDiscriminator,
  describeContrastiveDiscriminator,
} from "../models/contrastive_discriminator.ts";
import { describeQualityDiscriminator, qualityDiscriminator } from "../models/quality_discriminator.ts";
import { describeSyncDiscriminator, syncDiscriminator } from "../models/sync_discriminator.ts";
import type { Named } from "../native/compile.ts";
import type { Params, Specs } from "../nn/params.ts";
import { type Scope, scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { Config, GanConfig } from "./config.ts";
import { lowerHalves, lowerWindows } from "./face_regions.ts";
import {
  binaryCrossEntropy,
  contrastiveLoss,
  pairProbabilities,
  syncLoss,
  syncProbability,
} from "./losses.ts";
import type { LossOf } from "./training_step.ts";

/** What a discriminator learns from. */
export type DiscriminatorBatch = {
  /** Faces that the generator has just made [n, 96, 96, 3]. */
  generated: Tensor;
  /** The generator's batch, as `generatorTensors` gives it. */
  batch: Named;
  /** Pairs of real lips and sound, as `syncTensors` gives them; empty where the discriminator needs none. */
  pairs: Named;
};

/** A network that the generator plays against (eq. 1), and the two losses of that game. */
interface Discriminator {
  specs(config: Config): Specs;
  /** The names in logs of its term of the generator's loss, and of its own loss. */
  term: string;
  loss: string;
  /** It sees windows of 5 frames with their sound; the others see single frames, and play along with windows too. */
  windows: boolean;
  /** It learns from pairs of the data set besides what was generated. */
  pairs: boolean;
  /**
   * It comes pretrained, and its batch norm keeps the statistics of that: those of a turn's few windows, real and generated
   * together, are not those by which the generator's loss is taken.
   */
  pretrained: boolean;
  /** The term of the generator's loss that this discriminator gives: a scalar. */
  generatorLoss(net: Scope, generated: Tensor, batch: Named): Tensor;
  /** Its own loss, and what else is worth a line in the log. */
  discriminatorLoss: LossOf<DiscriminatorBatch, Named>;
}

/**
 * The sync discriminator: the generator's loss is E_sync (eq. 5). It learns from real pairs in sync (label 1), real pairs
 * off sync (0), and generated lips with the sound they were made for (0).
 */
const SYNC: Discriminator = {
  specs: ({ discriminator }) => describeSyncDiscriminator(discriminator).specs,
  term: "e_sync",
  loss: "d_loss",
  windows: true,
  pairs: true,
  pretrained: true,
  generatorLoss(net, generated, { syncMel }) {
    const lips = { mel: syncMel, faces: lowerWindows(generated) };
    return syncLoss(syncProbability(syncDiscriminator(net, lips)));
  },
  discriminatorLoss(net, { generated, batch, pairs }) {
    const sizes = [pairs.mel.shape[0], batch.syncMel.shape[0]];
    const { audio, video } = syncDiscriminator(net, {
      mel: tf.concat([pairs.mel, batch.syncMel], 0),
      faces: tf.concat([pairs.faces, lowerWindows(generated)], 0),
    });
    const [[realAudio, ownAudio], [realVideo, madeVideo]] = [audio, video].map((x) => tf.split(x, sizes));
    const { labels, weights } = pairs;
    const ofReal = pairProbabilities({ audio: realAudio, video: realVideo }, labels.shape[1]!);
    const ofMade = syncProbability({ audio: ownAudio, video: madeVideo });
    // In sync weighs half, off sync and generated a quarter each: with two of three labels 0 every probability would sink,
    // that of real lips as well, and E_sync with it rise.
    const halved = tf.mul(weights, tf.mul(0.5, tf.add(1, labels)));
    const real = binaryCrossEntropy(ofReal, labels, halved);
    const made = binaryCrossEntropy(ofMade, tf.zerosLike(ofMade));
    return {
      loss: tf.add(real, tf.mul(1 / 4, made)),
      aux: {
        d_real: tf.div(tf.sum(tf.mul(ofReal, labels)), tf.sum(labels)),
        d_generated: tf.mean(ofMade),
      },
    };
  },
};

/**
 * LipGAN's discriminator, which sees one frame at a time: the generator's loss is the squared distance of its faces from
 * their sound. It learns to draw real faces to their sound, and to push away real faces from another moment's sound, and
 * generated faces from theirs. The public code trains on either of the last two, by a coin's toss, for each time it trains
 * on the first; here each counts half in every step.
 */
const CONTRASTIVE: Discriminator = {
  specs: ({ discriminator: { width } }) => describeContrastiveDiscriminator({ width }).specs,
  term: "contrastive",
  loss: "d_loss",
  windows: false,
  pairs: false,
  pretrained: false,
  generatorLoss(net, generated, { mel }) {
    const { distance } = contrastiveDiscriminator(net, { mel, faces: generated });
    return contrastiveLoss(distance, tf.zerosLike(distance));
  },
  discriminatorLoss(net, { generated, batch: { target, mel, offMel } }) {
    const frames = target.shape[0], ones = tf.ones([frames]), zeros = tf.zeros([frames]);
    const { distance } = contrastiveDiscriminator(net, {
      mel: tf.concat([mel, offMel, mel], 0),
      faces: tf.concat([target, target, generated], 0),
    });
    const weights = tf.concat([tf.fill([frames], 3 / 2), tf.fill([2 * frames], 3 / 4)], 0);
    const [real, off, made] = tf.split(distance, 3).map((distances) => tf.mean(distances));
    return {
      loss: contrastiveLoss(distance, tf.concat([zeros, ones, ones], 0), weights),
      aux: { distance_real: real, distance_off_sync: off, distance_generated: made },
    };
  },
};

/**
 * Wav2Lip's visual quality discriminator, blind to sound: the generator's loss is the cross entropy of its faces with
 * "real". It learns from the cross entropies of real and generated lower halves, added as in the public code.
 */
const QUALITY: Discriminator = {
  specs: ({ discriminator: { width } }) => describeQualityDiscriminator({ width }).specs,
  term: "quality",
  loss: "q_loss",
  windows: false,
  pairs: false,
  pretrained: false,
  generatorLoss(net, generated) {
    const real = qualityDiscriminator(net, lowerHalves(generated));
    return binaryCrossEntropy(real, tf.onesLike(real));
  },
  discriminatorLoss(net, { generated, batch: { target } }) {
    const frames = target.shape[0];
    const real = qualityDiscriminator(net, tf.concat([lowerHalves(target), lowerHalves(generated)], 0));
    const labels = tf.concat([tf.ones([frames]), tf.zeros([frames])], 0);
    const [ofReal, ofGenerated] = tf.split(real, 2);
    return {
      loss: tf.mul(2, binaryCrossEntropy(real, labels)),
      aux: { q_real: tf.mean(ofReal), q_generated: tf.mean(ofGenerated) },
    };
  },
};

/** All of them, by the names of their tensors in checkpoints. */
export const DISCRIMINATORS = { discriminator: SYNC, contrastive: CONTRASTIVE, quality: QUALITY };
export type DiscriminatorName = keyof typeof DISCRIMINATORS;

/** A training's two parts: single frames, and windows of 5 frames, which the sync discriminator needs. */
export type Phase = "frames" | "windows";

/** The discriminators that a system has. */
export function discriminatorsOf({ sync, quality }: GanConfig): DiscriminatorName[] {
  return [...(sync === "none" ? [] : [sync]), ...(quality ? ["quality" as const] : [])];
}

/** Those of them that the generator plays against in a phase. */
export const discriminatorsIn = (gan: GanConfig, phase: Phase): DiscriminatorName[] =>
  discriminatorsOf(gan).filter((name) => phase === "windows" || !DISCRIMINATORS[name].windows);

/** Those of these that are trained, and do not stay as they are; in the order of their turns. */
export const trainedIn = (gan: GanConfig, phase: Phase): DiscriminatorName[] =>
  discriminatorsIn(gan, phase).filter((name) => name === "quality" || gan.discriminator !== "frozen");

/** The discriminators' terms of the generator's loss, by their names in logs. */
export const discriminatorTerms = (
  discriminators: Record<string, Params>,
  generated: Tensor,
  batch: Named,
): Named =>
  Object.fromEntries(
    Object.entries(discriminators).map(([name, params]) => {
      const { term, generatorLoss } = DISCRIMINATORS[name as DiscriminatorName];
      return [term, generatorLoss(scope(params), generated, batch)];
    }),
  );

/**
 * The weights of the generator's loss in a phase: L1's is 1 - lambda2 (eq. 6), less that of visual quality, and 1 beside
 * LipGAN's contrastive loss. `syncWeight` is lambda2 now, 0 before its switch.
 */
export function lossWeights(
  gan: GanConfig,
  phase: Phase,
  { syncWeight }: { syncWeight: number },
): Record<string, number> {
  const all = { discriminator: syncWeight, contrastive: gan.contrastiveWeight, quality: gan.qualityWeight };
  const discriminators = discriminatorsIn(gan, phase);
  const shares = discriminators.filter((name) => name !== "contrastive").map((name) => all[name]);
  const terms = discriminators.map((name) => [DISCRIMINATORS[name].term, all[name]]);
  return { l1: shares.reduce((rest, share) => rest - share, 1), ...Object.fromEntries(terms) };
}
