import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { saveCheckpoint } from "../../lib/training/checkpoint.ts";
import { tiny } from "../../lib/training/config.ts";
import {
  bestPath,
  lastPath,
  loadDiscriminator,
  loadGenerator,
  openRun,
  readRun,
  RUN_VERSION,
  type RunFile,
} from "../../lib/training/run.ts";
import { inFolder } from "../prepared.ts";
import { makeTinyRun } from "./tiny_run.ts";

const file: Omit<RunFile, "version"> = {
  kind: "discriminator",
  config: tiny,
  data: { name: "made", clips: 2 },
};

const rejects = (work: Promise<unknown>, message: RegExp) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof KitError, `${error}`);
    assert.match(error.message, message);
    return true;
  });

Deno.test("a run folder says what it is, and is not trodden on", () =>
  inFolder(async (folder) => {
    const run = join(folder, "a run");
    assert.deepEqual(await openRun(run, file, { resume: false, steps: 5 }), {
      config: { ...tiny, pretrain: { ...tiny.pretrain, steps: 5 } },
      checkpoint: undefined,
    });
    const written = await readRun(run, "discriminator");
    assert.deepEqual([written.version, written.kind, written.data], [
      RUN_VERSION,
      "discriminator",
      file.data,
    ]);
    await rejects(openRun(run, file, { resume: false }), /a run holds a run already\. Go on with --resume/);
    await rejects(readRun(run, "generator"), /holds a discriminator, not a generator\. .*task train/);
    assert.equal(tiny.pretrain.steps, 8, "the preset stays as it is");
  }));

Deno.test("a resumed run keeps its own configuration, but for what is asked", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    const own = { ...tiny, seed: 42 };
    await openRun(run, { ...file, config: own }, { resume: true });
    const again = await openRun(run, file, { resume: true });
    assert.deepEqual(again, { config: own, checkpoint: undefined });
    const settings = ["pretrain.learningRate=1e-5"];
    const { config } = await openRun(run, file, { resume: true, steps: 20, settings });
    assert.deepEqual([config.seed, config.pretrain.steps, config.pretrain.learningRate], [42, 20, 1e-5]);
    assert.deepEqual((await readRun(run)).config, config, "the folder says what it goes on with");
    await rejects(openRun(run, file, { resume: true, settings: ["pretrain.no=1"] }), /no setting/);
  }));

Deno.test("what is no run, damaged or of another version is named", () =>
  inFolder(async (folder) => {
    await rejects(readRun(join(folder, "none")), /none is not a run folder/);
    const run = join(folder, "run");
    await openRun(run, file, { resume: false });
    await Deno.writeTextFile(join(run, "run.json"), '{"version": 1');
    await rejects(readRun(run), /run\.json cannot be read/);
    await Deno.writeTextFile(join(run, "run.json"), JSON.stringify({ ...file, version: 99 }));
    await rejects(readRun(run), /layout version 99, this kit reads 2/);
  }));

Deno.test("a place that cannot be written is named", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    await rejects(openRun(join(folder, "file", "run"), file, { resume: false }), /Cannot write .*file/);
  }));

Deno.test("the best discriminator and generator of a run are loaded as their configuration says", () =>
  inFolder(async (folder) => {
    const run = await makeTinyRun(folder);
    const { params, step, config } = await loadDiscriminator(run);
    assert.equal(step, 0);
    assert.ok("audio/lstm/kernel" in params && config.discriminator.cbam);
    await rejects(loadGenerator(run), /holds a discriminator, not a generator/);
    const gan = join(folder, "gan");
    await openRun(gan, { ...file, kind: "generator" }, { resume: false });
    await rejects(loadGenerator(gan), /There is no checkpoint .*best\.safetensors/);
    const generator = initGenerator(tiny.generator, 1);
    await saveCheckpoint(bestPath(gan), { groups: { generator, discriminator: params }, state: { step: 3 } });
    const loaded = await loadGenerator(gan);
    assert.equal(loaded.step, 3);
    const trainedWith = await loadDiscriminator(gan);
    assert.deepEqual(
      Object.keys(trainedWith.params),
      Object.keys(params),
      "the one that it was trained against",
    );
    await saveCheckpoint(bestPath(gan), { groups: { generator: params }, state: { step: 3 } });
    await rejects(loadGenerator(gan), /best\.safetensors lacks face\/0\/0\/conv\/kernel/);
    [params, generator, loaded.params, trainedWith.params].forEach(disposeParams);
    assert.match(lastPath(gan), /last\.safetensors$/);
  }));
