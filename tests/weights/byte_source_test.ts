import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { memorySource, openSource } from "../../lib/weights/byte_source.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("a file and bytes in memory are read by position, into arrays of their own", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ten bytes");
    const ten = Uint8Array.from({ length: 10 }, (_, k) => k);
    await Deno.writeFile(path, ten);
    // Node's buffers slice by sharing; a source must not.
    for (
      const source of [await openSource(path), memorySource(path, ten), memorySource(path, Buffer.from(ten))]
    ) {
      assert.equal(source.size, 10);
      const read = source.read(2, 3);
      assert.deepEqual([...read, read.buffer.byteLength], [2, 3, 4, 3]);
      read.fill(99);
      assert.deepEqual([...source.read(0, 10)], [...ten]);
      assert.deepEqual([...source.read(10, 0)], []);
      for (const [at, length] of [[8, 3], [11, 0], [-1, 2], [2 ** 53, 1], [0.5, 1], [NaN, 1], [0, 2 ** 40]]) {
        assert.throws(
          () => source.read(at, length),
          (error: Error) =>
            error instanceof KitError && /ends early/.test(error.message) && error.message.includes(path),
        );
      }
      source.close();
    }
  }));

Deno.test("an absent file, a folder and a file that became shorter are named", () =>
  inFolder(async (folder) => {
    await assert.rejects(openSource(join(folder, "none")), /none does not exist/);
    await assert.rejects(openSource(folder), /is a folder/);
    const path = join(folder, "shrinks");
    await Deno.writeFile(path, new Uint8Array(100));
    const source = await openSource(path);
    await Deno.truncate(path, 50);
    assert.throws(() => source.read(0, 100), /became shorter/);
    source.close();
  }));
