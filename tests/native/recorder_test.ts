import assert from "node:assert/strict";
import { CONSTANTS } from "../../lib/native/library.ts";
import { Recorder } from "../../lib/native/recorder.ts";
import { binding, type Tensor, tf } from "../../lib/native/tf.ts";

const { TF_FLOAT } = CONSTANTS;
const float = { name: "T", type: CONSTANTS.TF_ATTR_TYPE, value: TF_FLOAT };
// deno-lint-ignore no-explicit-any
const backend = () => tf.backend() as any;
const idOf = (tensor: Tensor): number => backend().getInputTensorIds([tensor])[0];
const tensorOf = (id: number) => Array.from(binding.tensorDataSync(id) as Float32Array);

/** Records `step` on one float vector [3] and returns what was recorded. */
function record(step: (x: Tensor) => Tensor[]) {
  const recorder = new Recorder(binding);
  try {
    let recorded;
    tf.tidy(() => {
      const x = backend().createOutputTensor(recorder.argument(TF_FLOAT, [3])) as Tensor;
      const outputs = step(x);
      recorder.end(outputs.map(idOf));
      recorded = { name: recorder.name, statistics: recorder.statistics, outputs: outputs.length };
    });
    return recorded!;
  } finally {
    recorder.close();
  }
}

/** Runs a recorded function on a vector; the values of its outputs. */
function call({ name, outputs }: { name: string; outputs: number }, data: number[]): number[][] {
  const id = binding.createTensor([3], TF_FLOAT, new Float32Array(data));
  const made = binding.executeOp(name, [], [id], outputs);
  const found = made.map((output) => tensorOf(output.id));
  [id, ...made.map((output) => output.id)].forEach((each) => binding.deleteTensor(each));
  return found;
}

Deno.test("operations become nodes of one function", () => {
  const recorded = record((x) => [tf.mul(tf.add(x, x), tf.scalar(3)), tf.neg(x)]);
  // Argument, constant, add, mul, neg, and an identity for each output.
  assert.deepEqual(recorded.statistics, { nodes: 7, constants: 1, fills: 0 });
  assert.deepEqual(call(recorded, [1, 2, 3]), [[6, 12, 18], [-1, -2, -3]]);
});

Deno.test("a tensor used twice is one constant; large tensors of one value are filled, not stored", () => {
  const { statistics } = record((x) => {
    const two = tf.scalar(2);
    return [tf.add(tf.mul(x, two), tf.add(tf.mul(two, tf.sum(tf.zeros([40, 40]))), tf.sum(tf.ones([2000]))))];
  });
  assert.equal(statistics.fills, 2);
  // The scalar, two axes of sums, and shape and value of each fill.
  assert.equal(statistics.constants, 1 + 2 + 4);
});

Deno.test("lists of inputs are lists, whatever comes before and after them", () => {
  const recorded = record((x) => [tf.concat([x, tf.neg(x), x]), tf.stack([x, x], 1)]);
  assert.deepEqual(call(recorded, [1, 2, 3]), [[1, 2, 3, -1, -2, -3, 1, 2, 3], [1, 1, 2, 2, 3, 3]]);
});

Deno.test("several outputs of one operation stay apart", () => {
  const recorded = record((x) => tf.split(x, 3).reverse());
  assert.deepEqual(call(recorded, [1, 2, 3]), [[3], [2], [1]]);
});

Deno.test("whole numbers are recorded as well", () => {
  const recorded = record((x) => {
    const places = tf.tensor1d([2, 0], "int32");
    return [tf.gather(x, places), tf.cast(tf.argMax(x), "float32")];
  });
  assert.deepEqual(call(recorded, [5, 9, 7]), [[7, 5], [1]]);
});

Deno.test("what a graph cannot hold is refused by name", () => {
  const execute = (op: string, attributes: object[], inputs: Tensor[]) =>
    backend().executeSingleOutput(op, attributes, inputs) as Tensor;
  const labels = { name: "labels", type: CONSTANTS.TF_ATTR_STRING, value: ["a"] };
  assert.throws(
    () => record((x) => [execute("TensorSummary", [float, labels], [x])]),
    /labels, a list of strings/,
  );
  assert.throws(
    () => record((x) => [execute("Where", [float], [x])]),
    /shapes that follow.*Where gave \[-1,1\]/,
  );
  assert.throws(() => record((x) => [execute("NoSuchOp", [float], [x])]), /NoSuchOp/);
  assert.throws(() => record((x) => [execute("MatMul", [float], [x, x])]), /rank 2/);
  assert.throws(() => {
    const handle = { name: "dtype", type: CONSTANTS.TF_ATTR_TYPE, value: TF_FLOAT };
    const shape = { name: "shape", type: CONSTANTS.TF_ATTR_SHAPE, value: [3] };
    const variable = backend().executeSingleOutput("VarHandleOp", [handle, shape], []) as Tensor;
    try {
      record(() => [execute("ReadVariableOp", [handle], [variable])]);
    } finally {
      variable.dispose();
    }
  }, /resource variable/);
  assert.equal(binding.recorder, null);
});

Deno.test("recording does not nest, and closing twice does no harm", () => {
  const recorder = new Recorder(binding);
  assert.throws(() => new Recorder(binding), /does not nest/);
  recorder.close();
  recorder.close();
  assert.equal(binding.recorder, null);
});
