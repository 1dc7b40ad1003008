import assert from "node:assert/strict";
import { generator } from "../../lib/models/generator.ts";
import { describeGenerator, initGenerator } from "../../lib/models/generator_kinds.ts";
import { countParameters, disposeParams } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { tf } from "../../lib/native/tf.ts";
import { reconstructionLoss } from "../../lib/training/losses.ts";
import { assertForward, assertGradients, assertTraining, readNetwork, shapesOf } from "./network_golden.ts";

const golden = await readNetwork("generator");
const batch = {
  mel: golden.tensors.mel,
  faces: tf.div(golden.tensors.faces, 255),
  target: tf.div(golden.tensors.target, 255),
};

Deno.test("its parameters have the names and shapes of PyTorch's", () => {
  assert.deepEqual(
    shapesOf(describeGenerator({ kind: "wav2lip", width: 0.0625 }).specs),
    shapesOf(golden.params),
  );
});

Deno.test("redrawn faces and moving statistics are PyTorch's", () =>
  assertForward(golden, (params, training) => {
    const { face, statistics } = generator(scope(params, { training }), batch);
    return { outputs: { face }, statistics };
  }));

Deno.test("gradients are PyTorch's, through every skip connection", () =>
  assertGradients(golden, (params) => {
    return reconstructionLoss(generator(scope(params, { training: true }), batch).face, batch.target);
  }));

// PyTorch's own float32 is at most 2e-4 off its float64, which is 2e-2 of the fall.
Deno.test("ten Adam steps at the paper's rate have PyTorch's losses within 1e-3", () =>
  assertTraining(golden, {
    batch,
    rate: 1e-4,
    within: () => 1e-3,
    fall: 5e-2,
    lossOf: (params, data) => {
      const { face, statistics } = generator(scope(params, { training: true }), data as typeof batch);
      return { loss: reconstructionLoss(face, data.target), statistics };
    },
  }));

Deno.test("it has the 36,298,035 parameters of Wav2Lip's generator", () => {
  assert.equal(countParameters(describeGenerator({ kind: "wav2lip", width: 1 }).specs), 36_298_035);
});

Deno.test("at any width: 80x16 mel and 96x96 faces in, a 96x96 face in 0..1 out, nothing left behind", () => {
  const params = initGenerator({ kind: "wav2lip", width: 0.03 }, 1);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const mel = tf.randomUniform([2, 80, 16, 1], -4, 4), faces = tf.randomUniform([2, 96, 96, 6]);
    const { face } = generator(scope(params, { training: true }), { mel, faces });
    assert.deepEqual(face.shape, [2, 96, 96, 3]);
    const [low, high] = [tf.min(face), tf.max(face)].map((t) => t.dataSync()[0]);
    assert.ok(low >= 0 && high <= 1 && high > low);
    const other = generator(scope(params, { training: true }), { mel: tf.neg(mel), faces }).face;
    assert.ok(tf.max(tf.abs(tf.sub(face, other))).dataSync()[0] > 1e-6, "the sound reaches the picture");
  });
  assert.equal(tf.memory().numTensors, before);
  disposeParams(params);
});
