import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { exists, holdFolder, makeFolder, replaceFile, writeAtomic, writing } from "../../lib/base/files.ts";
import { inFolder, namesIn } from "../media/made_video.ts";

Deno.test("a file is whole or absent: it appears under its name when all of it is written", () =>
  inFolder(async (folder) => {
    const path = join(folder, "new", "a.txt");
    await writeAtomic(path, "whole");
    assert.equal(await Deno.readTextFile(path), "whole");
    assert.deepEqual(namesIn(join(folder, "new")), ["a.txt"]);
    await writeAtomic(path, new Uint8Array([104, 105]));
    assert.equal(await Deno.readTextFile(path), "hi");
  }));

Deno.test("a place that cannot be written is named, with the remedy", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    const below = join(folder, "file", "folder");
    for (const attempt of [() => makeFolder(below), () => writeAtomic(join(below, "a"), "x")]) {
      await assert.rejects(attempt(), (error) => {
        assert.ok(error instanceof KitError);
        assert.ok(error.what.includes(below));
        assert.match(error.remedy, /choose another folder/);
        return true;
      });
    }
  }));

Deno.test("a full disk says so; other faults are not hidden", async () => {
  const full = () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
  await assert.rejects(
    writing("a.txt", full),
    (error) => error instanceof KitError && /disk is full/.test(error.remedy),
  );
  const other = new RangeError("a fault of ours");
  await assert.rejects(writing("a.txt", () => Promise.reject(other)), (error) => error === other);
});

Deno.test("absent files and files below files do not exist", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    assert.deepEqual(
      await Promise.all(["file", "none", "file/below"].map((name) => exists(join(folder, name)))),
      [true, false, false],
    );
  }));

Deno.test("a write that fails leaves the old file and nothing beside it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeAtomic(path, "old");
    const half = async (part: string) => {
      await Deno.writeTextFile(part, "ne");
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    };
    await assert.rejects(replaceFile(path, half), KitError);
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(namesIn(folder), ["a.txt"]);
  }));

Deno.test("a folder is one call's until it lets go", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    {
      using _held = await holdFolder(run);
      await assert.rejects(holdFolder(run), /Another call is at work in .*run/);
    }
    (await holdFolder(run))[Symbol.dispose]();
  }));
