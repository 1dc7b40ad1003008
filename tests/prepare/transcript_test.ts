import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { readTranscript, transcriptWithin } from "../../lib/prepare/transcript.ts";
import { wordsFromText, wordsToText } from "../../lib/dataset/clip_file.ts";
import { GRID } from "../real_clips.ts";
import { inFolder } from "../in_folder.ts";

const FORMATS = { "a.txt": "lrs2", "a.align": "align" } as const;

/** What is read from a file of words with this content, for a video of two seconds. */
function read(name: keyof typeof FORMATS, content: string | Uint8Array, more: { perhaps?: true } = {}) {
  return inFolder(async (folder) => {
    const path = join(folder, name);
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return await readTranscript({ path, format: FORMATS[name], there: true, ...more }, 2);
  });
}
const lrs = (rows: string) => `Text:  BE HERE\nConf:  4\n\nWORD START END ASDSCORE\n${rows}`;

Deno.test("LRS2's words are in seconds, after the heading", async () => {
  const words = [{ word: "BE", start: 0.1, end: 0.25 }, { word: "HERE", start: 0.25, end: 0.8 }];
  const expected = { text: "BE HERE", words, note: "" };
  assert.deepEqual(await read("a.txt", lrs("BE 0.10 0.25 9.1\nHERE 0.25 0.8 7.0\n")), expected);
  // As a Windows program leaves it.
  assert.deepEqual(
    await read("a.txt", "\ufeff" + lrs("BE 0.10 0.25 9.1\nHERE 0.25 0.8 7.0\n").replaceAll("\n", "\r\n")),
    expected,
  );
});

Deno.test("LRS2's texts without times are a text without words", async () => {
  assert.deepEqual(await read("a.txt", "Text:  IT MAY TAKE SOME TIME\nConf:  6\n"), {
    text: "IT MAY TAKE SOME TIME",
    words: [],
    note: "",
  });
});

Deno.test("GRID's words are in units of 1/25000 s; pauses are left out", async () => {
  const text = "0 12500 sil\n12500 25000 bin\n25000 26000 sp\r\n26000 50000 blue\n";
  const words = [{ word: "bin", start: 0.5, end: 1 }, { word: "blue", start: 1.04, end: 2 }];
  assert.deepEqual(await read("a.align", text), { text: "bin blue", words, note: "" });
});

Deno.test("a file of words that is wrong gives no words, and a note naming it", async () => {
  const faults: [keyof typeof FORMATS, string | Uint8Array, RegExp][] = [
    ["a.txt", "", /a\.txt is not written as LRS2's texts are/],
    ["a.txt", "Filmed in May.\n", /a\.txt is not written as LRS2's/],
    ["a.txt", "Text:\nConf: 4\n", /a\.txt is not written as LRS2's/],
    ["a.txt", new Uint8Array(3000).map((_, i) => (i * 7919) & 255), /a\.txt is not written as LRS2's/],
    ["a.txt", new Uint8Array(1_100_000), /a\.txt is too large/],
    ["a.txt", lrs("BE 0.10 0.25 9.1\nHERE 0.25\n"), /a\.txt has no word with two times in line 6/],
    ["a.txt", lrs("BE 0.1 soon 9.1\n"), /no word with two times in line 5/],
    ["a.txt", lrs("BE -0.1 0.2 9.1\n"), /no word with two times in line 5/],
    ["a.txt", lrs("BE 0.4 0.2 9.1\n"), /a\.txt ends "BE" before its start/],
    ["a.txt", lrs("BE 0.4 0.6 9.1\nHERE 0.1 0.3 9\n"), /a\.txt has "HERE" out of order/],
    ["a.txt", lrs("BE 0.4 2.6 9.1\n"), /a\.txt goes on 0\.60 s after the film's end/],
    ["a.align", "", /a\.align is empty/],
    ["a.align", "0 12500 sil\n12500 25000\n", /a\.align has no word with two times in line 2/],
    ["a.align", "0 12500 sil\nbin 12500 25000\n", /no word with two times in line 2/],
    ["a.align", "0 12500 sil\n12500 1e999 bin\n", /no word with two times in line 2/],
    ["a.align", "12500 25000 bin\n0 12500 sil\n", /a\.align has "sil" out of order/],
    ["a.align", "0 12500 sil\n12500 74500 bin\n", /a\.align goes on 0\.98 s after the film's end/],
  ];
  for (const [name, content, note] of faults) {
    const { text, words, note: said } = await read(name, content);
    assert.deepEqual([text, words], ["", []], String(note));
    assert.match(said, note);
    assert.match(said, /^without words: /);
  }
  const gone = { path: "/nowhere/00001.txt", format: "lrs2", there: false } as const;
  assert.equal((await readTranscript(gone, 2)).note, "without words: 00001.txt is missing");
  assert.equal(
    (await readTranscript({ ...gone, there: true }, 2)).note,
    "without words: 00001.txt cannot be read",
  );
  // Where nobody promised words, another text is no fault.
  assert.equal((await read("a.txt", "Filmed in May.\n", { perhaps: true })).note, "");
});

Deno.test("a file of words may end a little after the film", async () => {
  assert.equal((await read("a.align", "0 12500 sil\n12500 54500 bin\n")).note, "");
});

Deno.test("a part of a film has its own words, in its own time", () => {
  const words = [["a", 0.2, 0.6], ["b", 0.6, 1.4], ["c", 1.5, 1.9]].map(([word, start, end]) => ({
    word: String(word),
    start: Number(start),
    end: Number(end),
  }));
  const whole = { text: "A, B; C", words, note: "" };
  assert.deepEqual(transcriptWithin(whole, { start: 0, end: 2, duration: 2 }), whole);
  assert.deepEqual(transcriptWithin(whole, { start: 0.8, end: 1.7, duration: 2 }), {
    text: "b c",
    words: [{ word: "b", start: 0, end: 0.6 }, { word: "c", start: 0.7, end: 0.9 }],
    note: "",
  });
  // Without times nobody knows which of the words the part has.
  const untimed = { text: "A B C", words: [], note: "" };
  assert.equal(transcriptWithin(untimed, { start: 0.1, end: 1.9, duration: 2 }).text, "A B C");
  assert.equal(transcriptWithin(untimed, { start: 0.8, end: 1.7, duration: 2 }).text, "");
});

Deno.test("words travel as text", () => {
  const words = [{ word: 'naïve "说"', start: 0.04, end: 0.5 }];
  assert.equal(wordsToText(words), '[["naïve \\"说\\"",0.04,0.5]]');
  assert.deepEqual(wordsFromText(wordsToText(words)), words);
  assert.deepEqual(wordsFromText(undefined), []);
});

Deno.test("GRID's alignments fit their clips and agree with the clips' names", async () => {
  for (const path of ["align/bbaf2n.align", "lbbe2p.align"]) {
    const file = { path: join(GRID, "s1", path), format: "align", there: true } as const;
    const { text, words, note } = await readTranscript(file, 2.96);
    // A clip is named by the first letters of its words, digits by themselves.
    const digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    const initials = words.map(({ word }) => {
      const digit = digits.indexOf(word);
      return digit < 0 ? word[0] : digit === 0 ? "z" : `${digit}`;
    }).join("");
    assert.deepEqual([initials, note, text.split(" ").length], [basename(path, ".align"), "", 6]);
  }
});
