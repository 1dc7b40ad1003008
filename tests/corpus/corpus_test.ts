import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import pl from "nodejs-polars";
import { planCorpus } from "../../lib/corpus/plan.ts";
import { openSpeech } from "../../lib/corpus/speech.ts";
import { lrsText, openRenderer } from "../../lib/corpus/render_clip.ts";
import { generateCorpus } from "../../lib/corpus/corpus.ts";
import { exists, writeAtomic } from "../../lib/base/files.ts";
import { decodeAudio } from "../../lib/media/decode.ts";
import { probe } from "../../lib/media/probe.ts";
import { inFolder } from "../in_folder.ts";

/** Runs a test with a folder, not there yet, whose name is as awkward as names may be. */
const inCorpus = (work: (folder: string) => Promise<void>) =>
  inFolder((root) => work(join(root, 'a corpus\'s "folder"')));

Deno.test("a plan gives the same frames and the same sound every time, whatever was drawn before", () =>
  inCorpus(async (folder) => {
    const [first, , other] = await planCorpus({ size: "tiny", seed: 5 });
    const plan = { ...first, text: "We rowed the boat." }, speech = openSpeech();
    try {
      const draw = openRenderer(speech), once = await draw(plan, folder);
      const video = await Deno.readFile(join(folder, "main", `${plan.id}.mp4`));
      await draw({ ...other, text: "Thank you." }, folder);
      const again = await draw(plan, folder), elsewhere = await openRenderer(speech)(plan, folder);
      assert.deepEqual([again, elsewhere], [once, once]);
      assert.deepEqual(await Deno.readFile(join(folder, "main", `${plan.id}.mp4`)), video);
      const [seed6] = await planCorpus({ size: "tiny", seed: 6 });
      assert.notEqual((await draw({ ...seed6, text: plan.text }, folder)).sha256, once.sha256);
    } finally {
      await speech.close();
    }
  }));

Deno.test("the text beside a clip has LRS2's form", () => {
  const text = lrsText("It's warm, Tom.", [{ word: "It's", start: 0.2, end: 0.416 }, {
    word: "warm",
    start: 0.416,
    end: 0.8,
  }]);
  assert.equal(
    text,
    "Text:  IT'S WARM TOM\nConf:  9\n\nWORD START END ASDSCORE\nIT'S 0.20 0.42 9.9\nWARM 0.42 0.80 9.9\n",
  );
});

Deno.test("the tiny corpus is drawn, kept, mended to the same bytes, and not mixed with another", () =>
  inCorpus(async (folder) => {
    const description = async () => JSON.parse(await Deno.readTextFile(join(folder, "corpus.json")));
    const main = join(folder, "main");
    // As an older kit left it: its videos go, what else lies there stays.
    await writeAtomic(join(folder, "corpus.json"), JSON.stringify({ version: 1, size: "tiny", seed: 5 }));
    await writeAtomic(join(main, "s01", "00009.mp4"), "an older film");
    await writeAtomic(join(main, "s01", "notes.md"), "mine");
    const { clips, rendered, frames, sha256 } = await generateCorpus(folder, {
      size: "tiny",
      seed: 5,
      workers: 2,
    });
    assert.equal(rendered, 8);
    assert.equal(await exists(join(main, "s01", "00009.mp4")), false);
    assert.equal(await Deno.readTextFile(join(main, "s01", "notes.md")), "mine");

    for (const { id } of clips) {
      const path = join(main, `${id}.mp4`), { video, audio, duration } = await probe(path);
      assert.deepEqual([video?.width, video?.height, video?.fps], [224, 224, 25]);
      assert.ok(audio);
      assert(duration > 1.5 && duration < 6.01, `${duration} s`);
      const sound = await decodeAudio(path);
      const loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      assert(loudest > 0.05, "there is speech");
      assert.match(
        await Deno.readTextFile(join(main, `${id}.txt`)),
        /^Text: {2}[A-Z' ]+\nConf: {2}\d\n\nWORD START END ASDSCORE\n/,
      );
    }
    const list = async (name: string) =>
      (await Deno.readTextFile(join(folder, `${name}.txt`))).trim().split("\n");
    const [train, val, test] = [await list("train"), await list("val"), await list("test")];
    assert.deepEqual([train.length, val.length, test.length], [4, 2, 2]);
    assert.equal(new Set([...train, ...val, ...test].map(dirname)).size, 4);
    assert.equal(new Set(train.map(dirname)).size, 2, "two speakers are trained on, and only these");

    const rows = pl.readParquet(join(folder, "clips.parquet")).toRecords();
    assert.deepEqual(rows.map(({ id, split }) => [id, split]), clips.map(({ id, split }) => [id, split]));
    assert.equal(rows.reduce((sum, row) => sum + Number(row.frames), 0), frames);
    const all = rows.reduce((hash, row) => hash.update(`${row.sha256}`), createHash("sha256")).digest("hex");
    assert.equal(sha256, all);
    const { version: _, hours: __, ...rest } = await description();
    assert.deepEqual(rest, { size: "tiny", seed: 5, speakers: 4, clips: 8, frames, sha256 });

    // As after a kill: a clip whose text is missing is drawn again, the others are kept.
    await Deno.remove(join(main, `${clips[1].id}.txt`));
    const mended = await generateCorpus(folder, { size: "tiny", seed: 5, workers: 1 });
    assert.deepEqual([mended.rendered, mended.sha256], [1, sha256]);
    const another = generateCorpus(folder, { size: "tiny", seed: 6 });
    await assert.rejects(another, /another size, seed or version\. Choose another folder/);
  }));

Deno.test("a corpus of a newer kit and a file that says nothing are left alone", () =>
  inCorpus(async (folder) => {
    for (const content of [JSON.stringify({ version: 99, size: "tiny", seed: 1 }), "{", "null"]) {
      await writeAtomic(join(folder, "corpus.json"), content);
      await assert.rejects(generateCorpus(folder, { size: "tiny" }), /holds a corpus of another/);
      assert.equal(await Deno.readTextFile(join(folder, "corpus.json")), content);
    }
    const huge = generateCorpus(folder, { size: "huge" as "tiny" });
    await assert.rejects(huge, /no corpus of size huge\. Choose tiny, small, large/);
  }));
