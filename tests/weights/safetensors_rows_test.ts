import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { openSafetensors } from "../../lib/weights/safetensors.ts";
import { openRowWriter } from "../../lib/weights/safetensors_rows.ts";
import { inFolder, namesIn } from "../media/made_video.ts";

const shapes = { "video/0/channel": [2], "video/0/spatial": [1, 3] };

Deno.test("rows written in any order are read back, as halves; rows left out are zeros", () =>
  inFolder(async (folder) => {
    const path = join(folder, "new", "maps.safetensors");
    const writer = await openRowWriter(path, shapes, { rows: 4, metadata: { run: "a" } });
    await writer.write("video/0/spatial", 2, Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6));
    await writer.write("video/0/channel", 0, Float32Array.of(1, 0.5));
    assert.deepEqual(namesIn(join(folder, "new")), ["maps.safetensors.part"]);
    await writer.close();
    assert.deepEqual(namesIn(join(folder, "new")), ["maps.safetensors"]);

    const file = await openSafetensors(path);
    assert.equal(file.header.metadata.run, "a");
    assert.deepEqual(file.header.tensors["video/0/spatial"].shape, [4, 1, 3]);
    assert.deepEqual([...await file.readF32("video/0/channel")], [1, 0.5, 0, 0, 0, 0, 0, 0]);
    const spatial = await file.readF32("video/0/spatial");
    assert.deepEqual([...spatial.subarray(0, 6)], [0, 0, 0, 0, 0, 0]);
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6].forEach((value, k) =>
      assert.ok(Math.abs(spatial[6 + k] - value) < 2.5e-4)
    );
    file.close();
  }));

Deno.test("a writer that gives up leaves nothing, and a file in the way is named", () =>
  inFolder(async (folder) => {
    const writer = await openRowWriter(join(folder, "maps.safetensors"), shapes, { rows: 1 });
    await writer.abort();
    assert.deepEqual(namesIn(folder), []);
    await Deno.writeTextFile(join(folder, "file"), "");
    await assert.rejects(
      openRowWriter(join(folder, "file", "maps.safetensors"), shapes, { rows: 1 }),
      (e) => e instanceof KitError && /Cannot write .*file/.test(e.message),
    );
  }));
