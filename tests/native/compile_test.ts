import assert from "node:assert/strict";
import { random } from "../../lib/base/random.ts";
import { initSyncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { compile, leaves, type Named, valueAndGradients, withLeaves } from "../../lib/native/compile.ts";
import { binding, type Tensor, type Tensor4D, tf } from "../../lib/native/tf.ts";
import { pretrainLoss } from "../../lib/training/pretrain_step.ts";
import { beginTraining, trainingStep } from "../../lib/training/training_step.ts";

const values = (tensor: Tensor) => Array.from(tensor.dataSync());
const thin = { lstm: "front" as const, cbam: true, width: 0.03 };

/** A made batch of pairs, the same for the same seed. */
function madeBatch(seed: number, size = 4): Named {
  const r = random(seed);
  const fill = (count: number, low: number, high: number) =>
    Float32Array.from({ length: count }, () => low + (high - low) * r.uniform());
  return {
    mel: tf.tensor4d(fill(size * 80 * 16, -4, 4), [size, 80, 16, 1]),
    faces: tf.tensor4d(fill(size * 48 * 96 * 15, 0, 1), [size, 48, 96, 15]),
    labels: tf.tensor3d(Array.from({ length: size / 2 }, () => [[1, 0], [0, 1]])),
    weights: tf.fill([size / 2, 2, 2], 1 / (2 * size)),
  };
}

/** Runs pretraining steps and gives back their losses; frees everything it made. */
function losses(steps: number, { enabled, onStep }: { enabled: boolean; onStep?: () => void }): number[] {
  let network = beginTraining(initSyncDiscriminator(thin, 7));
  const step = compile(trainingStep(pretrainLoss), { enabled, donate: [0] });
  const rate = tf.scalar(1e-3), batches = [0, 1, 2].map((seed) => madeBatch(seed));
  const found = [];
  for (let k = 0; k < steps; k++) {
    const { network: next, loss, norm, aux } = step(network, batches[k % 3], rate);
    found.push(loss.dataSync()[0]);
    tf.dispose([loss, norm, aux]);
    network = next;
    onStep?.();
  }
  tf.dispose([network, rate, batches] as never);
  return found;
}

Deno.test("a compiled training step gives eager's losses", () => {
  const before = tf.memory().numTensors;
  const [compiled, eager] = [losses(6, { enabled: true }), losses(6, { enabled: false })];
  for (let k = 0; k < 6; k++) {
    assert.ok(Math.abs(compiled[k] - eager[k]) < 1e-5, `step ${k}: ${compiled[k]}, eager ${eager[k]}`);
  }
  assert.ok(new Set(compiled).size === 6, "the losses are not frozen");
  assert.equal(tf.memory().numTensors, before);
});

for (const enabled of [true, false]) {
  Deno.test(`steps that own their network gain no tensor, ${enabled ? "compiled" : "eager"}`, () => {
    const counts: number[] = [], handles: number[] = [];
    losses(enabled ? 100 : 8, {
      enabled,
      onStep: () => {
        counts.push(tf.memory().numTensors);
        handles.push(binding.getNumOfTensors());
      },
    });
    // By the third step each batch has been copied into TensorFlow's memory.
    assert.equal(new Set(counts.slice(3)).size, 1, "tensors");
    assert.equal(new Set(handles.slice(3)).size, 1, "TensorFlow's handles");
  });

  Deno.test(`what is donated is gone, unless it is handed back; the rest stays, ${enabled ? "compiled" : "eager"}`, () => {
    const before = tf.memory().numTensors;
    const [a, b, c, d] = [1, 2, 3, 4].map((v) => tf.scalar(v));
    const step = compile(
      (own: { a: Tensor; b: Tensor }, lent: { c: Tensor; d: Tensor }) => ({
        sum: tf.add(own.a, lent.c),
        handed: [own.b, lent.d],
      }),
      { enabled, donate: [0] },
    );
    const { sum, handed } = step({ a, b }, { c, d });
    assert.deepEqual([a, b, c, d].map((tensor) => tensor.isDisposed), [true, true, false, false]);
    tf.dispose([c, d]);
    assert.deepEqual([sum, ...handed].map((tensor) => tensor.dataSync()[0]), [4, 2, 4]);
    tf.dispose([sum, ...handed]);
    assert.equal(tf.memory().numTensors, before);
  });
}

Deno.test("a step is recorded once for each set of shapes and types", () => {
  let recorded = 0;
  const twice = compile((x: Tensor) => {
    recorded++;
    return tf.mul(x, x.dtype === "int32" ? tf.scalar(2, "int32") : 2);
  });
  tf.tidy(() => {
    for (const x of [[1, 2], [3, 4], [5, 6]]) {
      assert.deepEqual(
        values(twice(tf.tensor1d(x))),
        x.map((v) => 2 * v),
      );
    }
    assert.equal(recorded, 1);
    assert.deepEqual(values(twice(tf.tensor1d([1, 2, 3]))), [2, 4, 6]);
    assert.equal(recorded, 2);
    assert.deepEqual(values(twice(tf.tensor1d([1, 2], "int32"))), [2, 4]);
    assert.equal(recorded, 3);
    twice(tf.tensor1d([7, 7, 7]));
    assert.equal(recorded, 3);
  });
});

Deno.test("trees go in and come out, an argument handed straight back included", () => {
  const step = compile(({ a, rest }: { a: Tensor; rest: Tensor[] }, { b }: { b: Tensor }) => ({
    sum: tf.add(a, rest[1]),
    nested: [b, { again: b, product: tf.mul(rest[0], b) }] as const,
  }));
  tf.tidy(() => {
    const [a, b, c, d] = [1, 2, 3, 4].map((v) => tf.scalar(v));
    const out = step({ a, rest: [c, d] }, { b });
    assert.equal(out.sum.dataSync()[0], 5);
    const [handed, { again, product }] = out.nested;
    assert.deepEqual([handed, again, product].map((t) => t.dataSync()[0]), [2, 2, 6]);
    b.dispose();
    assert.equal(handed.dataSync()[0], 2, "results do not die with the arguments");
    assert.deepEqual(leaves(out).length, 4);
    assert.equal(withLeaves({ x: [a] }, [c]).x[0], c);
    assert.throws(() => leaves({ a, n: 3 }), /tensors in objects and arrays, not 3/);
  });
});

Deno.test("what would be frozen is refused, and the binding goes on", () => {
  const big = tf.randomNormal([2000]), x = tf.tensor1d([1, 2, 3]);
  tf.dispose([tf.neg(big), tf.neg(x)]); // both are in TensorFlow's memory now
  const refusals: [string, (x: Tensor) => Tensor, RegExp][] = [
    ["reading a value", (t) => tf.scalar(t.dataSync()[0]), /read a tensor's value .*compile: false/],
    ["reading a made value", (t) => tf.scalar(tf.add(t, 1).arraySync() as number), /read a tensor's value/],
    ["Math.random", (t) => tf.mul(t, Math.random()), /drew a random number in JavaScript.*argument/],
    ["randomNormal", (t) => tf.add(t, tf.randomNormal([3])), /drew a random number in JavaScript/],
    ["dropout", (t) => tf.dropout(t, 0.5), /drew a random number in JavaScript/],
    [
      "a seeded random tensor",
      (t) => tf.add(t, tf.sum(tf.randomNormal([5000], 0, 1, "float32", 3))),
      /\[5000\].*argument/,
    ],
    ["a captured tensor", (t) => tf.add(t, tf.sum(big)), /\[2000\] that is none of its arguments.*argument/],
    [
      "shapes that depend on values",
      (t) => tf.gatherND(t, tf.zeros([1, 1], "int32")).add(whereOf(t)),
      /shapes/,
    ],
    ["a wrong operation", (t) => tf.reshape(binary("MatMul", t, t), [1]), /rank 2|must be rank/],
  ];
  const tensors = tf.memory().numTensors, handles = binding.getNumOfTensors();
  const random = Math.random;
  for (const [what, step, message] of refusals) {
    const compiled = compile(step);
    assert.throws(() => compiled(x), message, what);
    assert.throws(() => compiled(x), message, `${what}, asked again`);
    assert.equal(binding.recorder, null, what);
    assert.equal(Math.random, random, what);
  }
  assert.equal(tf.memory().numTensors, tensors, "no tensor is left of a refused step");
  assert.equal(binding.getNumOfTensors(), handles);
  const audio = compile((t: Tensor) => tf.add(t, 1));
  assert.deepEqual(values(audio(x)), [2, 3, 4]);
  assert.deepEqual(values(tf.add(x, 1)), [2, 3, 4]);
});

const backend = () =>
  tf.backend() as unknown as {
    executeSingleOutput(op: string, attributes: object[], inputs: Tensor[]): Tensor;
  };
const float = { name: "T", type: 4, value: 1 };
const binary = (op: string, a: Tensor, b: Tensor) => backend().executeSingleOutput(op, [float], [a, b]);
/** The places of values that are not zero: how many there are, nobody knows before. */
const whereOf = (t: Tensor) => backend().executeSingleOutput("Where", [float], [t]);

Deno.test("compile() does not nest, recorded before or not", () => {
  const inner = compile((x: Tensor) => tf.add(x, 1));
  const outer = compile((x: Tensor) => inner(tf.mul(x, 2)));
  const x = tf.scalar(1);
  assert.throws(() => outer(x), /compile\(\) does not nest/);
  assert.equal(inner(x).dataSync()[0], 2);
  assert.throws(() => outer(x), /compile\(\) does not nest/);
  const open = compile((t: Tensor) => inner(tf.mul(t, 2)), { enabled: false });
  assert.equal(open(x).dataSync()[0], 3, "an eager step may call a compiled one");
});

Deno.test("an eager step may do what a compiled one may not, and tidies up", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const before = tf.memory().numTensors;
  const step = compile((t: Tensor) => ({ first: tf.add(t, tf.add(t, 1).dataSync()[0]) }), { enabled: false });
  const { first } = step(x);
  assert.deepEqual(values(first), [3, 4, 5]);
  first.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("small numbers made inside are constants, zeros and ones of any size are allowed", () => {
  const step = compile((x: Tensor) => tf.add(tf.mul(x, tf.tensor1d([1, 2, 3])), tf.sum(tf.ones([100, 100]))));
  tf.tidy(() => assert.deepEqual(values(step(tf.tensor1d([1, 1, 1]))), [10001, 10002, 10003]));
});

Deno.test("gradients: values, what was computed on the way, zeros for what the loss does not reach", () => {
  const parameters = { w: tf.tensor1d([1, 2]), unused: tf.tensor2d([[1, 2]]) };
  const x = tf.tensor1d([3, 4]);
  const step = ({ p, data }: { p: Named; data: Tensor }) =>
    valueAndGradients(({ w }) => {
      const y = tf.mul(w, data);
      return { loss: tf.sum(tf.square(y)), aux: { y, deep: [tf.neg(y)] } };
    }, p);
  for (const enabled of [true, false]) {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { loss, gradients, aux } = compile(step, { enabled })({ p: parameters, data: x });
      assert.equal(loss.dataSync()[0], 9 + 64);
      assert.deepEqual(values(gradients.w), [2 * 9, 2 * 32]);
      assert.deepEqual(gradients.unused.shape, [1, 2]);
      assert.deepEqual(values(gradients.unused), [0, 0]);
      assert.deepEqual([values(aux.y), values(aux.deep[0])], [[3, 8], [-3, -8]]);
    });
    assert.equal(tf.memory().numTensors, before);
  }
});

/** A convolution's output and both its gradients for a loss of squares, compiled. */
function convolved(precision: "float32" | "bfloat16", x: Tensor, kernel: Tensor) {
  const step = compile(({ x, kernel }: Record<string, Tensor>) => {
    const { loss, gradients } = valueAndGradients(
      (p) => ({
        loss: tf.sum(tf.square(tf.conv2d(p.x as Tensor4D, p.kernel as Tensor4D, 1, "same"))),
        aux: {},
      }),
      { x, kernel },
    );
    return { loss, x: gradients.x, kernel: gradients.kernel };
  }, { precision });
  return step({ x, kernel });
}

Deno.test("in bfloat16 a convolution and its gradients are those of 32 bits to 1 %, and are rounded", () => {
  const x = tf.randomNormal([2, 6, 7, 8], 0, 1, "float32", 1);
  const kernel = tf.randomNormal([3, 3, 8, 16], 0, 1, "float32", 2);
  const exact = convolved("float32", x, kernel), rounded = convolved("bfloat16", x, kernel);
  for (const name of ["loss", "x", "kernel"] as const) {
    const off = tf.norm(tf.sub(rounded[name], exact[name])).dataSync()[0] /
      tf.norm(exact[name]).dataSync()[0];
    assert.equal(rounded[name].dtype, "float32");
    assert.ok(off > 1e-6 && off < 1e-2, `${name} is off by ${off}`);
  }
});

Deno.test("a convolution of few channels stays in 32 bits", () => {
  const x = tf.randomNormal([2, 6, 7, 2], 0, 1, "float32", 1);
  const kernel = tf.randomNormal([3, 3, 2, 8], 0, 1, "float32", 2);
  const exact = convolved("float32", x, kernel), asked = convolved("bfloat16", x, kernel);
  for (const name of ["loss", "x", "kernel"] as const) {
    assert.deepEqual(Array.from(asked[name].dataSync()), Array.from(exact[name].dataSync()));
  }
});
