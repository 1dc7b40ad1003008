import assert from "node:assert/strict";
import { initLipgan, lipgan, lipganSpecs } from "../../lib/models/lipgan.ts";
import { countParameters, disposeParams } from "../../lib/nn/params.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { reconstructionLoss } from "../../lib/training/losses.ts";
import { assertForward, assertGradients, assertTraining, readNetwork, shapesOf } from "./network_golden.ts";

const golden = await readNetwork("lipgan");
const batch = {
  mel: golden.tensors.mel,
  faces: tf.div(golden.tensors.faces, 255),
  target: tf.div(golden.tensors.target, 255),
};
/** The goldens keep every fourth row and column of drawn faces. */
const thinned = (face: Tensor) => tf.stridedSlice(face, [0, 0, 0, 0], face.shape, [1, 4, 4, 1]);

Deno.test("its parameters have the names and shapes of PyTorch's", () => {
  assert.deepEqual(shapesOf(lipganSpecs({ width: 0.001 })), shapesOf(golden.params));
});

Deno.test("drawn faces and moving statistics are PyTorch's", () =>
  assertForward(golden, (params, training) => {
    const { face, statistics } = lipgan(params, batch, { training });
    return { outputs: { face: thinned(face) }, statistics };
  }));

Deno.test("gradients are PyTorch's", () =>
  assertGradients(
    golden,
    (params) => reconstructionLoss(lipgan(params, batch, { training: true }).face, batch.target),
    // With eight channels a ReLU that falls on the other side of 0 tells: PyTorch's float32 is 3e-2 off its float64.
    { times: 4 },
  ));

Deno.test("three Adam steps have PyTorch's losses", () =>
  assertTraining({ ...golden, losses: { 1e-4: Array.from(golden.tensors.losses.dataSync()) } }, {
    batch,
    rate: 1e-4,
    within: () => 1e-3,
    fall: 5e-2,
    lossOf: (params, data) => {
      const { face, statistics } = lipgan(params, data as typeof batch, { training: true });
      return { loss: reconstructionLoss(face, data.target), statistics };
    },
  }));

Deno.test("it has as many parameters as the same network in PyTorch", () => {
  assert.equal(countParameters(lipganSpecs({ width: 1 })), 49_543_123);
});

Deno.test("80x16 mel and 96x96 faces in, a 96x96 face in 0..1 out; sound and both faces matter", () => {
  const params = initLipgan({ width: 0.03 }, 1);
  tf.tidy(() => {
    const mel = tf.randomUniform([2, 80, 16, 1], -4, 4), faces = tf.randomUniform([2, 96, 96, 6]);
    const draw = (given: { mel: Tensor; faces: Tensor }) => lipgan(params, given, { training: true }).face;
    const face = draw({ mel, faces });
    assert.deepEqual(face.shape, [2, 96, 96, 3]);
    const [low, high] = [tf.min(face), tf.max(face)].map((t) => t.dataSync()[0]);
    assert.ok(low >= 0 && high <= 1 && high > low);
    const differs = (other: Tensor) => tf.max(tf.abs(tf.sub(face, other))).dataSync()[0] > 1e-6;
    assert.ok(differs(draw({ mel: tf.neg(mel), faces })), "the sound reaches the picture");
    const [pose, reference] = tf.split(faces, 2, 3);
    assert.ok(
      differs(draw({ mel, faces: tf.concat([tf.zerosLike(pose), reference], 3) })),
      "so does the pose",
    );
  });
  disposeParams(params);
});
