import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { listClips } from "../../../lib/prepare/layouts/layouts.ts";
import { inFolder } from "../../media/made_video.ts";

/** Files with their contents; those without one are empty. */
async function lay(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), content);
  }
}

const VIDEOS = Object.fromEntries(
  ["main/p1/00001", "main/p1/00002", "main/p2/00001", "main/p3/00007", "pretrain/p1/00001"].flatMap((
    name,
  ) => [
    [`mvlrs_v1/${name}.mp4`, ""],
    [`mvlrs_v1/${name}.txt`, "Text:  A\nConf:  1\n"],
  ]),
);

Deno.test("LRS2 is found from any folder on the way to main, with the lists beside it or above", () =>
  inFolder(async (root) => {
    await lay(root, VIDEOS);
    const lists = {
      "train.txt": "p1/00001\np1/00002\n",
      "val.txt": "p3/00007\n",
      "test.txt": "p2/00001 NF\n",
      "pretrain.txt": "p1/00001\n",
    };
    for (const place of ["", "mvlrs_v1"]) {
      const names = Object.keys(lists).map((name) => join(place, name));
      await lay(root, Object.fromEntries(names.map((name) => [name, lists[basename(name) as "val.txt"]])));
      for (const given of ["", "mvlrs_v1", "mvlrs_v1/main"]) {
        const { layout, clips, rejects, line } = await listClips(join(root, given));
        assert.equal(layout, "lrs2");
        const expected = [
          ["p1/00001", "train"],
          ["p1/00002", "train"],
          ["p2/00001", "test"],
          ["p3/00007", "val"],
          ["p1/pretrain-00001", "train"],
        ];
        // Below `main` there is no `pretrain`: what its list names is not missed.
        const hasPretrain = given !== "mvlrs_v1/main";
        assert.deepEqual(clips.map(({ id, split }) => [id, split]), expected.slice(0, hasPretrain ? 5 : 4));
        assert.deepEqual(rejects, []);
        assert.ok(
          line.startsWith(
            `LRS2's layout: ${clips.length} clips of 3 speakers, each with its .txt; split by `,
          ),
        );
        const names = `test.txt, val.txt, train.txt${hasPretrain ? ", pretrain.txt" : ""}`;
        assert.ok(line.includes(`${names} in ${join(root, place)}`), line);
      }
      for (const name of names) await Deno.remove(join(root, name));
    }
  }));

Deno.test("without lists LRS2 is split by hash; a missing .txt is known before any work", () =>
  inFolder(async (root) => {
    await lay(root, VIDEOS);
    await Deno.remove(join(root, "mvlrs_v1/main/p2/00001.txt"));
    const { clips, line } = await listClips(root);
    assert.equal(
      line,
      "LRS2's layout: 5 clips of 3 speakers, 1 of them without .txt; split by hash of the clip",
    );
    assert.ok(clips.every(({ split }) => split === undefined));
    assert.deepEqual(clips.filter(({ transcript }) => !transcript!.there).map(({ id }) => id), ["p2/00001"]);
  }));

Deno.test("lists that name absent clips, the same clip twice, or not all of them", () =>
  inFolder(async (root) => {
    await lay(root, VIDEOS);
    await lay(root, {
      "mvlrs_v1/train.txt": "p1/00001\r\n\r\np1/00001\np2/00001\n./main/p9/00001\np9/00001\n",
      "mvlrs_v1/test.txt": "p2/00001 MV\np9/00002\n",
    });
    const { clips, rejects, line } = await listClips(root);
    assert.deepEqual(clips.map(({ id, split, note }) => [id, split, note]), [
      ["p1/00001", "train", ""],
      ["p2/00001", "test", "named in test.txt and train.txt: taken for test"],
      // Not in main's lists, and for training wherever it is.
      ["p1/pretrain-00001", "train", ""],
    ]);
    assert.deepEqual(rejects.map(({ id, reason, detail }) => [id, reason, detail]), [
      ["p9/00002", "absent", "line 2 of test.txt names it, and it is not there"],
      ["p9/00001", "absent", "line 5 of train.txt names it, and it is not there"],
      ["p1/00002", "unlisted", "none of test.txt, train.txt names it"],
      ["p3/00007", "unlisted", "none of test.txt, train.txt names it"],
    ]);
    assert.match(line, /\(2 clips named there absent, 2 clips named nowhere left out, 2 lines repeated\)$/);
  }));

Deno.test("lists that belong to something else are not used, and that is said", () =>
  inFolder(async (root) => {
    await lay(root, { ...VIDEOS, "mvlrs_v1/train.txt": "Notes on training.\nq1/00001\n" });
    const { clips, rejects, line } = await listClips(root);
    assert.deepEqual([clips.length, rejects.length], [5, 0]);
    assert.match(line, /split by hash of the clip \(.*train\.txt names none of them\)$/);
  }));

Deno.test("films elsewhere in LRS2's folder are left out by name", () =>
  inFolder(async (root) => {
    await lay(root, { ...VIDEOS, "mvlrs_v1/main/p1/deep/x.mp4": "", "trailer.mov": "" });
    const { clips, rejects, line } = await listClips(root);
    assert.equal(clips.length, 5);
    assert.deepEqual(rejects.map(({ id, reason }) => [id, reason]), [
      ["trailer.mov", "elsewhere"],
      ["mvlrs_v1/main/p1/deep/x.mp4", "elsewhere"],
    ]);
    assert.match(line, /left out: 2 others that cannot be a clip$/);
  }));
