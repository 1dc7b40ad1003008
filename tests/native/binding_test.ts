import assert from "node:assert/strict";
import { CONSTANTS } from "../../lib/native/library.ts";
import { binding, type Tensor, type Tensor3D, type Tensor4D, tf } from "../../lib/native/tf.ts";

const { TF_FLOAT, TF_INT32, TF_INT64, TF_STRING, TF_BOOL } = CONSTANTS;
const LONG = "a string too long to lie within its 24 bytes: ü, 口型";
const utf8 = (text: string) => new TextEncoder().encode(text);
const numbers = (...values: number[]) => new Float32Array(values);
const values = (tensor: Tensor) => Array.from(tensor.dataSync());

/** Runs one operation of TensorFlow's own on float vectors and gives back its first output. */
function execute(op: string, attributes: [string, number, unknown][], ...inputs: Float32Array[]) {
  const ids = inputs.map((data) => binding.createTensor([data.length], TF_FLOAT, data));
  const listed = attributes.map(([name, type, value]) => ({ name, type, value }));
  const [made] = binding.executeOp(op, listed, ids, 1);
  const data = binding.tensorDataSync(made.id);
  [...ids, made.id].forEach((id) => binding.deleteTensor(id));
  return { ...made, data };
}

const near = (found: ArrayLike<number>, expected: number[], tolerance = 1e-6) => {
  assert.equal(found.length, expected.length);
  expected.forEach((value, k) =>
    assert.ok(Math.abs(found[k] - value) <= tolerance, `[${found}] [${expected}]`)
  );
};

Deno.test("it is TensorFlow 2.21", () => assert.match(binding.TF_Version, /^2\.21\./));

Deno.test("a convolution and its gradients, by hand", () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const kernel = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
  const conv = (a: Tensor, k: Tensor) => tf.conv2d(a as Tensor4D, k as Tensor4D, 1, "valid");
  const y = conv(x, kernel);
  assert.deepEqual(y.shape, [1, 2, 2, 1]);
  assert.deepEqual(values(y), [37, 47, 67, 77]);
  const [dx, dKernel] = tf.grads(conv)([x, kernel], tf.onesLike(y));
  assert.deepEqual(values(dKernel), [12, 16, 24, 28], "the sums under each tap");
  assert.deepEqual(values(dx), [1, 3, 2, 4, 10, 6, 3, 7, 4], "the kernel laid at each output");
  const same = tf.conv2d(x, kernel, 2, "same");
  assert.deepEqual(values(same), [37, 3 + 3 * 6, 7 + 2 * 8, 9], "zeros after the last row and column");
});

Deno.test("numbers of each type go in and come out", () => {
  assert.deepEqual(values(tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]]))), [
    19,
    22,
    43,
    50,
  ]);
  const whole = tf.tensor1d([7, -7, 2_000_000_000], "int32");
  assert.deepEqual(values(whole.add(tf.scalar(1, "int32"))), [8, -6, 2_000_000_001]);
  assert.ok(whole.dataSync() instanceof Int32Array);
  const truth = tf.tensor1d([true, false, true], "bool").logicalAnd(tf.tensor1d([true, true, false], "bool"));
  assert.equal(truth.dtype, "bool");
  assert.deepEqual(values(truth), [1, 0, 0]);
  assert.deepEqual(values(tf.scalar(3.5)), [3.5]);
  assert.deepEqual(values(tf.zeros([0, 4]).add(1)), []);
  assert.deepEqual(values(tf.cast(tf.tensor1d([1.7, -1.7]), "int32")), [1, -1]);
  const top = tf.topk(tf.tensor1d([3, 9, 5]), 2);
  assert.deepEqual([values(top.values), values(top.indices)], [[9, 5], [1, 2]]);
});

Deno.test("complex numbers: a Fourier transform of one cosine", () => {
  const cosine = tf.tensor1d(Array.from({ length: 8 }, (_, n) => Math.cos(2 * Math.PI * n / 8)));
  const spectrum = tf.spectral.fft(tf.complex(cosine, tf.zeros([8])));
  assert.equal(spectrum.dtype, "complex64");
  near(values(tf.real(spectrum)), [0, 4, 0, 0, 0, 0, 0, 4], 1e-5);
  near(values(tf.imag(spectrum)), [0, 0, 0, 0, 0, 0, 0, 0], 1e-5);
  near(values(tf.real(tf.spectral.ifft(spectrum))), values(cosine), 1e-6);
});

