import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { clipSource } from "../../lib/dataset/clip_source.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { readRejects } from "../../lib/dataset/manifest.ts";
import { writeAtomic } from "../../lib/base/files.ts";
import { inFolder } from "../media/made_video.ts";
import { makeFaceVideo } from "./face_video.ts";

const WORDS =
  "Text:  SO IT IS\nConf:  5\n\nWORD START END ASDSCORE\nSO 0.10 0.30 9\nIT 0.30 0.70 9\nIS 0.80 1.90 9\n";
const OPTIONS = { every: 2, split: "1,0,0", cuts: "ignore" as const, workers: 1 };

async function lay(root: string, texts: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(texts)) await writeAtomic(join(root, path), text);
}

Deno.test("LRS2 as it comes: words and splits travel into the prepared folder, faults become notes and rows", () =>
  inFolder(async (root) => {
    const data = join(root, "mvlrs_v1"), out = join(root, "out");
    const video = join(data, "main/p1/00001.mp4");
    await Deno.mkdir(dirname(video), { recursive: true });
    await makeFaceVideo(video);
    for (const name of ["p1/00002", "p1/00003", "p2/00001"]) {
      await Deno.mkdir(dirname(join(data, "main", name)), { recursive: true });
      await Deno.copyFile(video, join(data, "main", `${name}.mp4`));
    }
    // The face comes after 10 frames, and with it the clip begins.
    await makeFaceVideo(join(data, "main/p2/00002.mp4"), {
      filter: "drawbox=t=fill:c=gray:enable='lt(t,0.39)'",
    });
    await lay(data, {
      "main/p1/00001.txt": WORDS,
      "main/p1/00003.txt": "Text:  SO\n\nWORD START END ASDSCORE\nSO soon later\n",
      "main/p2/00001.txt": "Text:  SO IT IS\nConf:  5\n",
      "main/p2/00002.txt": WORDS,
    });
    await lay(root, { "train.txt": "p1/00001\np1/00002\np1/00009\n", "val.txt": "p1/00003\n" });
    await lay(root, { "test.txt": "p2/00001 NF\np2/00002 MV\n" });

    let line = "";
    const { dataSet, clips, rejects } = await prepare(data, out, { ...OPTIONS, say: (text) => line = text });
    assert.match(
      line,
      /^LRS2's layout: 5 clips of 2 speakers, 1 of them without \.txt; split by .*1 clip named/,
    );
    assert.equal(dataSet, line);
    assert.deepEqual(
      clips.map(({ id, split, text, words, note }) => [id, split, text, words, note.replace(/^face.*/, "")]),
      [
        ["p1/00001", "train", "SO IT IS", 3, ""],
        ["p1/00002", "train", "", 0, "without words: 00002.txt is missing"],
        ["p1/00003", "val", "", 0, "without words: 00003.txt has no word with two times in line 4"],
        ["p2/00001", "test", "SO IT IS", 0, ""],
        ["p2/00002", "test", "IT IS", 2, ""],
      ],
    );
    assert.deepEqual(rejects.map(({ id, reason }) => [id, reason]), [["p1/00009", "absent"]]);
    assert.deepEqual(await readRejects(out), rejects);
    const whole = await clipSource(out, clips[0]), late = await clipSource(out, clips[4]);
    assert.deepEqual(whole!.words[2], { word: "IS", start: 0.8, end: 1.9 });
    assert.deepEqual(late!.words, [{ word: "IT", start: 0, end: 0.3 }, { word: "IS", start: 0.4, end: 1.5 }]);

    // A text that was mended is read, and nothing else is made anew.
    const made = async (id: string) =>
      (await Deno.stat(join(out, `clips/${id}.safetensors`))).mtime!.getTime();
    const [first, third] = [await made("p1/00001"), await made("p1/00003")];
    await lay(data, { "main/p1/00003.txt": WORDS });
    const again = await prepare(data, out, OPTIONS);
    assert.deepEqual([again.clips[2].text, again.clips[2].words, again.clips[2].note], ["SO IT IS", 3, ""]);
    assert.ok(await made("p1/00001") === first && await made("p1/00003") > third);
  }));

Deno.test("GRID as it comes: an .align that does not match leaves the clip without words, and says so", () =>
  inFolder(async (root) => {
    const data = join(root, "grid"), video = join(data, "s1/bbaf2n.mpg");
    await Deno.mkdir(dirname(video), { recursive: true });
    await makeFaceVideo(join(root, "film.mp4"));
    for (const name of ["bbaf2n", "bbaf3s", "bbaf4p"]) {
      await Deno.copyFile(join(root, "film.mp4"), join(data, `s1/${name}.mp4`));
    }
    await Deno.copyFile(join(root, "film.mp4"), join(data, "s1/bbaf2n.mpg"));
    await lay(data, {
      "s1/align/bbaf2n.align": "0 12500 sil\n12500 25000 bin\n25000 37500 blue\n37500 50000 sil\n",
      "s1/align/bbaf3s.align": "0 12500 sil\n12500 60000 bin\n",
      "s1/align/bbaf4p.align": "12500 25000 bin\n0 12500 sil\n",
    });
    const { clips, rejects } = await prepare(data, join(root, "out"), OPTIONS);
    assert.deepEqual(clips.map(({ id, text, words, note }) => [id, text, words, note]), [
      ["s1/bbaf2n", "bin blue", 2, ""],
      ["s1/bbaf3s", "", 0, "without words: bbaf3s.align goes on 0.40 s after the film's end"],
      ["s1/bbaf4p", "", 0, 'without words: bbaf4p.align has "sil" out of order'],
    ]);
    assert.deepEqual(rejects.map(({ id, reason }) => [id, reason]), [["s1/bbaf2n.mpg", "twice"]]);
  }));

Deno.test("a fourth speaker moves no clip that was dealt before", () =>
  inFolder(async (root) => {
    const data = join(root, "films"), out = join(root, "out");
    // Speakers without a video that can be read count as well, and cost nothing.
    const video = await makeFaceVideo(join(root, "film.mp4"), { seconds: 1 });
    for (let i = 0; i < 3; i++) await lay(data, { [`p${i}/a.mp4`]: "no video" });
    for (const name of ["a", "b", "c"]) await Deno.copyFile(video, join(data, `p0/${name}.mp4`));
    const options = { ...OPTIONS, split: "1,1,1" };
    const splits = async () => (await prepare(data, out, options)).clips.map(({ id, split }) => [id, split]);
    const before = await splits();
    assert.equal(new Set(before.map(([, split]) => split)).size > 1, true, "dealt by clip");
    await lay(data, { "p3/a.mp4": "no video" });
    assert.deepEqual(await splits(), before);
    assert.equal(JSON.parse(await Deno.readTextFile(join(out, "prepared.json"))).splitUnit, "clip");
  }));
