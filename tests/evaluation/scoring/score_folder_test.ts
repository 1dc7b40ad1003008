import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../../lib/base/errors.ts";
import {
  forgetFailures,
  mergeScores,
  openScoreFolder,
  readFeatures,
  readScores,
  restoreScores,
  scoresPath,
  storeScore,
} from "../../../lib/evaluation/scoring/score_folder.ts";
import { SCORE_COLUMNS } from "../../../lib/evaluation/scoring/score_row.ts";
import { readParquet, writeParquet } from "../../../lib/base/parquet.ts";
import { inFolder, namesIn } from "../../media/made_video.ts";
import { scoreRow } from "../made_scores.ts";
import type { EvaluationSetup } from "../../../lib/evaluation/scoring/score_jobs.ts";

const SETUP: EvaluationSetup = {
  ...{ data: "grid", pairs: "1a2b", judge: "made judge", judge_version: "abc", protocol: "made" },
  ...{ features: "made features", featureEvery: 5 },
};

Deno.test("rows and features come back as they were stored, before and after merging", () =>
  inFolder(async (folder) => {
    await openScoreFolder(folder, SETUP);
    const row = scoreRow({ lse_d: 6.5, lse_c: 1.25, offset: -2 });
    const failed = scoreRow({ video: "s1/b", sound: "s1/b", reason: "34 frames", l1: NaN });
    const features = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
    await storeScore(folder, row, features);
    await storeScore(folder, failed);
    const expected = [row, { ...failed, l1: null }];
    const sorted = (rows: { video: string }[]) => rows.toSorted((a, b) => a.video < b.video ? -1 : 1);
    assert.deepEqual(sorted(await readScores(folder)), expected);
    assert.deepEqual(await mergeScores(folder), expected);
    assert.deepEqual(namesIn(join(folder, "parts")), []);
    assert.deepEqual(await readScores(folder), expected);
    assert.deepEqual(await readFeatures(folder, row), features);
    assert.deepEqual(await readFeatures(folder, failed), []);
    // A column that holds nothing but null keeps its type: other tools read it as numbers.
    assert.deepEqual(Object.keys(readParquet(scoresPath(folder))[0]), Object.keys(SCORE_COLUMNS));
    assert.equal(await forgetFailures(folder), 1);
    assert.deepEqual(await readScores(folder), [row]);
  }));

Deno.test("a merge that was killed between writing and deleting loses and doubles nothing", () =>
  inFolder(async (folder) => {
    await openScoreFolder(folder, SETUP);
    const row = scoreRow({ lse_d: 6.123456789 }),
      [, part] = [await storeScore(folder, row), join(folder, "parts")];
    const name = namesIn(part)[0], bytes = await Deno.readFile(join(part, name));
    await mergeScores(folder);
    await Deno.writeFile(join(part, name), bytes); // what the deleting did not get to
    assert.deepEqual(await readScores(folder), [row]);
    assert.deepEqual(await mergeScores(folder), [row]);
    assert.deepEqual(namesIn(part), []);
    // A file cut short under a temporary name is no part.
    await Deno.writeFile(join(part, `${name}.part`), bytes.subarray(0, 10));
    assert.deepEqual(await readScores(folder), [row]);
  }));

Deno.test("two rows for the same video and system are refused, in the file and in a part", () =>
  inFolder(async (folder) => {
    await openScoreFolder(folder, SETUP);
    const row = scoreRow({ lse_d: 6 });
    await storeScore(folder, row);
    await mergeScores(folder);
    await storeScore(folder, { ...row, lse_d: 7 });
    const refused = (e: unknown) =>
      e instanceof KitError && /two rows for s1\/a with the sound of s1\/a by Ours, seed 1/.test(e.message);
    await assert.rejects(readScores(folder), refused);
    await assert.rejects(mergeScores(folder), refused);
    assert.deepEqual(namesIn(join(folder, "parts")).length, 1, "nothing is lost");
    await Deno.remove(join(folder, "parts"), { recursive: true });
    await writeParquet(scoresPath(folder), [row, row] as never);
    await assert.rejects(readScores(folder), refused);
    // Another seed, another sound or another judge is another row.
    const others = [{ seed: 2 }, { sound: "s1/b" }, { judge_version: "def" }].map((other) => ({
      ...row,
      ...other,
    }));
    await writeParquet(scoresPath(folder), [row, ...others] as never);
    assert.equal((await readScores(folder)).length, 4);
  }));

Deno.test("a folder keeps to one judge, one list of pairs and one version", () =>
  inFolder(async (folder) => {
    await openScoreFolder(folder, SETUP);
    await openScoreFolder(folder, SETUP);
    await assert.rejects(
      openScoreFolder(folder, { ...SETUP, judge_version: "def" }),
      /holds scores with judge_version "abc", not "def"/,
    );
    await assert.rejects(openScoreFolder(folder, { ...SETUP, pairs: "3c" }), /pairs "1a2b", not "3c"/);
    const path = join(folder, "evaluation.json");
    await Deno.writeTextFile(path, JSON.stringify({ ...SETUP, version: 7 }));
    await assert.rejects(openScoreFolder(folder, SETUP), /scores of layout version 7, this kit writes 2/);
    await Deno.writeTextFile(path, "{");
    await assert.rejects(openScoreFolder(folder, SETUP), /evaluation.json cannot be read/);
    await Deno.writeTextFile(scoresPath(folder), "no Parquet");
    await assert.rejects(readScores(folder), /scores.parquet cannot be read as scores/);
    await writeParquet(scoresPath(folder), [{ system: "Ours" }]);
    await assert.rejects(readScores(folder), /has no column seed, judge/);
  }));

Deno.test("rows scored elsewhere join a folder of the same setup; of other weights or another setup they are refused", () =>
  inFolder(async (folder) => {
    const mine = scoreRow({ video: "s1/a", lse_d: 6 }), other = scoreRow({ system: "LipGAN", lse_d: 7 });
    const features = [Float32Array.of(1, 2)], featuresOf = () => features;
    await openScoreFolder(folder, SETUP);
    await storeScore(folder, mine, features);
    // The row that is there stays as it is.
    await restoreScores(folder, { setup: SETUP, rows: [{ ...mine, lse_d: 5 }, other], featuresOf });
    assert.deepEqual(await mergeScores(folder), [other, mine]);
    assert.deepEqual(await readFeatures(folder, other), features);
    await assert.rejects(
      restoreScores(folder, { setup: SETUP, rows: [{ ...mine, weights: "456" }], featuresOf }),
      /holds scores of Ours, seed 1, with weights 123, not 456/,
    );
    const setup = { ...SETUP, pairs: "3c4d" };
    await assert.rejects(
      restoreScores(folder, { setup, rows: [], featuresOf }),
      /holds scores with pairs "1a2b", not "3c4d"/,
    );
  }));
