import assert from "node:assert/strict";
import { join } from "node:path";
import { benchLearning } from "../../lib/bench/learning.ts";
import { ROOT } from "../../lib/base/root.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";

/** Eight steps of a thin network, evaluated after the fourth and the eighth. */
const THIN = [
  "discriminator.width=0.03",
  "pretrain.steps=8",
  "pretrain.clips=1",
  "pretrain.warmup=2",
  "pretrain.evaluateEvery=4",
];

Deno.test("a goal that any AUC reaches is reached at the first evaluation, by this build and by the one before", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS);
    // Far more steps than anybody waits for: the trainings are ended.
    const settings = [...THIN, "pretrain.steps=1000000"];
    const rows = await benchLearning(data, { auc: 1e-9, settings, before: ROOT });
    assert.deepEqual(rows.map((row) => [row.build, row.steps, row["steps taken"]]), [
      ["this", 4, 4],
      ["before", 4, 4],
    ]);
    const [ours, before] = rows;
    assert.equal(ours.AUC, before.AUC, "the same training twice");
    assert.ok(Number(ours.AUC) > 0 && Number(ours.AUC) <= 1 && Number(ours.seconds) > 0);
    assert.equal(ours["seconds over before's"], Number(ours.seconds) / Number(before.seconds));
    assert.equal(before["seconds over before's"], 1);
    if (Deno.build.os !== "linux") return;
    assert.ok(Number(ours["CPU seconds"]) > 0);
    assert.equal(ours["CPU over before's"], Number(ours["CPU seconds"]) / Number(before["CPU seconds"]));
  }));

Deno.test("a goal that is not reached is said, with how far the training came", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS);
    // A rate of almost nothing: the network stays as random as it began.
    const [row, ...others] = await benchLearning(data, {
      auc: 1,
      settings: [...THIN, "pretrain.learningRate=1e-12"],
    });
    assert.equal(others.length, 0);
    assert.deepEqual([row.steps, row.seconds, row["CPU seconds"]], [NaN, NaN, NaN]);
    assert.equal(row["steps taken"], 8);
    assert.ok(Number(row.AUC) > 0 && Number(row.AUC) < 1, `${row.AUC}`);
  }));

Deno.test("a training that fails, and a folder without a command line, are refused", async () => {
  await assert.rejects(benchLearning("no-such-folder", { settings: THIN }), /Pretraining failed/);
  await assert.rejects(
    benchLearning("no-such-folder", { before: "tests/goldens" }),
    /tests\/goldens has no program that runs commands/,
  );
});
