import { KitError } from "../base/errors.ts";
import { compile, type Named } from "../native/compile.ts";
import type { Params } from "../nn/params.ts";
import { tf } from "../native/tf.ts";
import type { PretrainConfig } from "./config.ts";
import { pretrainLoss } from "./pretrain_step.ts";
import { repeatStep } from "./repeat_step.ts";
import { trainingStep } from "./training_step.ts";

/** Steps on the one batch, and the steps at the end whose mean loss counts. */
const STEPS = 40, LAST = 5;
/** A sound step brings the loss on its one batch below this share of the first one. */
const SHARE = 0.9;

/**
 * Says in one line that network, loss and optimizer learn one batch, by its losses step by step.
 * Throws KitError where they do not.
 */
export function judgeOneBatch(losses: number[]): string {
  const last = losses.slice(-LAST), end = last.reduce((sum, loss) => sum + loss, 0) / last.length;
  const seen = `loss ${losses[0].toFixed(3)} to ${end.toFixed(3)} in ${losses.length} steps on one batch`;
  if (end < SHARE * losses[0]) return `Network, loss and optimizer are sound: ${seen}`;
  throw new KitError(
    `One batch is not learnt: ${seen}`,
    "A long run would learn nothing: change the rate (pretrain.learningRate), then look at the loss and the network",
  );
}

/** Takes some steps on one batch at the run's full rate from `start`, which stays the caller's, and judges them. */
export function checkOneBatch(
  start: Params,
  { batch, pretrain, compiled = true }: { batch: Named; pretrain: PretrainConfig; compiled?: boolean },
): string {
  const rate = tf.scalar(pretrain.learningRate);
  const step = compile(trainingStep(pretrainLoss, pretrain), { enabled: compiled, donate: [0] });
  const steps = repeatStep((network, given: Named) => step(network, given, rate), start, {
    batch,
    steps: STEPS,
  });
  rate.dispose();
  return judgeOneBatch(steps.map(({ loss }) => loss));
}
