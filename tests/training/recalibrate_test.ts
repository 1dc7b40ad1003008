import assert from "node:assert/strict";
import { batchNorm } from "../../lib/nn/conv.ts";
import { disposeParams, initialize, type Params } from "../../lib/nn/params.ts";
import { describe } from "../../lib/nn/scope.ts";
import { tf } from "../../lib/native/tf.ts";
import { recalibrate, statisticsPass } from "../../lib/training/recalibrate.ts";

Deno.test("statistics become those of the batches, whatever they were before; weights stay", async () => {
  const before = tf.memory().numTensors;
  const { specs } = describe(1, (net, input) => batchNorm(net.at("n"), input(1, 1, 2)));
  const params: Params = initialize(specs, 1);
  params["n/moving_mean"].dispose();
  params["n/moving_mean"] = tf.tensor1d([1e6, -1e6]);
  const pass = statisticsPass((net, { mel }) => batchNorm(net.at("n"), mel));
  const column = [-1, 1, -1, 1].map((v) => v * Math.sqrt(3) / 2);
  // Values of mean 3 and 5 and unbiased variance 4 and 0.25 in every batch.
  const sample = () =>
    Promise.resolve({ mel: tf.tensor4d(column.flatMap((v) => [3 + 2 * v, 5 + v / 2]), [4, 1, 1, 2]) });
  const done = await recalibrate(params, { pass, sample });
  const values = (name: string) => Array.from(done[`n/${name}`].dataSync());
  const near = (found: number[], expected: number[]) =>
    expected.forEach((v, k) =>
      assert.ok(Math.abs(found[k] - v) < 1e-4 * Math.abs(v), `[${found}], not [${expected}]`)
    );
  near(values("moving_mean"), [3, 5]);
  near(values("moving_variance"), [4, 0.25]);
  assert.deepEqual(values("scale"), [1, 1]);
  assert.equal(params["n/moving_mean"].dataSync()[0], 1e6, "the given parameters are left alone");
  disposeParams(params);
  disposeParams(done);
  assert.equal(tf.memory().numTensors, before);
});
