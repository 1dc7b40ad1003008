import {
  contrastiveDiscriminator,
  describeContrastiveDiscriminator,
} from "../../models/contrastive_discriminator.ts";
import { scope } from "../../nn/scope.ts";
import { tf } from "../../native/tf.ts";
import { contrastiveLoss } from "../losses.ts";
import type { DiscriminatorKind } from "./kind.ts";

/**
 * LipGAN's discriminator, which sees one frame at a time: the generator's loss is the squared distance of what it drew
 * from its sound. In its turn it draws real faces to their sound, and pushes away real faces from another moment's sound,
 * and drawn faces from theirs. The public code trains on either of the last two, by a coin's toss, for each time it trains
 * on the first; here each counts half in every turn.
 */
export const CONTRASTIVE: DiscriminatorKind = {
  specs: ({ discriminator: { width } }) => describeContrastiveDiscriminator({ width }).specs,
  term: "contrastive",
  windows: false,
  pairs: false,
  generatorLoss(params, generated, { mel }) {
    const { distance } = contrastiveDiscriminator(scope(params), { mel, faces: generated });
    return contrastiveLoss(distance, tf.zerosLike(distance));
  },
  discriminatorLoss(params, { generated, batch: { target, mel, offMel } }) {
    const frames = target.shape[0], ones = tf.ones([frames]), zeros = tf.zeros([frames]);
    const { distance } = contrastiveDiscriminator(scope(params), {
      mel: tf.concat([mel, offMel, mel], 0),
      faces: tf.concat([target, target, generated], 0),
    });
    const weights = tf.concat([tf.fill([frames], 3 / 2), tf.fill([2 * frames], 3 / 4)], 0);
    const [real, off, made] = tf.split(distance, 3);
    return {
      loss: contrastiveLoss(distance, tf.concat([zeros, ones, ones], 0), weights),
      statistics: {},
      logged: {
        distance_real: tf.mean(real),
        distance_off_sync: tf.mean(off),
        distance_generated: tf.mean(made),
      },
    };
  },
};
