import assert from "node:assert/strict";
import { compile, type Named, valueAndGradients } from "../../lib/native/compile.ts";
import { adamStep } from "../../lib/nn/adam.ts";
import { trainable } from "../../lib/nn/params.ts";
import { tf } from "../../lib/native/tf.ts";
import { repeatStep } from "../../lib/training/repeat_step.ts";
import type { TrainedNetwork } from "../../lib/training/training_step.ts";

const rate = tf.keep(tf.scalar(0.1));

/** (w - target)^2 by Adam; the moving mean is handed on as it is. */
const step = ({ params, state }: TrainedNetwork, batch: Named) => {
  const { loss, gradients } = valueAndGradients(
    ({ w }) => ({ loss: tf.sum(tf.square(tf.sub(w, batch.target))), aux: {} }),
    trainable(params),
  );
  return { network: adamStep({ params, gradients, state }, rate), loss };
};

Deno.test("steps on one batch bring the loss down, eager and compiled alike, and leave nothing behind", () => {
  const start = { w: tf.tensor1d([0]), "norm/moving_mean": tf.tensor1d([5]) };
  const batch = { target: tf.tensor1d([1]) };
  const before = tf.memory().numTensors;
  const eager = repeatStep(compile(step, { enabled: false, donate: [0] }), start, { batch, steps: 20 });
  const compiled = repeatStep(compile(step, { donate: [0] }), start, { batch, steps: 20 });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(eager.map((row) => row.step), Array.from({ length: 20 }, (_, k) => k + 1));
  assert.equal(eager[0].loss, 1);
  // Adam's first step is as long as the learning rate: w = 0.1.
  assert.ok(Math.abs(eager[1].loss - 0.81) < 1e-4);
  assert.ok(eager.at(-1)!.loss < 0.1);
  compiled.forEach(({ loss }, k) => assert.ok(Math.abs(loss - eager[k].loss) < 1e-6));
  assert.ok(eager.every(({ milliseconds }) => milliseconds > 0));
  assert.deepEqual([...start.w.dataSync()], [0], "the start is not changed");
  tf.dispose([start, batch]);
});
