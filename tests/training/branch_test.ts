import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { branchRun } from "../../lib/training/branch.ts";
import { tiny } from "../../lib/training/config.ts";
import { readRun, RUN_VERSION } from "../../lib/training/run.ts";
import { inFolder } from "../in_folder.ts";

const frozen = { ...tiny, gan: { ...tiny.gan, discriminator: "frozen" as const } };

Deno.test("a branch has the checkpoints and log of its run, its own configuration, and stays when it is there", () =>
  inFolder(async (folder) => {
    const from = join(folder, "from"), to = join(folder, "to");
    await Deno.mkdir(from);
    const data = { name: "clips", clips: 3 };
    const run = { version: RUN_VERSION, kind: "generator", config: tiny, data };
    await Deno.writeTextFile(join(from, "run.json"), JSON.stringify(run));
    await assert.rejects(branchRun(from, to, frozen), (error) => {
      assert.ok(error instanceof KitError);
      return error.message.includes("no checkpoint");
    });
    for (const name of ["last.safetensors", "log.parquet"]) await Deno.writeTextFile(join(from, name), name);
    await branchRun(from, to, frozen);
    assert.deepEqual(await readRun(to), { ...run, config: frozen });
    assert.equal(await Deno.readTextFile(join(to, "last.safetensors")), "last.safetensors");
    assert.equal(await Deno.readTextFile(join(to, "log.parquet")), "log.parquet");
    await branchRun(from, to, tiny);
    assert.deepEqual((await readRun(to)).config, frozen);
  }));
