import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { describeSyncDiscriminator, initSyncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { tf } from "../../lib/native/tf.ts";
import {
  checkParams,
  loadCheckpoint,
  networkGroups,
  networkIn,
  saveCheckpoint,
} from "../../lib/training/checkpoint.ts";
import { averaged, beginTraining } from "../../lib/training/training_step.ts";
import { openSafetensors, writeSafetensors } from "../../lib/weights/safetensors.ts";
import { inFolder } from "../prepared.ts";

const thin = { lstm: "front", cbam: true, width: 0.03 } as const;
const specs = describeSyncDiscriminator(thin).specs;

const rejects = (work: Promise<unknown>, message: RegExp) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof KitError, `${error}`);
    assert.match(error.message, message);
    return true;
  });

Deno.test("a checkpoint comes back bit by bit: weights, optimizer, numbers", () =>
  inFolder(async (folder) => {
    const before = tf.memory().numTensors;
    const network = averaged(beginTraining(initSyncDiscriminator(thin, 3)));
    const { params, state: adam, average } = network;
    adam.m["audio/0/conv/bias"].dispose();
    adam.m["audio/0/conv/bias"] = tf.tensor1d([1e-20, -3.5, 0, 1, 2, 3, 4, 5]);
    const path = join(folder, "last.safetensors");
    const state = { step: 17, random: 4294967295, best: Infinity, loss: 0.1 + 0.2 };
    await saveCheckpoint(
      path,
      { groups: networkGroups({ discriminator: network }, "discriminator"), state },
    );
    const loaded = await loadCheckpoint(path);
    assert.deepEqual(
      loaded.state,
      { step: 17, random: 4294967295, loss: 0.1 + 0.2 },
      "no best yet is no number",
    );
    const { params: back, state: adamBack, average: averageBack } = networkIn(loaded, {
      path,
      kind: "discriminator",
      name: "discriminator",
      specs,
    });
    for (const [name, tensor] of Object.entries(params)) {
      assert.deepEqual(back[name].dataSync(), tensor.dataSync());
    }
    assert.deepEqual(Object.keys(averageBack!).sort(), Object.keys(average!).sort());
    for (const [name, tensor] of Object.entries(average!)) {
      assert.deepEqual(averageBack![name].dataSync(), tensor.dataSync());
    }
    assert.deepEqual(Object.keys(adamBack.v).sort(), Object.keys(adam.v).sort());
    assert.deepEqual(adamBack.m["audio/0/conv/bias"].dataSync(), adam.m["audio/0/conv/bias"].dataSync());
    assert.deepEqual(Array.from(adamBack.powers.dataSync()), [1, 1]);
    const only = await loadCheckpoint(path, ["discriminator"]);
    assert.deepEqual(Object.keys(only.groups), ["discriminator"]);
    const file = await openSafetensors(path);
    assert.ok("discriminator/audio/0/conv/kernel" in file.header.tensors, "readable by other tools");
    file.close();
    for (const groups of [loaded.groups, only.groups]) Object.values(groups).forEach(disposeParams);
    tf.dispose(network);
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("a checkpoint cut short, of another version, absent or no checkpoint at all is named", () =>
  inFolder(async (folder) => {
    const params = initSyncDiscriminator(thin, 3);
    const path = join(folder, "last.safetensors");
    await saveCheckpoint(path, { groups: { discriminator: params }, state: { step: 1 } });
    const { size } = await Deno.stat(path);
    const before = tf.memory().numTensors;
    for (const length of [size - 1, size >> 1, 100, 4, 0]) {
      const cut = join(folder, "cut.safetensors");
      await Deno.copyFile(path, cut);
      await Deno.truncate(cut, length);
      await rejects(loadCheckpoint(cut), /cut\.safetensors/);
    }
    await rejects(
      loadCheckpoint(join(folder, "none.safetensors")),
      /There is no checkpoint .*none\.safetensors/,
    );
    const other = join(folder, "other.safetensors");
    await writeSafetensors(other, {}, { checkpoint_version: "99", state: "{}" });
    await rejects(loadCheckpoint(other), /checkpoint version 99, this kit reads 1/);
    await writeSafetensors(other, {}, {});
    await rejects(loadCheckpoint(other), /other\.safetensors/);
    assert.equal(tf.memory().numTensors, before);
    disposeParams(params);
  }));

Deno.test("weights of another network are refused by the first difference", () => {
  const params = initSyncDiscriminator(thin, 3);
  const refuses = (given: typeof params | undefined, expected: typeof specs, message: RegExp) =>
    assert.throws(() => checkParams("a.safetensors", given, expected), (error) => {
      assert.ok(error instanceof KitError);
      assert.match(error.message, message);
      assert.match(error.message, /^a\.safetensors .* belongs to another network or configuration$/);
      return true;
    });
  refuses(undefined, specs, /does not hold this network/);
  const wide = describeSyncDiscriminator({ ...thin, width: 0.125 }).specs;
  refuses(params, wide, /holds audio\/6\/conv\/kernel \[3,3,8,8\] where \[3,3,8,16\] is expected/);
  const plain = describeSyncDiscriminator({ ...thin, cbam: false }).specs;
  refuses(params, plain, /holds audio\/0\/cbam\/mlp\/0\/kernel, which this network does not have/);
  const { "audio/lstm/kernel": _, ...rest } = params;
  refuses(rest, specs, /lacks audio\/lstm\/kernel/);
  assert.equal(checkParams("a", params, specs), params);
  disposeParams(params);
});

Deno.test("an old checkpoint stays when a new one cannot be written", () =>
  inFolder(async (folder) => {
    const path = join(folder, "last.safetensors"), w = tf.tensor1d([1, 2]);
    await saveCheckpoint(path, { groups: { g: { w } }, state: { step: 1 } });
    const gone = tf.tensor1d([3, 4]);
    gone.dispose();
    await assert.rejects(saveCheckpoint(path, { groups: { g: { w: gone } }, state: { step: 2 } }));
    const { state, groups } = await loadCheckpoint(path);
    assert.equal(state.step, 1);
    tf.dispose([w, groups.g]);
  }));
