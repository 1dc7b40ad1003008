import { blockLstm } from "../native/kernels.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { Params, Specs } from "./params.ts";

/** What an LSTM computed at each step, all [batch, steps, units]. */
export interface LstmStates {
  hidden: Tensor;
  cell: Tensor;
  input: Tensor;
  forget: Tensor;
  output: Tensor;
}

/** Parameters of one LSTM layer; the gates lie in the order input, forget, cell, output, as PyTorch's. */
export function lstmSpecs(path: string, { inputs, units }: { inputs: number; units: number }): Specs {
  return {
    [`${path}/kernel`]: { shape: [inputs + units, 4 * units], fanIn: units },
    [`${path}/bias`]: { shape: [4 * units], fanIn: units },
  };
}

/**
 * One LSTM layer from a zero state (Hochreiter and Schmidhuber 1997, with forget gate).
 * x [batch, steps, inputs] -> hidden states and gates [batch, steps, units].
 */
export function lstm(params: Params, path: string, x: Tensor): LstmStates {
  const states = blockLstm(tf.transpose(x, [1, 0, 2]), {
    kernel: params[`${path}/kernel`],
    bias: params[`${path}/bias`],
  });
  const batchFirst = (t: Tensor) => tf.transpose(t, [1, 0, 2]);
  return {
    hidden: batchFirst(states.hidden),
    cell: batchFirst(states.cell),
    input: batchFirst(states.input),
    forget: batchFirst(states.forget),
    output: batchFirst(states.output),
  };
}
