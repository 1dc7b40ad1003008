import { blockLstm } from "../native/kernels.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { layer, type Scope } from "./scope.ts";

/** What an LSTM computed at each step, all [batch, steps, units]. */
export interface LstmStates {
  hidden: Tensor;
  cell: Tensor;
  input: Tensor;
  forget: Tensor;
  output: Tensor;
}

/**
 * One LSTM layer from a zero state (Hochreiter and Schmidhuber 1997, with forget gate); its gates lie in the order input,
 * forget, cell, output, as PyTorch's.
 * x [batch, steps, inputs] -> hidden states and gates [batch, steps, units], as many units as inputs unless said.
 */
export function lstm(net: Scope, x: Tensor, { units = x.shape[2]! }: { units?: number } = {}): LstmStates {
  const states = blockLstm(tf.transpose(x, [1, 0, 2]), {
    kernel: net.param("kernel", () => ({ shape: [x.shape[2]! + units, 4 * units], fanIn: units })),
    bias: net.param("bias", () => ({ shape: [4 * units], fanIn: units })),
  });
  const batchFirst = (t: Tensor) => tf.transpose(t, [1, 0, 2]);
  return {
    hidden: layer(net, { from: x, to: batchFirst(states.hidden) }, { kind: "LSTM" }),
    cell: batchFirst(states.cell),
    input: batchFirst(states.input),
    forget: batchFirst(states.forget),
    output: batchFirst(states.output),
  };
}
