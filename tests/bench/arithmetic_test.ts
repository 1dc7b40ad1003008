import assert from "node:assert/strict";
import { peakOperations, stepOperations } from "../../lib/bench/arithmetic.ts";
import { tf } from "../../lib/native/tf.ts";

Deno.test("a step's operations grow with the batch and, where no layer is at its least, with the width squared", () => {
  for (const network of ["discriminator", "generator"] as const) {
    const one = stepOperations(network, 1, 1);
    assert.equal(stepOperations(network, 1, 10), 10 * one);
    const ratio = stepOperations(network, 2, 1) / one;
    assert.ok(ratio > 3.7 && ratio < 4, `${network}: ${ratio}`);
  }
  // The video encoder's first row alone: 7x7, 15 -> 32 channels on 48 x 96, three passes.
  assert.ok(stepOperations("discriminator", 1, 1) > 3 * 2 * 48 * 96 * 49 * 15 * 32);
});

Deno.test("the machine's peak is a number, and leaves no tensor behind", () => {
  const before = tf.memory().numTensors;
  assert.ok(peakOperations(1) > 1e6);
  assert.equal(tf.memory().numTensors, before);
});
