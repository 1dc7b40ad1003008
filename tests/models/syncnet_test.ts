import assert from "node:assert/strict";
import { describeSyncnet, syncnetAudio, syncnetLip } from "../../lib/models/syncnet.ts";
import { countParameters, disposeParams, initialize } from "../../lib/nn/params.ts";
import { scope } from "../../lib/nn/scope.ts";
import { tf } from "../../lib/native/tf.ts";

Deno.test("it has SyncNet's 13,631,616 parameters", () => {
  assert.equal(countParameters(describeSyncnet({ width: 1 }).specs), 13_631_616);
});

Deno.test("at any width: a window of sound or of lips in, an embedding out, nothing left behind", () => {
  const params = initialize(describeSyncnet({ width: 0.02 }).specs, 1);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const mfcc = tf.randomUniform([2, 13, 20, 1], -20, 20);
    const faces = tf.randomUniform([2, 224, 224, 15], 0, 255);
    const audio = syncnetAudio(scope(params), mfcc), lip = syncnetLip(scope(params), faces);
    assert.deepEqual([audio.shape, lip.shape], [[2, 20], [2, 20]]);
    // Two windows are judged each on its own.
    const alone = syncnetLip(scope(params), tf.slice(faces, [1, 0, 0, 0], [1, 224, 224, 15]));
    const apart = tf.max(tf.abs(tf.sub(alone, tf.slice(lip, [1, 0], [1, 20])))).dataSync()[0];
    assert.ok(apart < 1e-5 * tf.max(tf.abs(lip)).dataSync()[0]);
    assert.ok(tf.max(tf.abs(tf.sub(...tf.split(lip, 2) as [typeof lip, typeof lip]))).dataSync()[0] > 0);
  });
  assert.equal(tf.memory().numTensors, before);
  disposeParams(params);
});
