import assert from "node:assert/strict";
import fs from "node:fs";
import { binding, tf } from "../../lib/native/tf.ts";

Deno.test("tfjs runs on the native library, not on its own JavaScript", () => {
  assert.equal(tf.getBackend(), "tensorflow");
  const before = binding.getNumOfTensors();
  const sum = tf.add(tf.scalar(1), tf.scalar(2));
  assert.equal(binding.getNumOfTensors(), before + 3);
  assert.equal(sum.dataSync()[0], 3);
});

Deno.test("the addon's absence is hidden only while tfjs loads", () => {
  assert.equal(fs.existsSync("/nowhere/tfjs_binding.node"), false);
  assert.equal(fs.existsSync(new URL(import.meta.url)), true);
});

Deno.test("models saved by TensorFlow are refused in plain words", () => {
  assert.throws(() => binding.loadSavedModel(), /safetensors/);
  assert.equal(binding.getNumOfSavedModels(), 0);
});

Deno.test("file reading by tfjs's node functions works on this Deno", () => {
  assert.equal(typeof tf.node.summaryFileWriter, "function");
  assert.deepEqual(tf.node.decodeImage(onePixel(), 3).shape, [1, 1, 3]);
});

/** The smallest PNG: one white pixel. */
function onePixel(): Uint8Array {
  const text = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=";
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
