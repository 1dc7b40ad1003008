import assert from "node:assert/strict";
import { speakerFaces } from "../../lib/dataset/speaker_faces.ts";
import { inFolder } from "../in_folder.ts";
import { makeClip } from "./made_clip.ts";

Deno.test("faces stand by speaker: a row each, four rows when there is only one, a face each when there are many", () =>
  inFolder(async (folder) => {
    const { prepared, row } = await makeClip(folder);
    const alone = await speakerFaces({ folder: prepared, rows: [row] }, { columns: 3 });
    assert.deepEqual(alone.map(({ label, frames }) => [label, frames.length]), [
      ...[["s1", 3], ["", 3], ["", 3], ["", 3]],
    ]);
    const rows = ["s1", "s2", "s3"].map((speaker) => ({ ...row, speaker }));
    const three = await speakerFaces({ folder: prepared, rows }, { columns: 2 });
    assert.deepEqual(three.map(({ label, frames }) => [label, frames.length]), [["s1", 2], ["s2", 2], [
      "s3",
      2,
    ]]);
    const features = Array.from({ length: 12 }, (_, k) => ({ ...row, speaker: `s${k + 1}` }));
    const many = await speakerFaces({ folder: prepared, rows: features });
    assert.deepEqual(many.map(({ label, frames }) => [label, frames.length]), [["s1 to s10", 10], [
      "s11 to s12",
      2,
    ]]);
  }));
