import { binding, type Tensor, type Tensor1D, tf } from "./tf.ts";
import { CONSTANTS } from "./library.ts";

/**
 * Operations of TensorFlow that tfjs does not offer with their gradients. Each is one kernel and one
 * gradient: less memory and time than the same mathematics in several operations.
 */

type Inputs = Record<string, Tensor>;
// deno-lint-ignore no-explicit-any
type Attributes = Record<string, any>;

const T = { name: "T", type: CONSTANTS.TF_ATTR_TYPE, value: CONSTANTS.TF_FLOAT };
const U = { ...T, name: "U" };
const real = (name: string, value: number) => ({ name, type: CONSTANTS.TF_ATTR_FLOAT, value });
const flag = (name: string, value: boolean) => ({ name, type: CONSTANTS.TF_ATTR_BOOL, value });
const text = (name: string, value: string) => ({ name, type: CONSTANTS.TF_ATTR_STRING, value });

function execute(op: string, attributes: object[], inputs: Tensor[], outputs: number): Tensor[] {
  // deno-lint-ignore no-explicit-any
  return (tf.backend() as any).executeMultipleOutputs(op, attributes, inputs, outputs);
}

function register(
  name: string,
  kernel: (inputs: Inputs, attributes: Attributes) => Tensor | Tensor[],
  gradient: (dys: Tensor[], saved: Tensor[], attributes: Attributes) => Record<string, () => Tensor>,
  saves: { inputs: string[]; outputs: boolean[] },
): void {
  tf.registerKernel({
    kernelName: name,
    backendName: "tensorflow",
    // deno-lint-ignore no-explicit-any
    kernelFunc: ({ inputs, attrs }: any) => kernel(inputs, attrs ?? {}) as any,
  });
  tf.registerGradient({
    kernelName: name,
    inputsToSave: saves.inputs,
    outputsToSave: saves.outputs,
    // deno-lint-ignore no-explicit-any
    gradFunc: (dy: any, saved: Tensor[], attrs: any) =>
      gradient(Array.isArray(dy) ? dy : [dy], saved, attrs ?? {}),
  });
}

const run = (name: string, inputs: Inputs, attributes: Attributes = {}): Tensor | Tensor[] =>
  // deno-lint-ignore no-explicit-any
  tf.engine().runKernel(name, inputs as any, attributes as any) as any;

register(
  "KitRelu",
  ({ x }) => execute("Relu", [T], [x], 1)[0],
  ([dy], [y]) => ({ x: () => execute("ReluGrad", [T], [dy, y], 1)[0] }),
  { inputs: [], outputs: [true] },
);

/** max(x, 0); its gradient is one operation where tfjs's takes two. */
export const relu = (x: Tensor): Tensor => run("KitRelu", { x }) as Tensor;

register(
  "KitLeakyRelu",
  ({ x }, { slope }) => execute("LeakyRelu", [T, real("alpha", slope)], [x], 1)[0],
  ([dy], [x], { slope }) => ({
    x: () => execute("LeakyReluGrad", [T, real("alpha", slope)], [dy, x], 1)[0],
  }),
  { inputs: ["x"], outputs: [false] },
);

/** x above 0, slope * x below. */
export const leakyRelu = (x: Tensor, slope: number): Tensor =>
  run("KitLeakyRelu", { x }, { slope }) as Tensor;

const batchNormAttributes = (epsilon: number, training: boolean) => [
  T,
  U,
  real("epsilon", epsilon),
  text("data_format", "NHWC"),
  flag("is_training", training),
];

// Outputs: y, batch mean, batch variance (unbiased), then three scratch outputs that the gradient takes.
register(
  "KitBatchNormTraining",
  ({ x, scale, offset }, { epsilon }) => {
    const attributes = [...batchNormAttributes(epsilon, true), real("exponential_avg_factor", 1)];
    const unused = tf.tensor1d([]);
    const outputs = execute("FusedBatchNormV3", attributes, [x, scale, offset, unused, unused], 6);
    unused.dispose();
    return outputs;
  },
  (dys, [x, scale, r1, r2, r3], { epsilon }) => {
    const [dx, dScale, dOffset] = execute(
      "FusedBatchNormGradV3",
      batchNormAttributes(epsilon, true),
      [dys[0], x, scale, r1, r2, r3],
      5,
    );
    return { x: () => dx, scale: () => dScale, offset: () => dOffset };
  },
  { inputs: ["x", "scale"], outputs: [false, false, false, true, true, true] },
);

/**
 * Batch normalisation by the batch's own statistics.
 * x [batch, h, w, c], scale and offset [c] -> y like x, mean [c], variance [c] (unbiased, as PyTorch's
 * running variance takes it; y itself is normalised by the biased one).
 */
