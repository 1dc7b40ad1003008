import { type Tensor, type Tensor3D, tf } from "../native/tf.ts";

/** Keeps cosines off 0 and 1, where the logarithm has no end. */
const EPSILON = 1e-6;

/**
 * Probability of sync (eq. 4): P = v . s / max(|v| |s|, eps).
 * audio, video [batch, c], not below 0 -> [batch] in [0, 1].
 */
export function syncProbability({ audio, video }: { audio: Tensor; video: Tensor }): Tensor {
  const dot = tf.sum(tf.mul(audio, video), 1);
  const squares = tf.mul(tf.sum(tf.square(audio), 1), tf.sum(tf.square(video), 1));
  // The floor lies under the root, whose slope at 0 (an embedding of zeros) has no end.
  return tf.div(dot, tf.sqrt(tf.maximum(squares, EPSILON ** 2)));
}

/**
 * Probability of sync (eq. 4) of all pairs within groups of windows, each of which was embedded once.
 * audio, video [groups x windows, c] -> [groups, windows seen, windows heard].
 */
export function pairProbabilities(
  { audio, video }: { audio: Tensor; video: Tensor },
  windows: number,
): Tensor {
  const [count, c] = audio.shape as number[], groups = count / windows;
  const [seen, heard] = [video, audio].map((x) => tf.reshape(x, [groups, windows, c]));
  const squares = (x: Tensor) => tf.sum(tf.square(x), 2, true);
  const product = tf.mul(squares(seen), tf.reshape(squares(heard), [groups, 1, windows]));
  const dot = tf.matMul(seen as Tensor3D, heard as Tensor3D, false, true);
  return tf.div(dot, tf.sqrt(tf.maximum(product, EPSILON ** 2)));
}

/**
 * Binary cross entropy of probabilities against labels of 1 (in sync) and 0: the mean, or the sum by `weights`, all of
 * one shape.
 */
export function binaryCrossEntropy(probability: Tensor, labels: Tensor, weights?: Tensor): Tensor {
  const p = tf.clipByValue(probability, EPSILON, 1 - EPSILON);
  const inSync = tf.mul(labels, tf.log(p));
  const offSync = tf.mul(tf.sub(1, labels), tf.log(tf.sub(1, p)));
  const all = tf.add(inSync, offSync);
  return tf.neg(weights ? tf.sum(tf.mul(all, weights)) : tf.mean(all));
}

/** The generator's sync loss (eq. 5): E_sync = mean(-log P). probability [batch] -> scalar. */
export const syncLoss = (probability: Tensor): Tensor =>
  tf.neg(tf.mean(tf.log(tf.clipByValue(probability, EPSILON, 1))));

/**
 * L1 reconstruction (eq. 3), the mean of |generated - target|; `weights` [1, h, w, 1] of mean 1 let the
 * mouth count for more. generated, target [batch, h, w, 3] -> scalar.
 */
export function reconstructionLoss(generated: Tensor, target: Tensor, weights?: Tensor): Tensor {
  const distance = tf.abs(tf.sub(generated, target));
  return tf.mean(weights ? tf.mul(distance, weights) : distance);
}

/** What LipGAN's discriminator keeps sound and faces apart that do not belong together. */
const MARGIN = 1;

/**
 * LipGAN's contrastive loss of distances [batch]: d^2 where sound and face belong together, max(0, 1 - d)^2 where they
 * do not (`apart` [batch] is 1). `weights` [batch] of mean 1 let some pairs count for more. Source: Hadsell et al. 2006.
 */
export function contrastiveLoss(distance: Tensor, apart: Tensor, weights?: Tensor): Tensor {
  const near = tf.mul(tf.sub(1, apart), tf.square(distance));
  const far = tf.mul(apart, tf.square(tf.maximum(tf.sub(MARGIN, distance), 0)));
  const loss = tf.add(near, far);
  return tf.mean(weights ? tf.mul(loss, weights) : loss);
}

/**
 * The generator's whole loss, its terms by their weights. Eq. 6 is { l1, e_sync } with lambda1 = 1 - lambda2 and
 * lambda2: L = lambda1 L1 + lambda2 E_sync.
 */
export const generatorLoss = (terms: Record<string, Tensor>, weights: Record<string, Tensor>): Tensor =>
  Object.entries(terms).map(([name, term]) => tf.mul(weights[name], term)).reduce((a, b) => tf.add(a, b));
