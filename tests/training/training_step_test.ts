import assert from "node:assert/strict";
import { compile } from "../../lib/native/compile.ts";
import type { Scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { averaged, beginTraining, evaluated, trainingStep } from "../../lib/training/training_step.ts";

const values = (tensor: Tensor) => Array.from(tensor.dataSync());
const near = (found: number[], expected: number[], tolerance = 1e-5) =>
  found.forEach((v, k) => assert.ok(Math.abs(v - expected[k]) < tolerance, `${found}, not ${expected}`));

/** Half the squared distance of `w` [2] from what the batch says; its gradient is w - target. */
const distance = (net: Scope, { target }: { target: Tensor }) => {
  const away = tf.sub(net.param("w", () => ({ shape: [2] })), target);
  return { loss: tf.mul(0.5, tf.sum(tf.square(away))), aux: {} };
};
const start = () => ({ w: tf.keep(tf.tensor1d([0, 0])) });
const batch = () => ({ target: tf.tensor1d([3, 4]) });

for (const enabled of [true, false]) {
  Deno.test(`the norm of the gradients is given, and clipped above a bound, ${enabled ? "compiled" : "eager"}`, () =>
    void tf.tidy(() => {
      for (const [clipNorm, m] of [[0, [-3, -4]], [10, [-3, -4]], [1, [-0.6, -0.8]]] as const) {
        const step = compile(trainingStep(distance, { clipNorm }), { enabled });
        const { network, norm } = step(beginTraining(start()), batch(), tf.scalar(1e-3));
        near(values(norm), [5]);
        // Adam's first moment after one step is a tenth of the gradient.
        near(values(network.state.m.w), m.map((v) => v / 10));
        assert.ok(!network.average);
      }
    }));

  Deno.test(`weights are averaged beside the network, ${enabled ? "compiled" : "eager"}`, () =>
    void tf.tidy(() => {
      const step = compile(trainingStep(distance), { enabled });
      let network = averaged(beginTraining(start())), average = [0, 0];
      near(values(network.average!.w), average);
      for (const decay of [0.1, 0.5, 0.9]) {
        network = step(network, batch(), tf.scalar(0.1), tf.scalar(decay)).network;
        average = values(network.params.w).map((w, k) => decay * average[k] + (1 - decay) * w);
        near(values(network.average!.w), average);
      }
      assert.equal(averaged(network), network, "an average is gone on with");
      near(values(evaluated(network).w), average);
      const plain = beginTraining(start());
      assert.equal(evaluated(plain).w, plain.params.w);
    }));
}
