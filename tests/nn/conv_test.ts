import assert from "node:assert/strict";
import {
  batchNorm,
  type Block,
  block,
  conv,
  convBlock,
  convBlocks,
  residual,
  scaled,
  transposedBlock,
} from "../../lib/nn/conv.ts";
import { valueAndGradients } from "../../lib/native/compile.ts";
import { initialize } from "../../lib/nn/params.ts";
import { describe, scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { assertClose, gradientsOf, readGolden, slope, under } from "../golden.ts";

interface Case {
  kernel: number;
  stride: number | [number, number];
  padding: number;
}

/** Compares gradients of sum(f * r) with a golden case's, each of them. */
function assertGradients(
  f: (inputs: Record<string, Tensor>) => Tensor,
  c: Record<string, Tensor>,
  what: string,
): void {
  const names = Object.keys(c).filter((name) => name.startsWith("grad/")).map((name) => name.slice(5));
  const inputs = Object.fromEntries(names.map((name) => [name, c[name]]));
  for (const [name, gradient] of Object.entries(gradientsOf(f, inputs, c.r))) {
    assertClose(gradient, c[`grad/${name}`], `${what}: gradient of ${name}`);
  }
}

Deno.test("convolutions of every shape in the block tables are PyTorch's", async () => {
  const { tensors, metadata } = await readGolden("conv");
  const cases: [string, Case][] = Object.entries(JSON.parse(metadata.cases));
  assert.equal(cases.length, 9);
  for (const [name, { kernel, stride, padding }] of cases) {
    const c = under(tensors, `${name}/`), row = block(c.bias.shape[0], kernel, stride, padding);
    const f = (inputs: Record<string, Tensor>) => conv(scope(inputs), inputs.x, row);
    assertClose(f(c), c.output, name);
    assertGradients(f, c, name);
  }
});

/** Transposed convolution alone: the block's batch norm is the identity and its ReLU cuts nothing. */
function transposed({ x, kernel, bias }: Record<string, Tensor>, stride: 1 | 2): Tensor {
  const channels = bias.shape[0], lift = 100;
  const params = {
    "up/conv/kernel": kernel,
    "up/conv/bias": tf.add(bias, lift),
    "up/norm/scale": tf.fill([channels], Math.sqrt(1 + 1e-5)),
    "up/norm/offset": tf.zeros([channels]),
    "up/norm/moving_mean": tf.zeros([channels]),
    "up/norm/moving_variance": tf.ones([channels]),
  };
  const row = { filters: channels, side: kernel.shape[0], stride };
  return tf.sub(transposedBlock(scope(params).at("up"), x, row), lift);
}

Deno.test("transposed convolutions are PyTorch's, output padding included", async () => {
  const { tensors } = await readGolden("conv_transpose");
  for (const [name, stride] of [["doubled", 2], ["unpadded", 1]] as const) {
    const c = under(tensors, `${name}/`);
    assertClose(transposed(c, stride), c.output, name);
    assertGradients((inputs) => transposed(inputs, stride), c, name);
  }
});

Deno.test("batch norm is PyTorch's in training and in evaluation, gradients included", async () => {
  const { tensors } = await readGolden("batch_norm");
  for (const training of [true, false]) {
    const what = training ? "training" : "evaluation", c = under(tensors, `${what}/`);
    const net = (inputs: Record<string, Tensor>) =>
      scope(
        Object.fromEntries(
          ["scale", "offset", "moving_mean", "moving_variance"].map((
            name,
          ) => [`n/${name}`, inputs[name] ?? c[name]]),
        ),
        { training },
      );
    const applied = net(c);
    assertClose(batchNorm(applied.at("n"), c.x), c.output, what);
    assertGradients((inputs) => batchNorm(net(inputs).at("n"), inputs.x), c, what);
    assert.deepEqual(Object.keys(applied.statistics), training ? ["n/moving_mean", "n/moving_variance"] : []);
    for (const [name, tensor] of Object.entries(applied.statistics)) {
      assertClose(tensor, c[`after/${name.slice(2)}`], `${what}: ${name}`);
    }
  }
});

Deno.test("blocks with and without CBAM are PyTorch's: conv, CBAM, norm, residual, ReLU", async () => {
  const { tensors, metadata } = await readGolden("block");
  for (
    const [name, row] of Object.entries(JSON.parse(metadata.cases)) as [
      string,
      Case & { residual: boolean },
    ][]
  ) {
    const c = under(tensors, `${name}/`), channels = c["norm/scale"].shape[0];
    const table: Block = {
      ...block(channels, row.kernel, row.stride, row.padding),
      cbam: name !== "plain",
      ...(row.residual ? { residual: true } : {}),
    };
    const net = (inputs: Record<string, Tensor>) =>
      scope({
        ...Object.fromEntries(
          Object.entries(inputs).filter(([key]) => /^(conv|cbam|norm)\//.test(key)).map((
            [key, t],
          ) => [`b/${key}`, t]),
        ),
        "b/norm/moving_mean": tf.zeros([channels]),
        "b/norm/moving_variance": tf.ones([channels]),
      }, { training: true });
    const applied = net(c);
    assertClose(convBlock(applied.at("b"), c.x, table), c.output, name);
    assert.deepEqual(Object.keys(applied.maps), name === "plain" ? [] : ["b"]);
    for (const statistic of ["moving_mean", "moving_variance"]) {
      assertClose(
        applied.statistics[`b/norm/${statistic}`],
        c[`after/${statistic}`],
        `${name}: ${statistic}`,
      );
    }
    // Nothing but rounding reaches a bias that batch norm takes away again: such a gradient is no number to compare.
    const { "grad/conv/bias": bias, ...rest } = c;
    const withoutBias = name === "plain" ? rest : { ...rest, "grad/conv/bias": bias };
    assertGradients(
      (inputs) => convBlock(net({ ...c, ...inputs }).at("b"), inputs.x, table),
      withoutBias,
      name,
    );
  }
});

