import assert from "node:assert/strict";
import { pytorchForward } from "../../lib/bench/pytorch_forward.ts";
import { foreignNetworks } from "../../lib/models/pytorch_names.ts";
import {
  describeQualityDiscriminator,
  qualityDiscriminator,
} from "../../lib/models/quality_discriminator.ts";
import { compile, type Named, valueAndGradients } from "../../lib/native/compile.ts";
import { adamDefaults, adamInit, type AdamState, adamStep } from "../../lib/nn/adam.ts";
import { countParameters, disposeParams, initialize, type Params } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { binaryCrossEntropy } from "../../lib/training/losses.ts";
import { assertClose, readGolden, relativeError } from "../golden.ts";
import { importMade } from "./made_network.ts";
import { madeInput } from "./made_weights.ts";

const { tensors: golden, metadata } = await readGolden("quality_discriminator");
const width = Number(metadata.width), batch = Number(metadata.batch);
const network = foreignNetworks["visual-quality"](width);
const { params } = await importMade(network, Number(metadata.gain));
const shape = [batch, 3, 48, 96];
/** As PyTorch takes them: channels first, BGR. */
const faces = tf.tensor(madeInput("visual-quality/0", [shape, 0, 1]), shape);
const labels = tf.tensor1d(Array.from({ length: batch }, (_, k) => k < batch / 2 ? 1 : 0));
const lossOf = (weights: Params, data: Named) =>
  binaryCrossEntropy(pytorchForward["visual-quality"](weights, [data.faces]).real, data.labels);

Deno.test("its probability is PyTorch's, and so is every gradient", () => {
  const { gradients } = valueAndGradients(
    (weights) => ({ loss: lossOf(weights, { faces, labels }), aux: {} }),
    params,
  );
  assertClose(pytorchForward["visual-quality"](params, [faces]).real, golden.real, "probability");
  for (const [path, { name }] of Object.entries(network.names)) {
    const size = tf.norm(gradients[path]).dataSync(), expected = golden[`grad_norm/${name}`].dataSync();
    assert.ok(relativeError(size, expected) < 1e-4, `size of the gradient of ${path}: ${size}, ${expected}`);
  }
  // Kernels [h, w, in, out] as PyTorch lays them out; the first one's are not compared whole, its channels are turned.
  const whole = Object.entries(network.names).filter(([, { name }]) => `grad/${name}` in golden);
  assert.equal(whole.length, 3);
  for (const [path, { name }] of whole) {
    const found = gradients[path].rank === 4 ? tf.transpose(gradients[path], [3, 2, 0, 1]) : gradients[path];
    assertClose(found, golden[`grad/${name}`], `gradient of ${path}`);
  }
});

Deno.test("ten Adam steps have PyTorch's losses within 1e-3", () => {
  const step = compile((weights: Params, state: AdamState, data: Named) => {
    const { loss, gradients } = valueAndGradients(
      (all) => ({ loss: lossOf(all, data), aux: {} }),
      weights,
    );
    const config = { ...adamDefaults, beta1: 0.5 };
    return { ...adamStep({ params: weights, gradients, state }, tf.scalar(1e-4), config), loss };
  });
  let weights = params, state = adamInit(params);
  const losses = golden.losses.dataSync();
  losses.forEach((loss, k) => {
    const next = step(weights, state, { faces, labels });
    const found = next.loss.dataSync()[0];
    assert.ok(relativeError([found], [loss]) < 1e-3, `step ${k}: loss ${found}, PyTorch's ${loss}`);
    ({ params: weights, state } = next);
  });
  assert.ok(losses[9] < losses[0] / 10, "the steps matter");
});

Deno.test("it has the 14,113,793 parameters in 28 tensors of Wav2Lip's", () => {
  const specs = describeQualityDiscriminator({ width: 1 }).specs;
  assert.deepEqual([countParameters(specs), Object.keys(specs).length], [14_113_793, 28]);
});

Deno.test("at any width: lower half faces in, a probability each out, nothing left behind", () => {
  const thin = initialize(describeQualityDiscriminator({ width: 0.03 }).specs, 1);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const real: Tensor = qualityDiscriminator(scope(thin), tf.randomUniform([3, 48, 96, 3]));
    assert.deepEqual(real.shape, [3]);
    assert.ok(real.dataSync().every((p) => p > 0 && p < 1));
  });
  assert.equal(tf.memory().numTensors, before);
  disposeParams(thin);
});
