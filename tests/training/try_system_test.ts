import assert from "node:assert/strict";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { tf } from "../../lib/native/tf.ts";
import { tiny } from "../../lib/training/config.ts";
import { systems, withSystem } from "../../lib/training/systems.ts";
import { trySystem } from "../../lib/training/try_system.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";

Deno.test("every system takes its steps and tells its losses, and leaves no tensor behind", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
    const told: Record<string, string[]> = {};
    for (const name of Object.keys(systems)) {
      const before = tf.memory().numTensors;
      const { losses, milliseconds } = await trySystem(dataset, withSystem(tiny, name), { steps: 2 });
      assert.equal(tf.memory().numTensors, before, name);
      assert.ok(milliseconds > 0 && Object.values(losses).every(Number.isFinite), name);
      told[name] = Object.keys(losses).sort();
    }
    const inTurns = ["d_generated", "d_loss", "d_real", "e_sync", "l1"];
    for (const name of ["Ours", "w/o LSTM", "w/o CBAM", "w/o LSTM & CBAM"]) {
      assert.deepEqual(told[name], inTurns, name);
    }
    assert.deepEqual(told["Wav2Lip"], ["e_sync", "l1"]);
    assert.deepEqual(told["Wav2Lip + quality"], [
      "e_sync",
      "l1",
      "q_generated",
      "q_loss",
      "q_real",
      "quality",
    ]);
    assert.deepEqual(told["LipGAN"], [
      ...["contrastive", "d_loss", "distance_generated", "distance_off_sync", "distance_real", "l1"],
    ]);
    assert.deepEqual(told["Speech2Vid"], ["l1"]);
  }));