Deno.test("a bias before batch norm moves the moving mean alone: its gradient is exactly zero", () => {
  const row = block(4, 3), up = { filters: 4, side: 3, stride: 2 as const };
  const x = tf.randomNormal([2, 5, 6, 3], 0, 1, "float32", 1);
  const given = initialize(
    describe(1, (net, input) => [
      convBlock(net.at("plain"), input(5, 6, 3), row),
      transposedBlock(net.at("up"), input(5, 6, 3), up),
    ]).specs,
    2,
  );
  for (const part of ["plain", "up"]) {
    const apply = (params: Record<string, Tensor>, training: boolean) => {
      const net = scope(params, { training });
      const y = part === "up" ? transposedBlock(net.at(part), x, up) : convBlock(net.at(part), x, row);
      return { y, mean: net.statistics[`${part}/norm/moving_mean`] };
    };
    const bias = `${part}/conv/bias`, shifted = { ...given, [bias]: tf.add(given[bias], 3) };
    const was = apply(given, true), now = apply(shifted, true);
    assertClose(now.y, was.y, `${part}: output in training`);
    assertClose(now.mean, tf.add(was.mean, 0.1 * 3), `${part}: moving mean`);
    // In evaluation the bias counts: shifting it is shifting the moving mean the other way.
    const mean = `${part}/norm/moving_mean`;
    const other = { ...given, [mean]: tf.sub(given[mean], 3) };
    assertClose(apply(shifted, false).y, apply(other, false).y, `${part}: output in evaluation`);
    const loss = (b: Tensor) => tf.sum(tf.square(apply({ ...given, [bias]: b }, true).y));
    const { gradients } = valueAndGradients((p) => ({ loss: loss(p.bias), aux: {} }), { bias: given[bias] });
    assert.deepEqual(Array.from(gradients.bias.dataSync()), new Array(given[bias].size).fill(0));
  }
});

Deno.test("a block's gradient, as finite differences see it", () => {
  const rows = residual(8, 1).map((row) => ({ ...row, cbam: true }));
  const { specs } = describe(1, (net, input) => convBlocks(net.at("b"), input(6, 5, 8), rows));
  const params = initialize(specs, 3);
  const [x, direction] = [4, 5].map((seed) => tf.randomNormal([2, 6, 5, 8], 0, 1, "float32", seed));
  const weights = tf.randomNormal([2, 6, 5, 8], 0, 1, "float32", 6);
  const loss = (t: Tensor) =>
    tf.sum(tf.mul(weights, convBlock(scope(params, { training: true }).at("b/0"), t, rows[0])));
  const analytic = tf.sum(tf.mul(tf.grad(loss as never)(x), direction)).dataSync()[0];
  const seen = slope(loss, x, direction, 1e-3);
  assert.ok(Math.abs(analytic - seen) < 1e-2 * Math.abs(seen), `${analytic}, seen ${seen}`);
});

Deno.test("rows of a table: padding keeps the size unless said otherwise, and width scales filters", () => {
  assert.deepEqual(block(32, 7), { filters: 32, kernel: [7, 7], stride: [1, 1], pad: [3, 3] });
  assert.deepEqual(block(64, 5, [1, 2], 1), { filters: 64, kernel: [5, 5], stride: [1, 2], pad: [1, 1] });
  assert.deepEqual(residual(64, 2), [1, 2].map(() => ({ ...block(64, 3), residual: true })));
  assert.deepEqual([scaled(512, 0.25), scaled(32, 0.25), scaled(32, 0.03), scaled(30, 0.25)], [128, 8, 8, 8]);
});