Deno.test("strings go in and come out, whatever their length", () => {
  const texts = ["", "b", LONG, LONG.repeat(1000)];
  const tensor = tf.tensor(texts);
  assert.deepEqual(Array.from(tensor.dataSync<"string">()), texts);
  assert.deepEqual(Array.from(tf.concat([tensor, tensor]).dataSync<"string">()), [...texts, ...texts]);
});

Deno.test("a string outlives the tensor it was taken from", () => {
  const tensor = tf.tensor([LONG, "b"]);
  const parts = [tf.reshape(tensor, [2, 1]), tf.slice(tensor, [0], [2]), tensor.clone()];
  tensor.dispose();
  tf.dispose(tf.reshape(tf.tensor(["x".repeat(LONG.length)]), [1, 1]));
  for (const part of parts) assert.deepEqual(Array.from(part.dataSync<"string">()), [LONG, "b"]);
});

Deno.test("images are coded and decoded", async () => {
  const image = tf.tensor3d(Array.from({ length: 4 * 5 * 3 }, (_, k) => (k * 37) % 256), [4, 5, 3], "int32");
  const png = await tf.node.encodePng(image as Tensor3D);
  const decoded = tf.node.decodePng(png, 3);
  assert.deepEqual(decoded.shape, [4, 5, 3]);
  assert.deepEqual(values(decoded), values(image));
});

Deno.test("attributes of each kind reach the operation", () => {
  const { TF_ATTR_FLOAT, TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_TYPE, TF_ATTR_SHAPE } = CONSTANTS;
  const T: [string, number, unknown] = ["T", TF_ATTR_TYPE, TF_FLOAT];
  near(execute("LeakyRelu", [T, ["alpha", TF_ATTR_FLOAT, 0.25]], numbers(-8, 8)).data as Float32Array, [
    -2,
    8,
  ]);
  const cast = execute(
    "Cast",
    [["SrcT", TF_ATTR_TYPE, TF_FLOAT], ["DstT", TF_ATTR_TYPE, TF_INT32]],
    numbers(3),
  );
  assert.deepEqual([cast.dtype, ...cast.data as Int32Array], [TF_INT32, 3]);
  const buckets = execute("Bucketize", [T, ["boundaries", TF_ATTR_FLOAT, [0, 1, 2]]], numbers(-1, 0.5, 7));
  assert.deepEqual(Array.from(buckets.data as Int32Array), [0, 1, 3], "a list of floats");
  assert.deepEqual(execute("EnsureShape", [T, ["shape", TF_ATTR_SHAPE, [2]]], numbers(1, 2)).shape, [2]);
  assert.throws(
    () => execute("EnsureShape", [T, ["shape", TF_ATTR_SHAPE, [3]]], numbers(1, 2)),
    /Shape of tensor .* \[2\] is not compatible with expected shape \[3\]/,
  );
  const squeezed = execute("Squeeze", [T, ["squeeze_dims", TF_ATTR_INT, [0]]], numbers(5));
  assert.deepEqual(squeezed.shape, [], "a list of integers");
  assert.deepEqual(execute("IdentityN", [["T", TF_ATTR_TYPE, [TF_FLOAT]]], numbers(1)).shape, [1], "types");
  const summary = execute("TensorSummary", [T, ["labels", TF_ATTR_STRING, ["one", LONG]]], numbers(1));
  assert.equal(summary.dtype, TF_STRING, "a list of strings");
  assert.deepEqual(values(tf.cumsum(tf.tensor1d([1, 2, 3]), 0, true, true)), [5, 3, 0], "truth values");
  const digest =
    binding.executeOp("StringLength", [{ name: "unit", type: TF_ATTR_STRING, value: "UTF8_CHAR" }], [
      binding.createTensor([1], TF_STRING, [utf8("口型")]),
    ], 1)[0];
  assert.deepEqual(Array.from(binding.tensorDataSync(digest.id) as Int32Array), [2], "a string");
  const constant = binding.createTensor([2], TF_FLOAT, numbers(1, 2));
  const [made] = binding.executeOp(
    "Const",
    [
      { name: "dtype", type: TF_ATTR_TYPE, value: TF_FLOAT },
      { name: "value", type: CONSTANTS.TF_ATTR_TENSOR, value: constant },
    ],
    [],
    1,
  );
  near(binding.tensorDataSync(made.id) as Float32Array, [1, 2]);
});

