import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { KitError } from "../../../lib/base/errors.ts";
import { exists } from "../../../lib/base/files.ts";
import { listClips } from "../../../lib/prepare/layouts/layouts.ts";
import { safeName } from "../../../lib/prepare/layouts/names.ts";
import { inFolder } from "../../media/made_video.ts";
import { GRID } from "../../real_clips.ts";

async function touch(root: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), "");
  }
}
const idsOf = async (root: string) => (await listClips(root)).clips.map(({ id }) => id);
const says = (pattern: RegExp) => (error: Error) => error instanceof KitError && pattern.test(error.message);

Deno.test("GRID: the speaker is the clips' folder, with .align files wherever its archives have them", () =>
  inFolder(async (root) => {
    await touch(root, "s1/bbaf2n.mpg", "s1/align/bbaf2n.align", "s2/lbax4n.mp4", "s2/lbax4n.align");
    await touch(root, "s3/video/mpg_6000/pwij3p.mpg", "s3/align/pwij3p.align");
    await touch(root, "s4/sbia1a.mpg", "alignments/s4/sbia1a.align", "s4/sbia2a.mpg");
    const { layout, line, clips } = await listClips(root);
    assert.equal(layout, "grid");
    assert.match(
      line,
      /^GRID's layout: 5 clips of 4 speakers, 1 of them without \.align; split by hash of the speaker$/,
    );
    assert.deepEqual(
      clips.map(({ id, transcript }) => [id, transcript!.there && transcript!.path.slice(root.length + 1)]),
      [
        ["s1/bbaf2n", "s1/align/bbaf2n.align"],
        ["s2/lbax4n", "s2/lbax4n.align"],
        ["s3/pwij3p", "s3/align/pwij3p.align"],
        ["s4/sbia1a", "alignments/s4/sbia1a.align"],
        ["s4/sbia2a", false],
      ],
    );
    // Clips directly in the given folder belong to a speaker of its name.
    assert.deepEqual(await idsOf(join(root, "s1")), ["s1/bbaf2n"]);
    assert.deepEqual(await idsOf(join(root, "s1/")), ["s1/bbaf2n"]);
  }));

