import assert from "node:assert/strict";
import { bench, benchLines } from "../../lib/bench/bench.ts";
import { timeSteps } from "../../lib/bench/step.ts";
import { tf } from "../../lib/native/tf.ts";

Deno.test("a measurement times steps and its own memory; more steps hold no more tensors", () => {
  for (const network of ["discriminator", "generator"] as const) {
    const held = [2, 5].map((steps) => {
      const before = tf.memory().numTensors;
      const options = { network, width: 0.03, batch: 2, compiled: true, steps, warmup: 1 };
      const { median, least, first, peak } = timeSteps(options);
      assert.ok(0 < least && least <= median && 0 < first, `${least} ${median} ${first}`);
      if (Deno.build.os === "linux") assert.ok(peak > 100 && peak < 8000, `${peak} MB`);
      return tf.memory().numTensors - before;
    });
    // The last parameters, the optimizer's state and the batches stay with their process.
    assert.equal(held[0], held[1], network);
  }
});

Deno.test("a row for each network, width and way to run it", async () => {
  const rows = await bench({ networks: ["discriminator"], widths: [0.03], steps: 2 });
  assert.deepEqual(rows.map((row) => [row.network, row.width, row.batch, row.step]), [
    ["discriminator", 0.03, 16, "eager"],
    ["discriminator", 0.03, 16, "compiled"],
  ]);
  assert.ok(rows.every((row) => Number(row["ms a step"]) > 0 && Number(row["peak MB"]) > 100));
  assert.match(benchLines(rows)[0], /\| network \|.*ms a step/);
});
