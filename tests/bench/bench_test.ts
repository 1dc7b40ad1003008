import assert from "node:assert/strict";
import { bench, benchLines } from "../../lib/bench/bench.ts";
import { ROOT } from "../../lib/base/root.ts";
import { checkHeaders } from "../../lib/bench/pytorch.ts";
import { timeSteps } from "../../lib/bench/step.ts";
import { hasBfloat16 } from "../../lib/native/precision.ts";
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
  const rows = await bench({
    networks: ["discriminator"],
    widths: [0.03],
    steps: 2,
    rounds: 1,
    before: ROOT,
  });
  assert.deepEqual(rows.map((row) => [row.network, row.width, row.batch, row.step]), [
    ["discriminator", 0.03, 16, "eager"],
    ["discriminator", 0.03, 16, "compiled"],
    ...(hasBfloat16() ? [["discriminator", 0.03, 16, "compiled, bfloat16"]] : []),
    ["discriminator", 0.03, 16, "before"],
  ]);
  assert.ok(rows.every((row) => Number(row["ms a step"]) > 0 && Number(row["peak MB"]) > 100));
  const [compiled, before] = ["compiled", "before"].map((step) => rows.find((row) => row.step === step)!);
  assert.equal(before["over before's"], 1);
  assert.equal(compiled["over before's"], Number(compiled["ms a step"]) / Number(before["ms a step"]));
  assert.ok(rows.every((row) => Number(row["share of peak"]) > 0));
  assert.match(benchLines(rows)[0], /\| network \|.*ms a step/);
});

Deno.test("a folder without a program that times a step is refused", async () => {
  await assert.rejects(
    () => bench({ before: "tests/goldens" }),
    /tests\/goldens has no program that times a step/,
  );
});

Deno.test("torch.compile without a C++ compiler, or without Python's headers, is refused with what is missing", async () => {
  const compiler = Deno.env.get("CXX");
  Deno.env.set("CXX", "no-such-compiler");
  try {
    await assert.rejects(
      () => bench({ torchCompile: true }),
      /needs a C\+\+ compiler, and no-such-compiler does not run/,
    );
  } finally {
    if (compiler === undefined) Deno.env.delete("CXX");
    else Deno.env.set("CXX", compiler);
  }
  // What `echo` answers is no folder with headers.
  await assert.rejects(() => checkHeaders("echo"), /needs Python's headers, and there is no .*Python\.h/);
});
