import assert from "node:assert/strict";
import { join } from "node:path";
import { randomStream } from "../../lib/base/random.ts";
import {
  frechetScores,
  frechetVerdicts,
  hasFeatures,
} from "../../lib/evaluation/statistics/frechet_scores.ts";
import { writeRows } from "../../lib/evaluation/scoring/score_folder.ts";
import {
  readStoredFeatures,
  readStoredTables,
  type TablesFacts,
  type TrainingRow,
  writeStoredTables,
} from "../../lib/tables/stored.ts";
import type { ScoreRow } from "../../lib/evaluation/scoring/score_row.ts";
import { inFolder } from "../media/made_video.ts";
import { madeScores, scoreRow } from "../evaluation/made_scores.ts";

const training: TrainingRow = {
  ...{ name: "Ours", seed: 1, kind: "generator", steps: 240, seconds: 100, processes: 2, best: 0.03 },
  ...{ ended: "steps", config: "{}", version: 2 },
};

Deno.test("stored tables come back as they were: rows, curves, distances, verdicts, trainings and what stands above", () =>
  inFolder(async (folder) => {
    const rows = madeScores([{ system: "Ours", lseD: 6, lseC: 7 }, { system: "w/o CBAM", lseD: 7, lseC: 6 }])
      .map((row) => ({ ...row, distances: [1, 2.5] }));
    const features = (row: ScoreRow) =>
      Array.from(
        { length: 6 },
        (_, k) => Float32Array.from([randomStream(row.video.length + k).normal(), 1, 2]),
      );
    const tables = {
      facts: { data: "made", seeds: [1], distance: "made distance" } as TablesFacts,
      ...{ rows, trainings: [training] },
      frechet: {
        distance: "made distance",
        scores: frechetScores(rows, features),
        verdicts: frechetVerdicts(rows, features, "made distance"),
      },
    };
    assert.ok(tables.frechet.scores.length === 2 && tables.frechet.verdicts.length === 1);
    await writeStoredTables(folder, { ...tables, featuresOf: features });
    assert.deepEqual(await readStoredTables(folder), tables);
    const stored = await readStoredFeatures(folder, rows);
    assert.deepEqual(rows.map(stored), rows.map((row) => hasFeatures(row) ? features(row) : []));
    assert.deepEqual(new Set(rows.map(hasFeatures)), new Set([true, false]));
  }));

Deno.test("tables that are absent, of another version, damaged, or count a video twice are refused by name", () =>
  inFolder(async (folder) => {
    await assert.rejects(readStoredTables(folder), /There are no stored tables in/);
    const frechet = { distance: "made distance", scores: [], verdicts: [] };
    const tables = { facts: {} as TablesFacts, rows: [scoreRow()], frechet, trainings: [training] };
    await writeStoredTables(folder, { ...tables, featuresOf: () => [Float32Array.of(1)] });
    const path = join(folder, "tables.json"), scores = join(folder, "scores.parquet");
    await writeRows(scores, [scoreRow(), scoreRow({ lse_d: 7 })]);
    await assert.rejects(
      readStoredTables(folder),
      /scores\.parquet has two rows for s1\/a .* by Ours, seed 1/,
    );
    await Deno.truncate(scores, 100);
    await assert.rejects(readStoredTables(folder), /scores\.parquet cannot be read as scores/);
    await Deno.writeTextFile(path, '{ "version": 9 }');
    await assert.rejects(readStoredTables(folder), /tables of layout version 9, this kit reads 2/);
    await Deno.writeTextFile(path, "{");
    await assert.rejects(readStoredTables(folder), /tables\.json cannot be read/);
  }));
