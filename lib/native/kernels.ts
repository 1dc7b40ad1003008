import { binding, type Tensor, type Tensor1D, tf } from "./tf.ts";
import { CONSTANTS } from "./library.ts";

/**
 * Operations of TensorFlow that tfjs does not offer with their gradients. Each is one kernel and one
 * gradient: less memory and time than the same mathematics in several operations.
 */

const T = { name: "T", type: CONSTANTS.TF_ATTR_TYPE, value: CONSTANTS.TF_FLOAT };
const U = { ...T, name: "U" };
const real = (name: string, value: number) => ({ name, type: CONSTANTS.TF_ATTR_FLOAT, value });
const flag = (name: string, value: boolean) => ({ name, type: CONSTANTS.TF_ATTR_BOOL, value });
const text = (name: string, value: string) => ({ name, type: CONSTANTS.TF_ATTR_STRING, value });

function execute(op: string, attributes: object[], inputs: Tensor[], outputs: number): Tensor[] {
  // deno-lint-ignore no-explicit-any
  return (tf.backend() as any).executeMultipleOutputs(op, attributes, inputs, outputs);
}

/**
 * The outputs of an operation on named inputs. Its gradient is given those of the outputs, and the tensors that `saved`
 * chooses among inputs and outputs, which live until then.
 */
function differentiable(inputs: Record<string, Tensor>, { forward, saved, gradient }: {
  forward: () => Tensor[];
  saved: (outputs: Tensor[]) => Tensor[];
  gradient: (dys: Tensor[], saved: Tensor[]) => Record<string, () => Tensor>;
}): Tensor[] {
  // deno-lint-ignore no-explicit-any
  return (tf.engine() as any).runKernelFunc({
    inputs,
    forwardFunc(_backend: unknown, save: (tensors: Tensor[]) => void) {
      const outputs = forward();
      save(saved(outputs));
      return outputs;
    },
    backwardsFunc: (dy: Tensor | Tensor[], kept: Tensor[]) => gradient([dy].flat(), kept),
  });
}

/** max(x, 0); its gradient is one operation where tfjs's takes two. */
export function relu(x: Tensor): Tensor {
  const [y] = differentiable({ x }, {
    forward: () => execute("Relu", [T], [x], 1),
    saved: (outputs) => outputs,
    gradient: ([dy], [y]) => ({ x: () => execute("ReluGrad", [T], [dy, y], 1)[0] }),
  });
  return y;
}

/** a b of two matrices; tfjs's own runs a batch of one, which takes nine times as long where they are small. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  const product = (x: Tensor, y: Tensor, [first, second]: [boolean, boolean]) =>
    execute("MatMul", [T, flag("transpose_a", first), flag("transpose_b", second)], [x, y], 1)[0];
  const [y] = differentiable({ a, b }, {
    forward: () => [product(a, b, [false, false])],
    saved: () => [a, b],
    gradient: ([dy], [a, b]) => ({
      a: () => product(dy, b, [false, true]),
      b: () => product(a, dy, [true, false]),
    }),
  });
  return y;
}

/** x above 0, slope * x below. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  const attributes = [T, real("alpha", slope)];
  const [y] = differentiable({ x }, {
    forward: () => execute("LeakyRelu", attributes, [x], 1),
    saved: () => [x],
    gradient: ([dy], [x]) => ({ x: () => execute("LeakyReluGrad", attributes, [dy, x], 1)[0] }),
  });
  return y;
}

/**
 * Batch normalisation by the batch's own statistics.
 * x [batch, h, w, c], scale and offset [c] -> y like x, mean [c], variance [c] (unbiased, as PyTorch's
 * running variance takes it; y itself is normalised by the biased one).
 */
export function batchNormTraining(
  x: Tensor,
  { scale, offset, epsilon }: { scale: Tensor; offset: Tensor; epsilon: number },
): { y: Tensor; mean: Tensor1D; variance: Tensor1D } {
  const form = [T, U, real("epsilon", epsilon), text("data_format", "NHWC"), flag("is_training", true)];
  const [y, mean, variance] = differentiable({ x, scale, offset }, {
    // Outputs: y, batch mean, batch variance (unbiased), then three scratch outputs that the gradient takes.
    forward() {
      const attributes = [...form, real("exponential_avg_factor", 1)], unused = tf.tensor1d([]);
      return execute("FusedBatchNormV3", attributes, [x, scale, offset, unused, unused], 6);
    },
    saved: (outputs) => [x, scale, ...outputs.slice(3)],
    gradient([dy], saved) {
      const [dx, dScale, dOffset] = execute("FusedBatchNormGradV3", form, [dy, ...saved], 5);
      return { x: () => dx, scale: () => dScale, offset: () => dOffset };
    },
  });
  return { y, mean: mean as Tensor1D, variance: variance as Tensor1D };
}

/** Mean and largest value over some axes, which stay with size 1. */
export function meanAndMax(x: Tensor, axes: number[]): { mean: Tensor; max: Tensor } {
  const attributes = [T, { ...T, name: "Tidx", value: CONSTANTS.TF_INT32 }, flag("keep_dims", true)];
  const [mean, max] = differentiable({ x }, {
    forward() {
      const index = tf.tensor1d(axes, "int32");
      return ["Mean", "Max"].map((op) => execute(op, attributes, [x, index], 1)[0]);
    },
    saved: ([, max]) => [x, max],
    // Where several values are the largest they share its gradient, as in PyTorch; tfjs's own gives each the whole of
    // it, which a flat background would multiply by its thousands of pixels.
    gradient: ([dMean, dMax], [x, max]) => ({
      x() {
        const largest = tf.equal(x, max), count = tf.sum(tf.cast(largest, "float32"), axes, true);
        const all = tf.div(dMean, x.size / max.size);
        // tf.where would write its operands out at full size first.
        return execute("SelectV2", [T], [largest, tf.add(all, tf.div(dMax, count)), all], 1)[0];
      },
    }),
  });
  return { mean, max };
}

