import assert from "node:assert/strict";
import { join } from "node:path";
import { table, writeTable } from "../../lib/figures/table.ts";
import { readParquet } from "../../lib/base/parquet.ts";
import { inFolder } from "../in_folder.ts";

const rows = [
  { variant: "w/o LSTM & CBAM", lseD: 6.7, clips: 24, fid: 4.38712 },
  { variant: "a|b", lseD: 16.2071, clips: 24, fid: null },
];

Deno.test("numbers are aligned to four figures, what is missing is a dash", () => {
  assert.equal(
    table(rows, { caption: "Data: GRID." }).markdown,
    "Data: GRID.\n\n" +
      "| variant | lseD | clips | fid |\n" +
      "| --- | ---: | ---: | ---: |\n" +
      "| w/o LSTM & CBAM | 6.70 | 24 | 4.387 |\n" +
      "| a\\|b | 16.21 | 24 | – |\n",
  );
  assert.match(table([{ loss: 1.5e-7 }, { loss: 2e-7 }]).markdown, /1\.50e-7/);
  assert.match(table(rows, { columns: ["clips"] }).markdown, /^\| clips \|\n/);
});

Deno.test("a notebook gets HTML with its text escaped", () => {
  const shown = table(rows)[Symbol.for("Jupyter.display")]();
  assert.match(shown["text/html"], /<td style="text-align:left[^>]*>w\/o LSTM &amp; CBAM<\/td>/);
  assert.match(shown["text/html"], /<td style="text-align:right[^>]*>16\.21<\/td>/);
});

Deno.test("a table is written for readers and for programs", () =>
  inFolder(async (folder) => {
    const { markdown } = await writeTable("ablation", rows, { folder, caption: "Table 1" });
    assert.equal(await Deno.readTextFile(join(folder, "ablation.md")), markdown);
    assert.deepEqual(readParquet(join(folder, "ablation.parquet")), rows);
  }));
