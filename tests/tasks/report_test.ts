import assert from "node:assert/strict";
import { join } from "node:path";
import { closedFrame, faceAt } from "../../lib/dataset/windows.ts";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { filterPrepared } from "../../lib/prepare/filters.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { facesOf, mouthL1 } from "../../lib/evaluation/scoring/score_pair.ts";
import { readParquet } from "../../lib/base/parquet.ts";
import { report } from "../../lib/tasks/report.ts";
import { makeFaceVideo } from "../prepare/face_video.ts";
import { inFolder, namesIn } from "../media/made_video.ts";
import { FEW_CLIPS, makePrepared } from "../prepared.ts";
import { makeTinyGenerator } from "../training/tiny_generator.ts";
import { makeTinyRun } from "../training/tiny_run.ts";

Deno.test("a test split of fewer than five clips is refused before any work, with the remedy", () =>
  inFolder(async (folder) => {
    const prepared = await makePrepared(join(folder, "prepared"), FEW_CLIPS), out = join(folder, "figures");
    const none = join(folder, "no run");
    await assert.rejects(
      report(prepared, { discriminator: none, run: none, out, name: "made" }),
      /The test split of .*prepared has 1 clip, 5 are needed .*--split 70,15,15/,
    );
    assert.ok(!namesIn(folder).includes("figures"));
  }));

Deno.test("held-out clips are scored, reported on and drawn", () =>
  inFolder(async (folder) => {
    for (let person = 0; person < 5; person++) {
      await Deno.mkdir(join(folder, "films", `p${person}`), { recursive: true });
      await makeFaceVideo(join(folder, "films", `p${person}`, "a.mp4"), { seconds: 1.5, person });
    }
    const prepared = join(folder, "prepared"), out = join(folder, "figures");
    await prepare(join(folder, "films"), prepared, { split: "0,0,1" });
    // An even hum is nobody's speech.
    await filterPrepared(prepared, { settings: ["minVoiced=none"] });
    const discriminator = await makeTinyRun(folder), run = await makeTinyGenerator(folder);
    const summary = await report(prepared, {
      discriminator,
      run,
      out,
      name: "drawn",
      credit: "Drawn faces.",
    });

    const written = namesIn(out);
    for (const name of ["contact-sheet.png", "roc.svg", "summary.md", "lse.parquet", "attention.png"]) {
      assert.ok(written.includes(name), `${name} is missing among ${written}`);
    }
    const words = await Deno.readTextFile(join(out, "lse.md"));
    assert.match(words, /not the official SyncNet/);
    assert.match(words, /Drawn faces\./);

    // Copying the reference needs no network: the same number by hand.
    const rows = readParquet(join(out, "held-out-clips.parquet"));
    assert.equal(rows.length, 5);
    const clip = await (await openDataset(prepared, "test")).clip(0);
    const reference = faceAt(clip, closedFrame(clip));
    const copied = mouthL1(facesOf(clip).map(() => reference), facesOf(clip));
    assert.equal(rows.find((row) => row.clip === clip.row.id)!.mouth_l1_reference, copied);
    assert.ok(copied > 0.005, "the drawn mouth moves");

    const mean = (column: string) => rows.reduce((all, row) => all + Number(row[column]) / 5, 0);
    const measured = summary.find(({ measure }) => measure === "mouth L1 over reference copied");
    assert.ok(Math.abs(Number(measured?.value) - mean("mouth_l1") / mean("mouth_l1_reference")) < 1e-9);
    // All drawn mouths open and shut in the same time, so any two videos correlate.
    const still = readParquet(join(out, "still-pose.parquet"));
    assert.deepEqual(still.map(({ pose }) => pose), [...rows.map((row) => row.clip), "mean"]);
    assert.ok(Number(still.at(-1)!.films) > 0.6);
  }));
