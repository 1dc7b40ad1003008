import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { KitError } from "../../lib/base/errors.ts";
import { tensorflowWheels } from "../../lib/setup/tensorflow.ts";
import { hasWheel, installWheel } from "../../lib/setup/wheel.ts";
import { makeProject } from "./project.ts";
import { onSmallDisk } from "./small_disk.ts";

const silent = { say: () => {}, progress: () => {} };

Deno.test("a disk that fills up while a wheel is unpacked: one line, and nothing half done", async () => {
  const [wheel] = tensorflowWheels(undefined, { gpu: false });
  const tested = await onSmallDisk(24, async (folder) => {
    const { root, index } = await makeProject(folder);
    Deno.env.set("PIP_NO_INDEX", "1");
    Deno.env.set("PIP_FIND_LINKS", pathToFileURL(index).href);
    const site = { root, signal: new AbortController().signal };
    await Deno.writeFile(join(folder, "ballast"), new Uint8Array(1 << 20));
    await assert.rejects(installWheel(site, silent, wheel), (error) => {
      assert.ok(error instanceof KitError);
      assert.match(
        error.message,
        /^Set-up of tensorflow stopped: the disk is full\. Free some gigabytes and run/,
      );
      return true;
    });
    assert.equal(hasWheel(root, wheel), false);
  });
  if (!tested) console.log("no small file system can be mounted here: nothing tested");
});
