import assert from "node:assert/strict";
import { join } from "node:path";
import { spokenWords } from "../../lib/data/words.ts";
import { writeAtomic } from "../../lib/files.ts";

async function wordsOf(files: Record<string, string>) {
  const folder = await Deno.makeTempDir({ prefix: "kit words " });
  try {
    for (const [path, text] of Object.entries(files)) await writeAtomic(join(folder, path), text);
    return await spokenWords(join(folder, "a.mp4"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("LRS2's words are in seconds, after the heading", async () => {
  const text = "Text:  BE HERE\nConf:  4\n\nWORD START END ASDSCORE\nBE 0.10 0.25 9.1\nHERE 0.25 0.8 7.0\n";
  assert.deepEqual(await wordsOf({ "a.txt": text }), [
    { word: "BE", start: 0.1, end: 0.25 },
    { word: "HERE", start: 0.25, end: 0.8 },
  ]);
});

Deno.test("GRID's words are in units of 1/25000 s, beside the film or in align/; pauses are left out", async () => {
  const text = "0 12500 sil\n12500 25000 bin\n25000 26000 sp\r\n26000 50000 blue\n";
  const words = [{ word: "bin", start: 0.5, end: 1 }, { word: "blue", start: 1.04, end: 2 }];
  assert.deepEqual(await wordsOf({ "a.align": text }), words);
  assert.deepEqual(await wordsOf({ "align/a.align": text }), words);
});

Deno.test("no file of words, or another text, gives none", async () => {
  assert.deepEqual(await wordsOf({ "b.txt": "" }), []);
  assert.deepEqual(await wordsOf({ "a.txt": "Filmed in May.\n" }), []);
});
