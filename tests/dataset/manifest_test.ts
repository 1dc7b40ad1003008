import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import { KitError } from "../../lib/base/errors.ts";
import { parseSplit, splitOf } from "../../lib/prepare/splits.ts";
import { PREPARED_VERSION } from "../../lib/dataset/prepared.ts";
import { readManifest, readRejects, writeManifest } from "../../lib/dataset/manifest.ts";
import { madeRow } from "./made_row.ts";
import { inFolder } from "../media/made_video.ts";

const row = madeRow({ id: "s1/bbaf2n", offset: -2, sync_confidence: 0.25, kept: false, why: "face" });
const reject = { id: "s1/x", source: "x.mp4", reason: "no-face", detail: 'no "face"\nat all' };
const says = (pattern: RegExp) => (error: Error) => error instanceof KitError && pattern.test(error.message);

Deno.test("rows come back as they were written, and other readers see plain columns", () =>
  inFolder(async (folder) => {
    await writeManifest(folder, [row, { ...row, id: "s1/b", split: "test" }], [reject]);
    await Deno.writeTextFile(join(folder, "prepared.json"), JSON.stringify({ version: PREPARED_VERSION }));
    assert.deepEqual((await readManifest(folder))[0], row);
    assert.deepEqual(await readRejects(folder), [reject]);
    const table = pl.readParquet(join(folder, "manifest.parquet"));
    assert.deepEqual(table.columns, Object.keys(row));
  }));

Deno.test("tables without rows keep their columns", () =>
  inFolder(async (folder) => {
    await writeManifest(folder, [], []);
    await Deno.writeTextFile(join(folder, "prepared.json"), JSON.stringify({ version: PREPARED_VERSION }));
    assert.deepEqual(await readManifest(folder), []);
    assert.deepEqual(await readRejects(folder), []);
    assert.deepEqual(pl.readParquet(join(folder, "rejects.parquet")).columns, Object.keys(reject));
  }));

Deno.test("what is no prepared folder is refused with a remedy", () =>
  inFolder(async (folder) => {
    await assert.rejects(readManifest(folder), says(/is not a prepared folder.*deno task prepare/));
    await assert.rejects(readManifest(join(folder, "nowhere")), says(/is not a prepared folder/));
    const mark = join(folder, "prepared.json");
    await Deno.writeTextFile(mark, "{");
    await assert.rejects(readManifest(folder), says(/prepared.json cannot be read/));
    await Deno.writeTextFile(mark, JSON.stringify({ version: 99 }));
    await assert.rejects(readManifest(folder), says(/layout version 99, this kit reads 2/));
    await Deno.writeTextFile(mark, JSON.stringify({ version: PREPARED_VERSION }));
    await assert.rejects(readManifest(folder), says(/is not finished.*goes on/));
    await Deno.writeTextFile(join(folder, "manifest.parquet"), "PAR1 not really");
    await assert.rejects(readManifest(folder), says(/manifest.parquet cannot be read/));
  }));

Deno.test("a split is three shares of any sum", () => {
  assert.deepEqual(parseSplit("95,2,3"), [0.95, 0.02, 0.03]);
  assert.deepEqual(parseSplit("1, 0, 1"), [0.5, 0, 0.5]);
  for (
    const text of ["", "95,5", "95,2,3,1", "a,b,c", "-1,1,1", "0,0,0", "95,,5", "NaN,1,1", "Infinity,1,1"]
  ) {
    assert.throws(() => parseSplit(text), KitError, text);
  }
});

Deno.test("clips are dealt by their name alone, in about the shares asked for", () => {
  const shares = parseSplit("88,4,8");
  const ids = Array.from({ length: 5000 }, (_, i) => `s${i % 7}/clip${i}`);
  const count = { train: 0, val: 0, test: 0 };
  for (const id of ids) count[splitOf(id, shares)]++;
  assert.ok(Math.abs(count.train - 4400) < 100 && Math.abs(count.val - 200) < 60, JSON.stringify(count));
  // Known answers: a new version must not deal old clips anew.
  assert.deepEqual(["s1/bbaf2n", "s1/bbaf3s", "s1/pwbyzp"].map((id) => splitOf(id, [0.4, 0.3, 0.3])), [
    "test",
    "test",
    "train",
  ]);
});

Deno.test("a folder of an older version is refused with the remedy", () =>
  inFolder(async (folder) => {
    await writeManifest(folder, [row], []);
    await Deno.writeTextFile(join(folder, "prepared.json"), JSON.stringify({ version: 1, config: {} }));
    await assert.rejects(
      readManifest(folder),
      says(/layout version 1, .*Run the same `deno task prepare` again/),
    );
    // One of this version whose columns are fewer.
    await Deno.writeTextFile(join(folder, "prepared.json"), JSON.stringify({ version: PREPARED_VERSION }));
    pl.readParquet(join(folder, "manifest.parquet")).drop("sharpness", "why")
      .writeParquet(join(folder, "manifest.parquet"));
    await assert.rejects(readManifest(folder), says(/has no sharpness, why.*it adds what is missing/));
  }));

Deno.test("a manifest of 145,000 rows is read as it was written", () =>
  inFolder(async (folder) => {
    const hash = "0123456789abcdef".repeat(4);
    const rows = Array.from({ length: 145_000 }, (_, k) => {
      const text = `TEN TO TWENTY WORDS OF WHAT IS SAID IN CLIP ${k}, AS LRS2 HAS IT`;
      return madeRow({
        id: `speaker${k % 900}/${k}`,
        text,
        sharpness: k / 7,
        picture_hash: hash,
        sound_hash: hash,
      });
    });
    await writeManifest(folder, rows, []);
    await Deno.writeTextFile(join(folder, "prepared.json"), JSON.stringify({ version: PREPARED_VERSION }));
    const read = await readManifest(folder);
    assert.equal(read.length, 145_000);
    assert.deepEqual(read[144_999], rows[144_999]);
  }));
