import assert from "node:assert/strict";
import { join } from "node:path";
import { readParquet, writeParquet } from "../../lib/base/parquet.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("rows come back; what a row lacks is null; damage is named", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a b", "rows.parquet");
    await writeParquet(path, [{ step: 1, name: "x" }, { step: 2.5, ok: true }, { name: null, step: NaN }]);
    assert.deepEqual(readParquet(path), [
      { step: 1, name: "x", ok: null },
      { step: 2.5, name: null, ok: true },
      { step: NaN, name: null, ok: null },
    ]);
    assert.deepEqual([...Deno.readDirSync(join(folder, "a b"))].map((entry) => entry.name), ["rows.parquet"]);
    await writeParquet(path, []);
    assert.deepEqual(readParquet(path), []);
    await Deno.writeTextFile(path, "PAR1 cut short");
    assert.throws(() => readParquet(path), /rows\.parquet cannot be read as Parquet/);
  }));