let variables = 0;

/**
 * Runs an operation that changes variables in place on copies of tensors: it is given resource handles of `values` and then
 * `inputs`. Returns the values as they are afterwards; the tensors given stay as they are.
 */
function executeInPlace(op: string, attributes: object[], values: Tensor[], inputs: Tensor[]): Tensor[] {
  // deno-lint-ignore no-explicit-any
  const backend = tf.backend() as any, idOf = (t: Tensor): number => backend.getInputTensorIds([t])[0];
  const run = (op: string, attributes: object[], ids: number[], outputs: number) =>
    // deno-lint-ignore no-explicit-any
    binding.executeOp(op, attributes as any, ids, outputs);
  const dtype = { ...T, name: "dtype" };
  const handles = values.map((value) => {
    const shape = { name: "shape", type: CONSTANTS.TF_ATTR_SHAPE, value: value.shape };
    const name = text("shared_name", `variable_${variables++}`); // two of one name would be one variable
    const [{ id }] = run("VarHandleOp", [dtype, shape, name, text("container", "")], [], 1);
    run("AssignVariableOp", [dtype], [id, idOf(value)], 0);
    return id;
  });
  run(op, attributes, [...handles, ...inputs.map(idOf)], 0);
  return handles.map((handle) => {
    const [value] = run("ReadVariableOp", [dtype], [handle], 1);
    run("DestroyResourceOp", [], [handle], 0);
    binding.deleteTensor(handle);
    return backend.createOutputTensor(value) as Tensor;
  });
}

/** What a parameter has come to in an optimizer: its value, and the first and second moment of its gradient. */
export interface Moments {
  value: Tensor;
  m: Tensor;
  v: Tensor;
}

/**
 * Adam's step of one parameter: m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
 * value <- value - rate sqrt(1 - power2) / (1 - power1) m / (sqrt(v) + epsilon). All but the tensors of the parameter's shape
 * are scalars; the powers are the betas' to the number of steps. One pass over memory, where its operations take eleven.
 */
export function adam(
  { value, m, v }: Moments,
  gradient: Tensor,
  { power1, power2, rate, beta1, beta2, epsilon }: Record<
    "power1" | "power2" | "rate" | "beta1" | "beta2" | "epsilon",
    Tensor
  >,
): Moments {
  const [nextValue, nextM, nextV] = executeInPlace(
    "ResourceApplyAdam",
    [T, flag("use_locking", false), flag("use_nesterov", false)],
    [value, m, v],
    [power1, power2, rate, beta1, beta2, epsilon, gradient],
  );
  return { value: nextValue, m: nextM, v: nextV };
}

/** Runs an LSTM's operation, whose first input is the length of the sequence: a 64-bit scalar, which tfjs has no type for. */
function executeLstm(op: string, attributes: object[], steps: number, rest: Tensor[], outputs: number) {
  // deno-lint-ignore no-explicit-any
  const backend = tf.backend() as any;
  const length = binding.createTensor([], CONSTANTS.TF_INT64, BigInt64Array.of(BigInt(steps)));
  try {
    const ids = [length, ...rest.map((t) => backend.getInputTensorIds([t])[0] as number)];
    // deno-lint-ignore no-explicit-any
    const made = binding.executeOp(op, attributes as any, ids, outputs);
    return made.map((output) => backend.createOutputTensor(output) as Tensor);
  } finally {
    binding.deleteTensor(length);
  }
}

/**
 * One LSTM layer over a sequence from a zero state.
 * x [steps, batch, in], kernel [in + units, 4 units], bias [4 units] (gates in the order i, f, c, o)
 * -> hidden [steps, batch, units] and the gates [steps, batch, units] each.
 * Gradients flow back from the hidden and the cell state; the gates are there to be looked at.
 */
export function blockLstm(
  x: Tensor,
  { kernel, bias }: { kernel: Tensor; bias: Tensor },
): { hidden: Tensor; input: Tensor; cell: Tensor; forget: Tensor; output: Tensor } {
  const [steps, batch] = x.shape, units = bias.shape[0] / 4, form = [flag("use_peephole", false), T];
  const withZeros = (x: Tensor, kernel: Tensor, bias: Tensor) => {
    const zero = tf.zeros([batch, units]), peephole = tf.zeros([units]);
    return [x, zero, zero, kernel, peephole, peephole, peephole, bias];
  };
  const [input, cell, forget, output, , , hidden] = differentiable({ x, kernel, bias }, {
    // Outputs: input gate, cell state, forget gate, output gate, cell input, tanh of the cell, hidden state.
    forward: () =>
      executeLstm("BlockLSTMV2", [real("cell_clip", -1), ...form], steps, withZeros(x, kernel, bias), 7),
    saved: (outputs) => [x, kernel, bias, ...outputs],
    gradient([, dCell, , , , , dHidden], [x, kernel, bias, ...outputs]) {
      const inputs = [...withZeros(x, kernel, bias), ...outputs, dCell, dHidden];
      const gradients = executeLstm("BlockLSTMGradV2", form, steps, inputs, 8);
      return { x: () => gradients[0], kernel: () => gradients[3], bias: () => gradients[7] };
    },
  });
  return { hidden, input, cell, forget, output };
}
