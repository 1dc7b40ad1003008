import assert from "node:assert/strict";
import { join } from "node:path";
import { venvProgram } from "../../lib/notebooks/run.ts";
import { configure } from "../../lib/training/config.ts";
import { pretrain } from "../../lib/training/pretrain.ts";
import { readLog } from "../../lib/training/log.ts";
import { inFolder } from "../in_folder.ts";
import { FEW_CLIPS, makePrepared } from "../prepared.ts";
import { assertSameLog } from "../training/same_log.ts";

type Order = { run: string; interrupt?: string } | { late: number } | { end: true };

interface Cell {
  shown: string;
  values: string[];
  error: string | null;
}

/** Gives orders to the registered kernel (see drive_kernel.py); returns the answers. */
async function drive(orders: Order[]): Promise<unknown[]> {
  const child = new Deno.Command(venvProgram("python"), {
    args: [new URL("./drive_kernel.py", import.meta.url).pathname],
    env: { JUPYTER_NO_CONFIG: "1", PYDEVD_DISABLE_FILE_VALIDATION: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(orders)));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("whatever a cell shows is its own, of two hundred in a row", async () => {
  assert.deepEqual(await drive([{ late: 200 }]), [[]]);
});

Deno.test("interrupting a training ends its cell with a checkpoint, the kernel lives, and it goes on to the same numbers", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "prepared"), FEW_CLIPS);
    const [whole, stopped] = ["whole", "stopped"].map((name) => join(folder, name));
    const settings = ["pretrain.steps=12", "pretrain.evaluateEvery=12"], config = configure("tiny", settings);
    const from = (path: string) => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);
    const train = `
      const { ended } = await pretrain(${JSON.stringify(data)}, {
        run: ${JSON.stringify(stopped)},
        config: configure("tiny", ${JSON.stringify(settings)}),
        resume: true,
        onStep: (step) => console.log(\`at \${step}.\`),
      });
      ended;`;
    const imports = `
      import { pretrain } from ${from("training/pretrain.ts")};
      import { configure } from ${from("training/config.ts")};
      let kept = 41;`;
    const [, first, after, again, ended] = await drive([
      { run: imports },
      { run: train, interrupt: "at 3." },
      { run: "kept + 1" },
      { run: train },
      { end: true },
    ]) as [Cell, Cell, Cell, Cell, true];
    assert.match(
      first.error!,
      /stopped after step \d+, and stopped holds its checkpoint\. Run this cell again to go on/,
    );
    assert.deepEqual(after, { shown: "", values: ["42"], error: null });
    assert.match(again.values.at(-1)!, /steps/);
    assert.doesNotMatch(again.shown, /at 3\./, "it does not begin anew");
    assert.ok(ended);
    await pretrain(data, { run: whole, config });
    assertSameLog(await readLog(stopped), await readLog(whole));
  }));

Deno.test("a cell that listens to no interrupt is told so and runs to its end; faults that nobody awaits are shown", async () => {
  const wait = "console.log('begun'); await new Promise((go) => setTimeout(go, 6000)); 'over'";
  const fault = (how: string) => `${how}; await new Promise((go) => setTimeout(go, 200)); undefined;`;
  const [waited, timer, promise, asked] = await drive([
    { run: wait, interrupt: "begun" },
    { run: fault("setTimeout(() => { throw new Error('fault of a timer'); }, 10)") },
    { run: fault("Promise.reject(new Error('fault of a promise'))") },
    { run: "console.error('still here')" },
    { end: true },
  ]) as Cell[];
  assert.match(
    waited.shown,
    /begun\nAsked to stop\. A training ends after the step it is at.*restarting the kernel/s,
  );
  assert.deepEqual([waited.values, waited.error], [['"over"'], null]);
  assert.match(timer.shown, /fault of a timer/);
  assert.match(promise.shown, /fault of a promise/);
  assert.equal(asked.shown, "still here\n");
});
