import { initSyncDiscriminator, type SyncDiscriminatorConfig } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import { disposeParams, type Params } from "../nn/params.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { pretrainLoss } from "./pretrain_step.ts";
import { lossAndGradients } from "./training_step.ts";

/** How strongly one layer is pulled by one batch. */
export type LayerGradient = {
  /** Path of the layer, such as "video/3". */
  layer: string;
  encoder: "audio" | "video";
  /** Place in its encoder, from the input on. */
  depth: number;
  /** Root mean square of the gradient of the convolution's kernel, over that of the kernel. */
  pull: number;
};

/**
 * What a batch asks of each convolution of a fresh discriminator: the size of its kernel's gradient relative to the
 * kernel. Layers whose pull is orders of magnitude below others' hardly learn under plain gradient descent.
 */
export function gradientByLayer(
  config: SyncDiscriminatorConfig,
  batch: Named,
  { seed = 1 }: { seed?: number } = {},
): LayerGradient[] {
  const params = initSyncDiscriminator(config, seed);
  const rows = tf.tidy(() => {
    const { gradients } = lossAndGradients(pretrainLoss, params, batch);
    const size = (t: Tensor) => Math.sqrt(tf.mean(tf.square(t)).dataSync()[0]);
    return Object.keys(gradients).filter((name) => name.endsWith("/conv/kernel")).map(
      (name): LayerGradient => {
        const [encoder, depth] = name.split("/");
        return {
          layer: `${encoder}/${depth}`,
          encoder: encoder as "audio" | "video",
          depth: Number(depth),
          pull: size(gradients[name]) / size(params[name]),
        };
      },
    );
  });
  disposeParams(params);
  return rows;
}

/**
 * Milliseconds of forward pass and gradients of one batch for each discriminator, compiled: the quickest of `rounds`,
 * in which they take turns, so that other work on the machine troubles all alike.
 */
export function stepMilliseconds(
  configs: SyncDiscriminatorConfig[],
  batch: Named,
  { rounds = 6 }: { rounds?: number } = {},
): number[] {
  const steps = configs.map((config) => {
    const params = initSyncDiscriminator(config, 1);
    const step = compile((all: Params, given: Named) => lossAndGradients(pretrainLoss, all, given));
    return { params, run: () => tf.tidy(() => step(params, batch).loss.dataSync()[0]) };
  });
  const quickest = configs.map(() => Infinity);
  for (let round = 0; round <= rounds; round++) {
    steps.forEach(({ run }, k) => {
      const begun = performance.now();
      run();
      if (round > 0) quickest[k] = Math.min(quickest[k], performance.now() - begun); // the first one records
    });
  }
  steps.forEach(({ params }) => disposeParams(params));
  return quickest;
}
