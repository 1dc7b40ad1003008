import assert from "node:assert/strict";
import {
  AUDIO_BLOCKS,
  describeSyncDiscriminator,
  initSyncDiscriminator,
  syncDiscriminator,
  VIDEO_BLOCKS,
} from "../../lib/models/sync_discriminator.ts";
import type { Named } from "../../lib/native/compile.ts";
import { countParameters, disposeParams, type Params } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { ablations } from "../../lib/training/config.ts";
import { binaryCrossEntropy, syncProbability } from "../../lib/training/losses.ts";
import { assertForward, assertGradients, assertTraining, readNetwork, shapesOf } from "./network_golden.ts";

const config = { lstm: "front", cbam: true, width: 0.125 } as const;
const golden = await readNetwork("sync_discriminator");
const batch = {
  mel: golden.tensors.mel,
  faces: tf.div(golden.tensors.faces, 255),
  labels: golden.tensors.label,
};

Deno.test("its parameters have the names and shapes of PyTorch's", () => {
  assert.deepEqual(shapesOf(describeSyncDiscriminator(config).specs), shapesOf(golden.params));
});

Deno.test("embeddings, cosines and moving statistics are PyTorch's", () =>
  assertForward(golden, (params, training) => {
    const { audio, video, statistics } = syncDiscriminator(scope(params, { training }), batch);
    return { outputs: { audio, video, cosine: syncProbability({ audio, video }) }, statistics };
  }));

Deno.test("gradients are PyTorch's, through CBAM, LSTM and the cosine", () =>
  assertGradients(golden, (params) => {
    const made = syncDiscriminator(scope(params, { training: true }), batch);
    return binaryCrossEntropy(syncProbability(made), batch.labels);
  }));

const lossOf = (params: Params, data: Named) => {
  const made = syncDiscriminator(scope(params, { training: true }), data as typeof batch);
  return { loss: binaryCrossEntropy(syncProbability(made), data.labels), statistics: made.statistics };
};

// PyTorch's own float32 is at most 2e-4 off its float64 here, whatever the order of the batch.
Deno.test("ten Adam steps have PyTorch's losses within 1e-3, at a rate at which they are told from rounding", () =>
  assertTraining(golden, { batch, rate: 1e-5, within: () => 1e-3, fall: 1e-3, lossOf }));

// At the rate that is trained with ten steps on one batch take the loss from 0.72 to 0.11, and Adam makes a full step of
// every gradient, however small: rounding grows from step to step until PyTorch's float32 is 3e-2 off its float64.
Deno.test("at the paper's rate the first three steps do, and the others as PyTorch's own float32", () =>
  assertTraining(golden, { batch, rate: 1e-4, within: (k) => k < 3 ? 1e-3 : 5e-2, fall: 3e-2, lossOf }));

Deno.test("without LSTM and CBAM it has the 16,435,072 parameters of Wav2Lip's colour SyncNet", () => {
  const count = (name: string) =>
    countParameters(describeSyncDiscriminator({ ...ablations[name], width: 1 }).specs);
  assert.equal(count("w/o LSTM & CBAM"), 16_435_072);
  assert.ok(count("Ours") > count("w/o LSTM"));
});

Deno.test("the four discriminators of Table 1 differ in what they hold, not in what they give", () => {
  const mel = tf.randomUniform([2, 80, 16, 1], -4, 4), faces = tf.randomUniform([2, 48, 96, 15]);
  for (const [name, variant] of Object.entries(ablations)) {
    const params = initSyncDiscriminator({ ...variant, width: 0.03 }, 1);
    tf.tidy(() => {
      const { audio, video, maps, lstm } = syncDiscriminator(scope(params), { mel, faces });
      assert.deepEqual([audio.shape, video.shape], [[2, 15], [2, 15]], name);
      assert.ok([audio, video].every((t) => tf.min(t).dataSync()[0] >= 0), "embeddings end in a ReLU");
      const layers = [
        ...AUDIO_BLOCKS.map((_, k) => `audio/${k}`),
        ...VIDEO_BLOCKS.map((_, k) => `video/${k}`),
      ];
      assert.deepEqual(Object.keys(maps), variant.cbam ? layers : [], name);
      if (variant.cbam) {
        assert.deepEqual(maps["video/4"].channel.shape, [2, 8]);
        assert.deepEqual(
          maps["video/4"].spatial.shape,
          [2, 23, 24, 1],
          "the table's sizes: 48x96, 46x47, 23x24",
        );
      }
      assert.deepEqual(lstm?.hidden.shape, variant.lstm === "front" ? [2, 16, 80] : undefined, name);
    });
    disposeParams(params);
  }
});

Deno.test("the LSTM reads the mel forward in time, and what it says reaches its own columns", () => {
  const params = initSyncDiscriminator({ lstm: "front", cbam: false, width: 0.03 }, 1);
  const faces = tf.zeros([1, 48, 96, 15]);
  const states = (mel: Tensor) => syncDiscriminator(scope(params), { mel, faces }).lstm!.hidden;
  tf.tidy(() => {
    const mel = tf.randomUniform([1, 80, 16, 1], -4, 4);
    const late = tf.add(mel, tf.reshape(tf.oneHot(tf.tensor1d([10], "int32"), 16), [1, 1, 16, 1]));
    const change = tf.sum(tf.abs(tf.sub(states(mel), states(late))), [0, 2]).dataSync();
    assert.deepEqual(Array.from(change).map((c) => c > 1e-6), Array.from({ length: 16 }, (_, k) => k >= 10));
  });
  disposeParams(params);
});