Deno.test("64-bit whole numbers and truth values keep their type", () => {
  const id = binding.createTensor([2], TF_INT64, BigInt64Array.of(-1n, 1n << 40n));
  assert.deepEqual(Array.from(binding.tensorDataSync(id) as BigInt64Array), [-1n, 1n << 40n]);
  binding.deleteTensor(id);
  const truth = binding.createTensor([2], TF_BOOL, Uint8Array.of(1, 0));
  assert.deepEqual(Array.from(binding.tensorDataSync(truth) as Uint8Array), [1, 0]);
  binding.deleteTensor(truth);
});

Deno.test("faults carry TensorFlow's own message and leave the binding usable", () => {
  const [a, b] = [1, 2].map(() => binding.createTensor([2, 3], TF_FLOAT, new Float32Array(6)));
  const attributes = [{ name: "T", type: CONSTANTS.TF_ATTR_TYPE, value: TF_FLOAT }];
  const before = binding.getNumOfTensors();
  assert.throws(
    () => binding.executeOp("MatMul", attributes, [a, b], 1),
    /Invalid TF_Status: 3\nMessage: Matrix size-incompatible: In\[0\]: \[2,3\], In\[1\]: \[2,3\]/,
  );
  assert.throws(() => binding.executeOp("NoSuchOp", [], [a], 1), /NoSuchOp/);
  assert.throws(() => binding.executeOp("Add", attributes, [a], 1), /expected 2 inputs, got 1/);
  assert.equal(binding.getNumOfTensors(), before);
  assert.deepEqual(binding.executeOp("Add", attributes, [a, b], 1)[0].shape, [2, 3]);
  binding.deleteTensor(a);
  assert.throws(() => binding.tensorDataSync(a), /Tensor ID not referenced/);
  binding.deleteTensor(b);
});

Deno.test("no tensor is left behind by tidy work, not even by one that fails", () => {
  const kernel = tf.randomNormal([3, 3, 2, 4]) as Tensor4D;
  const work = () =>
    tf.tidy(() => {
      const x = tf.randomNormal([2, 6, 6, 2]) as Tensor4D;
      const loss = (k: Tensor) => tf.sum(tf.square(tf.relu(tf.conv2d(x, k as Tensor4D, 1, "same")))) as never;
      tf.grad(loss)(kernel).dataSync();
      tf.reshape(tf.tensor([LONG, "b"]), [2, 1]).dataSync();
      assert.throws(() => binding.executeOp("MatMul", [], [], 1));
    });
  work();
  const tensors = tf.memory().numTensors, handles = binding.getNumOfTensors();
  for (let k = 0; k < 200; k++) work();
  assert.equal(tf.memory().numTensors, tensors);
  assert.equal(binding.getNumOfTensors(), handles);
});

Deno.test("the memory of strings comes back", () => {
  const megabyte = new Uint8Array(1e6).fill(65);
  const work = () => {
    const id = binding.createTensor([], TF_STRING, [megabyte]);
    const type = { name: "T", type: CONSTANTS.TF_ATTR_TYPE, value: TF_STRING };
    const [copy] = binding.executeOp("Identity", [type], [id], 1);
    binding.deleteTensor(id);
    binding.deleteTensor(copy.id);
  };
  for (let k = 0; k < 50; k++) work();
  const before = Deno.memoryUsage().rss;
  for (let k = 0; k < 500; k++) work();
  assert.ok(Deno.memoryUsage().rss - before < 100e6, "500 strings of 1 MB each were freed");
});
