import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataset } from "../../../lib/dataset/dataset.ts";
import { faceAt } from "../../../lib/dataset/windows.ts";
import {
  type HeldOutRow,
  heldOutRows,
  lseTable,
  meanAndSpread,
  stillPoseTable,
} from "../../../lib/evaluation/scoring/held_out.ts";
import { realClip, scorePair } from "../../../lib/evaluation/scoring/score_pair.ts";
import type { FaceGenerator } from "../../../lib/inference/generate.ts";
import { inFolder, makePrepared } from "../../prepared.ts";
import { openingJudge } from "./opening_judge.ts";

const rows = [1, 3, null].map((value) => ({
  ...{ clip: `s/${value}`, sound: "s/other" },
  lse_d_real: value,
  lse_c_real: value && 2 * value,
  lse_d_shuffled: value && 10 * value,
  still_own: value,
})) as unknown as HeldOutRow[];

Deno.test("mean and standard deviation of a column, over the rows that have it", () => {
  assert.deepEqual(meanAndSpread(rows, "lse_d_real"), { mean: 2, spread: 1 });
});

Deno.test("the LSE table has a row for real, shuffled, generated and dubbed video", () => {
  const table = lseTable(rows.slice(0, 2));
  assert.equal(table.length, 4);
  assert.deepEqual(table[0], {
    video: "real video, its own sound",
    "LSE-D by this judge": 2,
    "spread D": 1,
    "LSE-C by this judge": 4,
    "spread C": 2,
    clips: 2,
  });
  assert.equal(table[1]["LSE-D by this judge"], 20);
});

Deno.test("the still-pose table has a row a clip, and their mean", () => {
  const table = stillPoseTable(rows);
  assert.deepEqual(table.map(({ pose, own }) => [pose, own]), [["s/1", 1], ["s/3", 3], ["s/null", null], [
    "mean",
    2,
  ]]);
});

Deno.test("held-out clips have the tables' scores; a generator that draws the sound's own film opens its mouth as that", () =>
  inFolder(async (folder) => {
    const made = Array.from({ length: 5 }, () => ({ split: "test" as const, frames: 40 }));
    const prepared = await makePrepared(join(folder, "prepared"), [...made, { split: "test", frames: 20 }]);
    const dataset = await openDataset(prepared, "test"), judge = openingJudge();
    const clips = await Promise.all(dataset.rows.map((_, k) => dataset.clip(k)));
    const generate: FaceGenerator = (requests, { mel }) => {
      const spoken = clips.find((clip) => clip.mel.buffer === mel.buffer)!;
      return requests.map(({ frame }) => faceAt(spoken, frame));
    };
    const found = await heldOutRows(dataset, { generate, judge });
    assert.equal(found.length, 6);
    const real = { clip: await realClip(clips[0]), sound: await realClip(clips[1]) };
    const dubbed = await scorePair(real, { judge, generate }), { scores } = dubbed;
    const [row] = found;
    assert.deepEqual([row.clip, row.sound, row.frames], [clips[0].row.id, clips[1].row.id, 40]);
    assert.deepEqual([row.lse_d_dubbed, row.still_own, row.still_other], [
      scores.lse_d,
      scores.still_own,
      scores.still_other,
    ]);
    assert.ok(row.mouth_l1 === 0 && row.mouth_l1_other_sound! > 0 && row.mouth_l1_reference! > 0);
    assert.ok(row.lse_d_generated === row.lse_d_real && row.lse_d_dubbed! < row.lse_d_shuffled!);
    assert.ok(row.still_own! > 0.999 && Math.abs(row.still_amplitude! - 1) < 1e-6);
    assert.ok(Math.abs(row.still_other! - row.still_films!) < 1e-6 && row.still_own_without_rhythm! > 0.999);
    // The last clip is too short, and what was to speak its sound.
    assert.deepEqual([found[5].lse_d_real, found[5].mouth_l1, found[4].still_own], [null, null, null]);
    assert.ok(found[4].mouth_l1 === 0 && found[4].lse_d_generated !== null);
    const short = { ...dataset, rows: dataset.rows.slice(5), clip: () => dataset.clip(5) };
    await assert.rejects(
      heldOutRows(short, { generate, judge }),
      /None of 1 held-out clips of .* can be scored: too short: 20 frames/,
    );
  }));
