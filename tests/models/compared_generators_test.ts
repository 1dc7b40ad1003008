import assert from "node:assert/strict";
import { describeGenerator, GENERATORS, initGenerator } from "../../lib/models/generator_kinds.ts";
import { countParameters, disposeParams } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { reconstructionLoss } from "../../lib/training/losses.ts";
import { assertForward, assertGradients, assertTraining, readNetwork, shapesOf } from "./network_golden.ts";

/** The generators that ours is compared with: parameters, how near gradients are, and whether they see the pose. */
const NETWORKS = {
  // With eight channels a ReLU that falls on the other side of 0 tells: PyTorch's float32 is 3e-2 off its float64.
  lipgan: { parameters: 49_543_123, near: { times: 4 }, seesPose: true },
  speech2vid: { parameters: 43_967_107, near: { floor: 3e-4 }, seesPose: false },
};

/** The goldens keep every fourth row and column of drawn faces. */
const thinned = (face: Tensor) => tf.stridedSlice(face, [0, 0, 0, 0], face.shape, [1, 4, 4, 1]);

for (const kind of ["lipgan", "speech2vid"] as const) {
  const network = GENERATORS[kind], { parameters, near, seesPose } = NETWORKS[kind];
  const golden = await readNetwork(kind);
  const batch = {
    mel: golden.tensors.mel,
    faces: tf.div(golden.tensors.faces, 255),
    target: tf.div(golden.tensors.target, 255),
  };

  Deno.test(`${kind}: its parameters have the names and shapes of PyTorch's`, () => {
    assert.deepEqual(shapesOf(describeGenerator({ kind, width: 0.001 }).specs), shapesOf(golden.params));
  });

  Deno.test(`${kind}: drawn faces and moving statistics are PyTorch's`, () =>
    assertForward(golden, (params, training) => {
      const { face, statistics } = network(scope(params, { training }), batch);
      return { outputs: { face: thinned(face) }, statistics };
    }));

  Deno.test(`${kind}: gradients are PyTorch's`, () =>
    assertGradients(
      golden,
      (params) => reconstructionLoss(network(scope(params, { training: true }), batch).face, batch.target),
      near,
    ));

  Deno.test(`${kind}: three Adam steps have PyTorch's losses`, () =>
    assertTraining({ ...golden, losses: { 1e-4: Array.from(golden.tensors.losses.dataSync()) } }, {
      batch,
      rate: 1e-4,
      within: () => 1e-3,
      fall: 5e-2,
      lossOf: (params, data) => {
        const { face, statistics } = network(scope(params, { training: true }), data as typeof batch);
        return { loss: reconstructionLoss(face, data.target), statistics };
      },
    }));

  Deno.test(`${kind}: it has as many parameters as the same network in PyTorch`, () => {
    assert.equal(countParameters(describeGenerator({ kind, width: 1 }).specs), parameters);
  });

  Deno.test(`${kind}: 80x16 mel and 96x96 faces in, a 96x96 face in 0..1 out; what it sees and hears matters`, () => {
    const params = initGenerator({ kind, width: 0.03 }, 1);
    tf.tidy(() => {
      const mel = tf.randomUniform([2, 80, 16, 1], -4, 4), faces = tf.randomUniform([2, 96, 96, 6]);
      const draw = (given: { mel: Tensor; faces: Tensor }) =>
        network(scope(params, { training: true }), given).face;
      const face = draw({ mel, faces }), [pose, reference] = tf.split(faces, 2, 3);
      assert.deepEqual(face.shape, [2, 96, 96, 3]);
      const [low, high] = [tf.min(face), tf.max(face)].map((t) => t.dataSync()[0]);
      assert.ok(low >= 0 && high <= 1 && high > low);
      const distance = (other: Tensor) => tf.max(tf.abs(tf.sub(face, other))).dataSync()[0];
      assert.ok(distance(draw({ mel: tf.neg(mel), faces })) > 1e-6, "the sound reaches the picture");
      assert.ok(distance(draw({ mel, faces: tf.concat([pose, tf.neg(reference)], 3) })) > 1e-6);
      const withoutPose = distance(draw({ mel, faces: tf.concat([tf.zerosLike(pose), reference], 3) }));
      if (seesPose) assert.ok(withoutPose > 1e-6, "so does the pose");
      else assert.equal(withoutPose, 0, "the pose is not looked at: only the still face and the sound");
    });
    disposeParams(params);
  });
}