export function batchNormTraining(
  x: Tensor,
  { scale, offset, epsilon }: { scale: Tensor; offset: Tensor; epsilon: number },
): { y: Tensor; mean: Tensor1D; variance: Tensor1D } {
  const [y, mean, variance] = run("KitBatchNormTraining", { x, scale, offset }, { epsilon }) as Tensor[];
  return { y, mean: mean as Tensor1D, variance: variance as Tensor1D };
}

// Where several values are the largest they share its gradient, as in PyTorch; tfjs's own gives each the whole of
// it, which a flat background would multiply by its thousands of pixels.
register(
  "KitMeanMax",
  ({ x }, { axes }) => {
    const index = tf.tensor1d(axes, "int32");
    const attributes = [T, { ...T, name: "Tidx", value: CONSTANTS.TF_INT32 }, flag("keep_dims", true)];
    const pooled = ["Mean", "Max"].map((op) => execute(op, attributes, [x, index], 1)[0]);
    index.dispose();
    return pooled;
  },
  ([dMean, dMax], [x, max], { axes }) => ({
    x: () => {
      const largest = tf.equal(x, max);
      const count = tf.sum(tf.cast(largest, "float32"), axes, true);
      const all = tf.div(dMean, x.size / max.size);
      // tf.where would write its operands out at full size first.
      return execute("SelectV2", [T], [largest, tf.add(all, tf.div(dMax, count)), all], 1)[0];
    },
  }),
  { inputs: ["x"], outputs: [false, true] },
);

/** Mean and largest value over some axes, which stay with size 1. */
export function meanAndMax(x: Tensor, axes: number[]): { mean: Tensor; max: Tensor } {
  const [mean, max] = run("KitMeanMax", { x }, { axes }) as Tensor[];
  return { mean, max };
}

const lstmAttributes = [flag("use_peephole", false), T];

/** The sequence length as TensorFlow's 64-bit scalar, which tfjs has no tensor type for. */
function int64Scalar(value: number): { id: number } {
  return { id: binding.createTensor([], CONSTANTS.TF_INT64, BigInt64Array.of(BigInt(value))) };
}

function executeLstm(op: string, attributes: object[], steps: number, rest: Tensor[], outputs: number) {
  // deno-lint-ignore no-explicit-any
  const backend = tf.backend() as any;
  const length = int64Scalar(steps);
  try {
    const ids = [length.id, ...rest.map((t) => backend.getInputTensorIds([t])[0] as number)];
    // deno-lint-ignore no-explicit-any
    const made = binding.executeOp(op, attributes as any, ids, outputs);
    return made.map((output) => backend.createOutputTensor(output) as Tensor);
  } finally {
    binding.deleteTensor(length.id);
  }
}

// Outputs: hidden, then input gate, cell state, forget gate, output gate, cell input, tanh of the cell.
// Gradients flow back from the hidden and the cell state; the gates are there to be looked at.
register(
  "KitLstm",
  ({ x, kernel, bias }) => {
    const [steps, batch] = x.shape, units = bias.shape[0] / 4;
    const zero = tf.zeros([batch, units]), peephole = tf.zeros([units]);
    const inputs = [x, zero, zero, kernel, peephole, peephole, peephole, bias];
    const [i, cs, f, o, ci, co, h] = executeLstm(
      "BlockLSTMV2",
      [real("cell_clip", -1), ...lstmAttributes],
      steps,
      inputs,
      7,
    );
    zero.dispose();
    peephole.dispose();
    return [h, i, cs, f, o, ci, co];
  },
  (dys, [x, kernel, bias, h, i, cs, f, o, ci, co]) => {
    const [steps, batch] = x.shape, units = bias.shape[0] / 4;
    const zero = tf.zeros([batch, units]), peephole = tf.zeros([units]);
    const inputs = [x, zero, zero, kernel, peephole, peephole, peephole, bias, i, cs, f, o, ci, co, h];
    const gradients = executeLstm(
      "BlockLSTMGradV2",
      lstmAttributes,
      steps,
      [...inputs, dys[2], dys[0]],
      8,
    );
    return { x: () => gradients[0], kernel: () => gradients[3], bias: () => gradients[7] };
  },
  { inputs: ["x", "kernel", "bias"], outputs: [true, true, true, true, true, true, true] },
);

/**
 * One LSTM layer over a sequence from a zero state.
 * x [steps, batch, in], kernel [in + units, 4 units], bias [4 units] (gates in the order i, f, c, o)
 * -> hidden [steps, batch, units] and the gates [steps, batch, units] each.
 */
export function blockLstm(
  x: Tensor,
  { kernel, bias }: { kernel: Tensor; bias: Tensor },
): { hidden: Tensor; input: Tensor; cell: Tensor; forget: Tensor; output: Tensor } {
  const [hidden, input, cell, forget, output] = run("KitLstm", { x, kernel, bias }) as Tensor[];
  return { hidden, input, cell, forget, output };
}
