import type { Params } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { generator } from "../models/generator.ts";
import { inception } from "../models/inception.ts";
import type { ForeignNetworkName } from "../models/pytorch_names.ts";
import { qualityDiscriminator } from "../models/quality_discriminator.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { syncnetAudio, syncnetLip } from "../models/syncnet.ts";

/** [batch, c, h, w] -> [batch, h, w, c] */
const nhwc = (x: Tensor): Tensor => tf.transpose(x, [0, 2, 3, 1]);
const nchw = (x: Tensor): Tensor => tf.transpose(x, [0, 3, 1, 2]);

/** Images side by side along the channels, their colours the other way round. x [batch, h, w, 3 n] -> the same. */
function reversed(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as number[];
  return tf.reshape(tf.reverse(tf.reshape(x, [batch, height, width, channels / 3, 3]), 4), x.shape);
}

/**
 * What the kit's networks answer to inputs as PyTorch's forms of them take them: channels first, BGR for those that were
 * trained so. Outputs as PyTorch's, by name.
 */
export const pytorchForward: Record<
  ForeignNetworkName,
  (params: Params, inputs: Tensor[]) => Record<string, Tensor>
> = {
  /** mel [batch, 1, 80, 16], faces [batch, 6, 96, 96] */
  "wav2lip": (params, [mel, faces]) => {
    const inputs = { mel: nhwc(mel), faces: reversed(nhwc(faces)) };
    return { face: nchw(reversed(generator(scope(params), inputs).face)) };
  },
  /** mel [batch, 1, 80, 16], faces [batch, 15, 48, 96] */
  "wav2lip-expert": (params, [mel, faces]) => {
    const inputs = { mel: nhwc(mel), faces: reversed(nhwc(faces)) };
    const { audio, video } = syncDiscriminator(scope(params), inputs);
    return { audio, video };
  },
  /** faces [batch, 3, 48, 96] */
  "visual-quality": (params, [faces]) => ({
    real: qualityDiscriminator(scope(params), reversed(nhwc(faces))),
  }),
  /** MFCC [batch, 1, 13, 20], faces [batch, 3, 5, 224, 224] */
  "syncnet": (params, [mfcc, faces]) => {
    const [batch, channels, frames, height, width] = faces.shape as number[];
    const channelsLast = tf.transpose(faces, [0, 3, 4, 2, 1]), net = scope(params);
    const sideBySide = tf.reshape(channelsLast, [batch, height, width, frames * channels]);
    return { audio: syncnetAudio(net, nhwc(mfcc)), lip: syncnetLip(net, reversed(sideBySide)) };
  },
  /** images [batch, 3, h, w], RGB */
  "inception": (params, [images]) => ({ ...inception(scope(params), nhwc(images)) }),
};
