import type { Named } from "../native/compile.ts";
import { adamInit, type AdamState } from "../nn/adam.ts";
import type { Params } from "../nn/params.ts";
import type { Row } from "../base/parquet.ts";
import type { Tensor } from "../native/tf.ts";
import { flattenAdam } from "./checkpoint.ts";

/** A training step as a pure function: parameters, optimizer state and a batch in, the next ones and the loss out. */
export type TrainingStep = (
  params: Params,
  state: AdamState,
  batch: Named,
) => { params: Params; state: AdamState; loss: Tensor };

/** One of several steps on the same batch. */
export interface RepeatedStep extends Row {
  step: number;
  loss: number;
  milliseconds: number;
}

/** The middle value; of an even number of values the lower one of the two. */
export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];

/**
 * Takes `steps` training steps on one batch from fresh optimizer state: a sound network and a sound loss come near 0,
 * and two ways to run the same step show the same losses. `start` and `batch` stay the caller's.
 */
export function repeatStep(
  step: TrainingStep,
  start: Params,
  { batch, steps }: { batch: Named; steps: number },
): RepeatedStep[] {
  const rows: RepeatedStep[] = [];
  const startTensors = new Set(Object.values(start));
  let params = start, state = adamInit(start);
  const free = (kept: Set<Tensor>) =>
    [...Object.values(params), ...Object.values(flattenAdam(state))]
      .filter((tensor) => !kept.has(tensor) && !startTensors.has(tensor))
      .forEach((tensor) => tensor.dispose());
  for (let k = 0; k < steps; k++) {
    const begun = performance.now();
    const next = step(params, state, batch);
    const [loss] = next.loss.dataSync(); // waits until the step is done
    rows.push({ step: k + 1, loss, milliseconds: performance.now() - begun });
    next.loss.dispose();
    // A parameter that no gradient reaches may be handed on as it is.
    free(new Set([...Object.values(next.params), ...Object.values(flattenAdam(next.state))]));
    params = next.params;
    state = next.state;
  }
  free(new Set());
  return rows;
}
