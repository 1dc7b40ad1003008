import assert from "node:assert/strict";
import { bench, benchLines } from "../../lib/bench/bench.ts";
import { timeSteps } from "../../lib/bench/step.ts";
import { tf } from "../../lib/native/tf.ts";

Deno.test("a measurement times steps and its own memory, and leaves no tensor behind", async () => {
  for (const network of ["discriminator", "generator"] as const) {
    const before = tf.memory().numTensors;
    const options = { network, width: 0.03, batch: 2, compiled: true, steps: 3, warmup: 1 };
    const { median, least, first, peak } = await timeSteps(options);
    assert.ok(0 < least && least <= median && 0 < first, `${least} ${median} ${first}`);
    if (Deno.build.os === "linux") assert.ok(peak > 100 && peak < 8000, `${peak} MB`);
    assert.equal(tf.memory().numTensors, before, network);
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
