import assert from "node:assert/strict";
import { join } from "node:path";
import { tf } from "../../lib/native/tf.ts";
import { openLog, readLog } from "../../lib/training/log.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("rows come back, with null for what a step did not measure", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await readLog(folder), []);
    const log = await openLog(folder);
    log.append({ step: 1, loss: 0.69 });
    log.append({ step: 2, loss: NaN, "held out/accuracy": 0.5 });
    assert.deepEqual(await readLog(folder), [], "nothing is written before flush");
    await log.flush();
    assert.deepEqual(await readLog(folder), [
      { step: 1, loss: 0.69, "held out/accuracy": null },
      { step: 2, loss: NaN, "held out/accuracy": 0.5 },
    ]);
  }));

Deno.test("a resumed run goes on after its checkpoint's step", () =>
  inFolder(async (folder) => {
    const killed = await openLog(folder);
    for (const step of [1, 2, 3, 4]) killed.append({ step, loss: 1 / step });
    await killed.flush();
    const heard: unknown[] = [];
    const resumed = await openLog(folder, { upTo: 2, onRow: ({ step, loss }) => heard.push([step, loss]) });
    resumed.append({ step: 3, loss: 7 });
    assert.deepEqual(
      heard,
      [[1, 1], [2, 0.5], [3, 7]],
      "a listener hears of the whole course, without what was dropped",
    );
    await resumed.flush();
    assert.deepEqual((await readLog(folder)).map(({ step, loss }) => [step, loss]), [[1, 1], [2, 0.5], [
      3,
      7,
    ]]);
  }));

Deno.test("a damaged log is named", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "log.parquet"), "PAR1");
    await assert.rejects(openLog(folder), /log\.parquet cannot be read/);
  }));

Deno.test("scalars reach a TensorBoard event file and no tensor is left behind", () =>
  inFolder(async (folder) => {
    const log = await openLog(folder);
    const before = tf.memory().numTensors;
    for (let step = 1; step <= 50; step++) log.append({ step, "loss/sync": step / 100, accuracy: null });
    await log.flush();
    assert.equal(tf.memory().numTensors, before);
    const [file, ...others] = [...Deno.readDirSync(join(folder, "tensorboard"))];
    assert.match(file.name, /^events\.out\.tfevents\./);
    assert.equal(others.length, 0);
    const text = new TextDecoder("latin1").decode(
      await Deno.readFile(join(folder, "tensorboard", file.name)),
    );
    assert.equal(text.split("loss/sync").length - 1, 50);
    assert.ok(!text.includes("accuracy"));
  }));
