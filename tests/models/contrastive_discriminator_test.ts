import assert from "node:assert/strict";
import {
  contrastiveDiscriminator,
  describeContrastiveDiscriminator,
} from "../../lib/models/contrastive_discriminator.ts";
import { countParameters } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { tf } from "../../lib/native/tf.ts";
import { contrastiveLoss } from "../../lib/training/losses.ts";
import { assertClose, readGolden } from "../golden.ts";
import { assertForward, assertGradients, assertTraining, readNetwork, shapesOf } from "./network_golden.ts";

const golden = await readNetwork("contrastive_discriminator");
const batch = {
  mel: golden.tensors.mel,
  faces: tf.div(golden.tensors.faces, 255),
  off: golden.tensors.off,
};

Deno.test("its parameters have the names and shapes of PyTorch's", () => {
  assert.deepEqual(
    shapesOf(describeContrastiveDiscriminator({ width: 0.001 }).specs),
    shapesOf(golden.params),
  );
});

Deno.test("distances of faces and sounds are PyTorch's", () =>
  assertForward(golden, (params) => ({
    outputs: { distance: contrastiveDiscriminator(scope(params), batch).distance },
    statistics: {},
  })));

Deno.test("gradients are PyTorch's", () =>
  assertGradients(
    golden,
    (params) => contrastiveLoss(contrastiveDiscriminator(scope(params), batch).distance, batch.off),
  ));

Deno.test("three Adam steps have PyTorch's losses", () =>
  assertTraining({ ...golden, losses: { 1e-4: Array.from(golden.tensors.losses.dataSync()) } }, {
    batch,
    rate: 1e-4,
    within: () => 1e-3,
    fall: 5e-2,
    lossOf: (params, data) => ({
      loss: contrastiveLoss(contrastiveDiscriminator(scope(params), data as typeof batch).distance, data.off),
      statistics: {},
    }),
  }));

Deno.test("the contrastive loss and its gradient are PyTorch's", async () => {
  const { tensors } = await readGolden("contrastive_loss");
  const gradient = tf.grad((distance) => contrastiveLoss(distance, tensors.off))(tensors.distance);
  assertClose(gradient, tensors.gradient, "gradient");
  assertClose(contrastiveLoss(tensors.distance, tensors.off), tensors.loss, "loss");
});

Deno.test("it has as many parameters as the same network in PyTorch", () => {
  assert.equal(countParameters(describeContrastiveDiscriminator({ width: 1 }).specs), 8_240_022);
});