Deno.test("who speaks in a flat folder is not known, and it is said what follows", () =>
  inFolder(async (root) => {
    await touch(root, "ann.mp4", "ben.mp4", "cleo.mp4");
    const { line, note } = await listClips(root);
    assert.equal(line, "A folder of films: 3 clips of unknown speakers; split by hash of the clip");
    assert.match(
      note,
      /^speaker unknown: all clips of a flat folder count as one; the same person may be in train and/,
    );
    assert.match(note, /in test, which flatters .* Put each person's films in a folder of their own$/);
    await touch(root, "d/1.mp4", "e/1.mp4", "f/1.mp4");
    const some = await listClips(root);
    assert.match(some.line, /: 6 clips of 4 speakers; split by hash of the speaker$/);
    assert.match(
      some.note,
      /^speaker unknown of 3 clips outside a folder of their own, which count as one; they stay/,
    );
    await Promise.all(["ann", "ben", "cleo"].map((name) => Deno.remove(join(root, `${name}.mp4`))));
    assert.equal((await listClips(root)).note, "");
    assert.equal((await listClips(GRID)).note, "", "a folder of GRID is one speaker's");
  }));

Deno.test("any folder: the speaker is the path above the clip, in every kind of video", () =>
  inFolder(async (root) => {
    await touch(
      root,
      "anna/day1/a.mp4",
      "anna/day2/a.MOV",
      "ben/b.webm",
      "ben/c.mkv",
      "ben/d.avi",
      "ben/e.mpeg",
    );
    await touch(root, "ben/b.txt", "ben/notes.txt", "ben/f.mp4.part", ".hidden/g.mp4", "ben/.h.mp4");
    const { layout, line, clips } = await listClips(root);
    assert.deepEqual(
      clips.map(({ id }) => id),
      ["anna_day1/a", "anna_day2/a", "ben/b", "ben/c", "ben/d", "ben/e"],
    );
    assert.equal(layout, "any");
    assert.equal(line, "A folder of films: 6 clips of 3 speakers; split by hash of the clip");
    assert.deepEqual(clips.filter(({ transcript }) => transcript).map(({ id }) => id), ["ben/b"]);
  }));

Deno.test("Wav2Lip's prepared folder: crops beside audio.wav, and what is not whole is said", () =>
  inFolder(async (root) => {
    await touch(root, "p1/00001/0.jpg", "p1/00001/1.jpg", "p1/00001/audio.wav", "p1/00001/thumbs.db");
    await touch(root, "p2/00003/0.JPG", "p2/00003/audio.wav", "p2/00004/audio.wav", "p2/00005/0.jpg");
    const { layout, line, clips, rejects } = await listClips(root);
    assert.equal(layout, "wav2lip");
    assert.deepEqual(clips.map(({ id, kind, path }) => [id, kind, path]), [
      ["p1/00001", "crops", join(root, "p1/00001")],
      ["p2/00003", "crops", join(root, "p2/00003")],
    ]);
    assert.deepEqual(rejects.map(({ id, reason }) => [id, reason]), [
      ["p2/00004", "no-face"],
      ["p2/00005", "no-sound"],
    ]);
    assert.match(line, /^Wav2Lip's prepared folder .*: 2 clips of 2 speakers; .*left out: 2 others/);
    // Videos go before the crops that were made of them.
    await touch(root, "films/a.mp4");
    assert.deepEqual(await idsOf(root), ["films/a"]);
  }));

Deno.test("names with spaces, quotes and other scripts become safe ones that leave no folder", () => {
  assert.equal(safeName(`it's a "good" one; rm -rf $HOME`), "it_s_a_good_one_rm_-rf_HOME");
  assert.equal(safeName("Zoë 说话"), "Zoë_说话");
  // Written apart or as one, a letter and its mark are one; marks that have no such form stay.
  assert.equal(safeName("Zoe\u0308"), "Zo\u00eb");
  for (const name of ["हिन्दी", "ไทยได้", "עִבְרִית", "Việt"]) assert.equal(safeName(name), name.normalize("NFC"));
  for (const name of ["..", ".", "../../etc/passwd", "..\\..\\windows", "a/../b", "\0", ""]) {
    const safe = safeName(name);
    assert.ok(safe && !safe.startsWith(".") && !/[/\\\0]/.test(safe), `${JSON.stringify(name)} -> ${safe}`);
  }
  for (const long of ["x".repeat(1000), "说".repeat(1000), "𝒳".repeat(1000)]) {
    const safe = safeName(long);
    assert.ok(new TextEncoder().encode(safe).length <= 180 && safe.length > 40 && safe.isWellFormed());
  }
});

Deno.test("folders and films in other scripts keep their names, and lists find them in either form", () =>
  inFolder(async (root) => {
    await touch(root, "Zoe\u0308/说话 1.mp4", "Сергей/привет.mp4");
    await Deno.writeTextFile(join(root, "train.txt"), "Zo\u00eb/说话 1\n");
    await Deno.writeTextFile(join(root, "test.txt"), "Сергей/привет.mp4 0.7\n");
    const { clips } = await listClips(root);
    assert.deepEqual(clips.map(({ id, split }) => [id, split]), [
      ["Zo\u00eb/说话_1", "train"],
      ["Сергей/привет", "test"],
    ]);
    for (const { path } of clips) assert.ok(await exists(path));
  }));

Deno.test("two videos that would share an id are told apart by their paths, however many there are", () =>
  inFolder(async (root) => {
    await touch(root, "p/a b.mp4", "p/a_b.mp4", "p/c.mp4");
    const { clips: before } = await listClips(root);
    assert.equal(new Set(before.map(({ id }) => id.toLowerCase())).size, 3);
    assert.equal(before[2].id, "p/c");
    assert.match(before[0].id, /^p\/a_b-[0-9a-f]{8}$/);
    await touch(root, "p/A_b.mp4");
    const { clips: after } = await listClips(root);
    for (const clip of before) assert.equal(after.find(({ path }) => path === clip.path)?.id, clip.id);
  }));

Deno.test("the same clip in two containers is taken once, and the other one is said", () =>
  inFolder(async (root) => {
    await touch(root, "s1/a.mpg", "s1/a.mp4", "s1/a.align", "s1/b.mpg", "s2/a.mpg");
    const { clips, rejects, line } = await listClips(root);
    assert.deepEqual(clips.map(({ path }) => path.slice(root.length + 1)), [
      "s1/a.mp4",
      "s1/b.mpg",
      "s2/a.mpg",
    ]);
    assert.deepEqual(rejects, [{
      id: "s1/a.mpg",
      source: join(root, "s1/a.mpg"),
      reason: "twice",
      detail: `the same clip is taken from ${join(root, "s1/a.mp4")}`,
    }]);
    assert.match(line, /left out: 1 film there twice/);
  }));

Deno.test("an absent folder, a file, an empty folder and a folder without videos are said so", () =>
  inFolder(async (root) => {
    await Deno.mkdir(join(root, "empty/inner"), { recursive: true });
    await touch(root, "texts/notes.txt", "texts/more.txt", "packed/s1.tar", "crops/0.jpg", "crops/1.jpg");
    await touch(root, "parts/lrs2_v1_partaa", "hidden/.a.mp4");
    const refused = (name: string, pattern: RegExp) =>
      assert.rejects(listClips(join(root, name)), says(pattern));
    await refused("nowhere", /There is no folder .*nowhere\. Check the path/);
    await refused("texts/notes.txt", /notes\.txt is a file\. Give the folder/);
    await refused("empty", /empty is empty\. Put the videos in/);
    await refused("hidden", /hidden is empty/);
    await refused("texts", /texts holds no video: it has 2 files such as more\.txt\. Videos are \.mp4/);
    await refused("packed", /packed holds no video, but an archive s1\.tar\. Unpack it first/);
    await refused("parts", /an archive lrs2_v1_partaa/);
    await refused("crops", /crops holds no video: it has 2 numbered pictures without audio\.wav/);
  }));

Deno.test("a link that leads round in a circle is not followed", () =>
  inFolder(async (root) => {
    await touch(root, "p/a.mp4");
    await Deno.symlink(root, join(root, "p/again"));
    await Deno.symlink(join(root, "p/a.mp4"), join(root, "p/b.mp4"));
    assert.deepEqual(await idsOf(root), ["p/a", "p/b"]);
  }));

Deno.test("real GRID clips: all of them, each with its words, which keep to their own folder", () =>
  inFolder(async (root) => {
    const { line, clips } = await listClips(GRID);
    assert.equal(
      line,
      "GRID's layout: 2 clips of 1 speaker, each with its .align; split by hash of the clip",
    );
    assert.deepEqual(clips.map(({ id, transcript }) => [id, transcript?.there]), [
      ["s1/bbaf2n", true],
      ["s1/lbbe2p", true],
    ]);
    // Both twice below one folder: the same speaker, and ids that stay apart.
    const files = ["bbaf2n.mpg", "align/bbaf2n.align", "lbbe2p.mp4", "lbbe2p.align"];
    for (const name of ["first", "second"]) {
      await Deno.mkdir(join(root, name, "s1/align"), { recursive: true });
      for (const file of files) await Deno.symlink(join(GRID, "s1", file), join(root, name, "s1", file));
    }
    const both = await listClips(root), ids = both.clips.map(({ id }) => id);
    assert.deepEqual([new Set(ids).size, both.rejects.length], [4, 0]);
    assert.equal(ids.filter((id) => /^s1\/bbaf2n-[0-9a-f]{8}$/.test(id)).length, 2);
    const own = both.clips.map(({ path, transcript }) =>
      dirname(transcript!.path).replace(/\/align$/, "") === dirname(path)
    );
    assert.deepEqual(own, Array(4).fill(true), "each has the .align of its own folder");
  }));
