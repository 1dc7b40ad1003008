import { describeQualityDiscriminator, qualityDiscriminator } from "../../models/quality_discriminator.ts";
import { scope } from "../../nn/scope.ts";
import { tf } from "../../native/tf.ts";
import { binaryCrossEntropy } from "../losses.ts";
import { lowerHalves } from "../lower_halves.ts";
import type { DiscriminatorKind } from "./kind.ts";

/**
 * Wav2Lip's visual quality discriminator, blind to sound: the generator's loss is the cross entropy of its faces with
 * "real". In its turn the cross entropies of real and drawn lower halves are added, as the public code does.
 */
export const QUALITY: DiscriminatorKind = {
  specs: ({ discriminator: { width } }) => describeQualityDiscriminator({ width }).specs,
  term: "quality",
  windows: false,
  pairs: false,
  generatorLoss(params, generated) {
    const real = qualityDiscriminator(scope(params), lowerHalves(generated));
    return binaryCrossEntropy(real, tf.onesLike(real));
  },
  discriminatorLoss(params, { generated, batch: { target } }) {
    const frames = target.shape[0];
    const real = qualityDiscriminator(
      scope(params),
      tf.concat([lowerHalves(target), lowerHalves(generated)], 0),
    );
    const labels = tf.concat([tf.ones([frames]), tf.zeros([frames])], 0);
    const [ofReal, ofDrawn] = tf.split(real, 2);
    return {
      loss: tf.mul(2, binaryCrossEntropy(real, labels)),
      statistics: {},
      logged: { q_real: tf.mean(ofReal), q_generated: tf.mean(ofDrawn) },
    };
  },
};
