import assert from "node:assert/strict";
import { initSpeech2vid, speech2vid, speech2vidSpecs } from "../../lib/models/speech2vid.ts";
import { countParameters, disposeParams } from "../../lib/nn/params.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { reconstructionLoss } from "../../lib/training/losses.ts";
import { assertForward, assertGradients, assertTraining, readNetwork, shapesOf } from "./network_golden.ts";

const golden = await readNetwork("speech2vid");
const batch = {
  mel: golden.tensors.mel,
  faces: tf.div(golden.tensors.faces, 255),
  target: tf.div(golden.tensors.target, 255),
};
/** The goldens keep every fourth row and column of drawn faces. */
const thinned = (face: Tensor) => tf.stridedSlice(face, [0, 0, 0, 0], face.shape, [1, 4, 4, 1]);

Deno.test("its parameters have the names and shapes of PyTorch's", () => {
  assert.deepEqual(shapesOf(speech2vidSpecs({ width: 0.001 })), shapesOf(golden.params));
});

Deno.test("drawn faces and moving statistics are PyTorch's", () =>
  assertForward(golden, (params, training) => {
    const { face, statistics } = speech2vid(params, batch, { training });
    return { outputs: { face: thinned(face) }, statistics };
  }));

Deno.test("gradients are PyTorch's", () =>
  assertGradients(
    golden,
    (params) => reconstructionLoss(speech2vid(params, batch, { training: true }).face, batch.target),
    { floor: 3e-4 },
  ));

Deno.test("three Adam steps have PyTorch's losses", () =>
  assertTraining({ ...golden, losses: { 1e-4: Array.from(golden.tensors.losses.dataSync()) } }, {
    batch,
    rate: 1e-4,
    within: () => 1e-3,
    fall: 5e-2,
    lossOf: (params, data) => {
      const { face, statistics } = speech2vid(params, data as typeof batch, { training: true });
      return { loss: reconstructionLoss(face, data.target), statistics };
    },
  }));

Deno.test("it has as many parameters as the same network in PyTorch", () => {
  assert.equal(countParameters(speech2vidSpecs({ width: 1 })), 43_967_107);
});

Deno.test("the pose is not looked at: only the still face and the sound", () => {
  const params = initSpeech2vid({ width: 0.03 }, 1);
  tf.tidy(() => {
    const mel = tf.randomUniform([2, 80, 16, 1], -4, 4), faces = tf.randomUniform([2, 96, 96, 6]);
    const draw = (given: { mel: Tensor; faces: Tensor }) =>
      speech2vid(params, given, { training: true }).face;
    const face = draw({ mel, faces }), [pose, reference] = tf.split(faces, 2, 3);
    assert.deepEqual(face.shape, [2, 96, 96, 3]);
    const distance = (other: Tensor) => tf.max(tf.abs(tf.sub(face, other))).dataSync()[0];
    assert.equal(distance(draw({ mel, faces: tf.concat([tf.zerosLike(pose), reference], 3) })), 0);
    assert.ok(distance(draw({ mel: tf.neg(mel), faces })) > 1e-6, "the sound reaches the picture");
    assert.ok(distance(draw({ mel, faces: tf.concat([pose, tf.neg(reference)], 3) })) > 1e-6);
  });
  disposeParams(params);
});
