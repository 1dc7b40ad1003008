import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { KitError } from "../../lib/errors.ts";
import { listClips, safeName } from "../../lib/data/layouts.ts";
import { inFolder } from "../media/made_film.ts";

async function touch(root: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), "");
  }
}
const idsOf = async (root: string) => (await listClips(root)).map(({ id }) => id);

Deno.test("GRID: the speaker is the clips' folder, with .align files beside them or in align/", () =>
  inFolder(async (root) => {
    await touch(root, "s1/bbaf2n.mpg", "s1/align/bbaf2n.align", "s2/lbax4n.mp4", "s2/lbax4n.align");
    await touch(root, "s3/video/mpg_6000/pwij3p.mpg");
    assert.deepEqual(await idsOf(root), ["s1/bbaf2n", "s2/lbax4n", "s3/pwij3p"]);
    // Clips directly in the given folder belong to a speaker of its name.
    assert.deepEqual(await idsOf(join(root, "s1")), ["s1/bbaf2n"]);
    assert.deepEqual(await idsOf(join(root, "s1/")), ["s1/bbaf2n"]);
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
    await touch(root, "ben/notes.txt", "ben/f.mp4.part", ".hidden/g.mp4", "ben/.h.mp4");
    assert.deepEqual(await idsOf(root), ["anna_day1/a", "anna_day2/a", "ben/b", "ben/c", "ben/d", "ben/e"]);
  }));

Deno.test("names with spaces, quotes and other scripts become safe ones that leave no folder", () => {
  assert.equal(safeName(`it's a "good" one; rm -rf $HOME`), "it_s_a_good_one_rm_-rf_HOME");
  assert.equal(safeName("Zoë 说话"), "Zoë_说话");
  for (const name of ["..", ".", "../../etc/passwd", "..\\..\\windows", "a/../b", "\0", ""]) {
    const safe = safeName(name);
    assert.ok(safe && !safe.startsWith(".") && !/[/\\\0]/.test(safe), `${JSON.stringify(name)} -> ${safe}`);
  }
  for (const long of ["x".repeat(1000), "说".repeat(1000), "𝒳".repeat(1000)]) {
    const safe = safeName(long);
    assert.ok(new TextEncoder().encode(safe).length <= 180 && safe.length > 40 && safe.isWellFormed());
  }
});

Deno.test("two videos that would share an id are told apart by their paths, however many there are", () =>
  inFolder(async (root) => {
    await touch(root, "p/a b.mp4", "p/a_b.mp4", "p/c.mp4");
    const before = await listClips(root);
    assert.equal(new Set(before.map(({ id }) => id.toLowerCase())).size, 3);
    assert.equal(before[2].id, "p/c");
    assert.match(before[0].id, /^p\/a_b-[0-9a-f]{8}$/);
    await touch(root, "p/A_b.mp4");
    const after = await listClips(root);
    for (const clip of before) assert.equal(after.find(({ path }) => path === clip.path)?.id, clip.id);
  }));

Deno.test("an absent folder, a file and a folder without videos are said so", () =>
  inFolder(async (root) => {
    await touch(root, "notes.txt");
    await assert.rejects(listClips(join(root, "nowhere")), (e) =>
      e instanceof KitError && /no folder/.test(e.what));
    await assert.rejects(listClips(join(root, "notes.txt")), (e) =>
      e instanceof KitError && /is a file/.test(e.what));
    await assert.rejects(listClips(root), (e) =>
      e instanceof KitError && /no video/.test(e.what));
  }));

Deno.test("a link that leads round in a circle is not followed", () =>
  inFolder(async (root) => {
    await touch(root, "p/a.mp4");
    await Deno.symlink(root, join(root, "p/again"));
    await Deno.symlink(join(root, "p/a.mp4"), join(root, "p/b.mp4"));
    assert.deepEqual(await idsOf(root), ["p/a", "p/b"]);
  }));
