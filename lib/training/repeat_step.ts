import { leaves, withLeaves } from "../native/compile.ts";
import type { Params } from "../nn/params.ts";
import type { Row } from "../base/parquet.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { beginTraining, type TrainedNetwork } from "./training_step.ts";

/** One of several steps on the same batch. */
export interface RepeatedStep extends Row {
  step: number;
  loss: number;
  milliseconds: number;
}

/**
 * Takes `steps` training steps on one batch from fresh optimizer state: a sound network and a sound loss come near 0,
 * and two ways to run the same step show the same losses. `step` is compiled with `donate: [0]`, as training's are;
 * `start` and `batch` stay the caller's.
 */
export function repeatStep<Batch>(
  step: (network: TrainedNetwork, batch: Batch) => { network: TrainedNetwork; loss: Tensor },
  start: Params,
  { batch, steps }: { batch: Batch; steps: number },
): RepeatedStep[] {
  let network = beginTraining(withLeaves(start, leaves(start).map((tensor) => tensor.clone())));
  const rows = Array.from({ length: steps }, (_, k): RepeatedStep => {
    const begun = performance.now();
    const { next, loss } = tf.tidy(() => {
      const made = step(network, batch);
      return { next: made.network, loss: made.loss.dataSync()[0] }; // waits until the step is done
    });
    network = next;
    return { step: k + 1, loss, milliseconds: performance.now() - begun };
  });
  tf.dispose(network);
  return rows;
}
