import assert from "node:assert/strict";
import { compile, type Named, valueAndGradients } from "../../lib/native/compile.ts";
import { adamInit, type AdamState, adamStep } from "../../lib/nn/adam.ts";
import { isStatistic, type Params, trainable } from "../../lib/nn/params.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { assertClose, readGolden, relativeError, under } from "../golden.ts";

/** A whole network as PyTorch computes it (tests/goldens/make_sync.py says what its files hold). */
export interface NetworkGolden {
  params: Params;
  tensors: Record<string, Tensor>;
  /** Losses of ten Adam steps on one batch by learning rate (tests/goldens/make_training.py). */
  losses: Record<number, number[]>;
  /** How far PyTorch's own float32 is from these float64 results, relative to the largest value. */
  float32: { stored_gradients: number };
}

export async function readNetwork(name: string): Promise<NetworkGolden> {
  const { tensors: params } = await readGolden(`${name}_weights`);
  const { tensors, metadata } = await readGolden(name);
  const { tensors: training } = await readGolden("training");
  return {
    params,
    tensors,
    losses: Object.fromEntries(
      Object.entries(under(training, `${name}/`)).map((
        [rate, t],
      ) => [Number(rate), Array.from(t.dataSync())]),
    ),
    float32: JSON.parse(metadata.float32),
  };
}

/** A network on the golden's batch: its outputs by name, and moving statistics after it. */
export type Forward = (
  params: Params,
  training: boolean,
) => { outputs: Record<string, Tensor>; statistics: Params };

/** Outputs in training and in evaluation, and moving statistics after training, within 1e-4. */
export function assertForward({ params, tensors }: NetworkGolden, forward: Forward): void {
  for (const mode of ["training", "evaluation"]) {
    const { outputs, statistics } = forward(params, mode === "training");
    for (const [name, output] of Object.entries(under(tensors, `${mode}/`))) {
      assertClose(outputs[name], output, `${mode}: ${name}`);
    }
    if (mode === "evaluation") assert.deepEqual(statistics, {});
    else {for (const [name, t] of Object.entries(under(tensors, "after/"))) {
        assertClose(statistics[name], t, name);
      }}
  }
}

/** Gradients of the loss, the stored ones as vectors and the size of every one, as near as PyTorch's float32. */
export function assertGradients(
  { params, tensors, float32 }: NetworkGolden,
  loss: (params: Params) => Tensor,
  { floor = 1e-4, times = 2 }: { floor?: number; times?: number } = {},
): void {
  const tolerance = Math.max(floor, times * float32.stored_gradients);
  const { gradients } = valueAndGradients(
    (trained) => ({ loss: loss({ ...params, ...trained }), aux: {} }),
    trainable(params),
  );
  const sizes = Object.entries(under(tensors, "grad_norm/")).map(([name, t]) =>
    [name, t.dataSync()[0]] as const
  );
  assert.deepEqual(sizes.map(([name]) => name).sort(), Object.keys(gradients).sort());
  const largest = Math.max(...sizes.map(([, size]) => size));
  for (const [name, size] of sizes) {
    // A bias that batch norm takes away again has no gradient but rounding.
    if (size < 1e-5 * largest) continue;
    const found = tf.norm(gradients[name]).dataSync()[0];
    assert.ok(
      Math.abs(found - size) < tolerance * size,
      `size of the gradient of ${name}: ${found}, ${size}`,
    );
    const stored = tensors[`grad/${name}`];
    if (stored) assertClose(gradients[name], stored, `gradient of ${name}`, tolerance);
  }
}

/**
 * Ten compiled Adam steps at a learning rate have PyTorch's losses: each within `within(step)`, relative to PyTorch's in
 * float64, and its fall from the first within `fall` of the whole fall.
 */
export function assertTraining(
  { params, losses }: NetworkGolden,
  { batch, rate, within, fall, lossOf }: {
    batch: Named;
    rate: number;
    within: (step: number) => number;
    fall: number;
    lossOf: (params: Params, batch: Named) => { loss: Tensor; statistics: Params };
  },
): void {
  const step = compile((all: Params, adam: AdamState, data: Named) => {
    const { loss, gradients, aux } = valueAndGradients((trained) => {
      const made = lossOf({ ...all, ...trained }, data);
      return { loss: made.loss, aux: made.statistics };
    }, trainable(all));
    const next = adamStep({ params: all, gradients, state: adam }, tf.scalar(rate));
    return { params: { ...next.params, ...aux }, state: next.state, loss };
  });
  let all = params, state = adamInit(params);
  const expected = losses[rate], found: number[] = [];
  for (let k = 0; k < expected.length; k++) {
    const next = step(all, state, batch);
    found.push(next.loss.dataSync()[0]);
    ({ params: all, state } = next);
  }
  const whole = expected[0] - expected.at(-1)!;
  expected.forEach((loss, k) => {
    const said = `step ${k} at rate ${rate}: loss ${found[k]}, PyTorch's ${loss}`;
    assert.ok(relativeError([found[k]], [loss]) < within(k), said);
    assert.ok(Math.abs(found[0] - found[k] - (expected[0] - loss)) < fall * whole, said);
  });
}

/** The names and shapes of parameters, sorted. */
export const shapesOf = (params: Record<string, { shape: number[] }>): string[] =>
  Object.entries(params).map(([name, { shape }]) => `${name} [${shape}]${isStatistic(name) ? " moving" : ""}`)
    .sort();
