import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { readSelected, writeManifest } from "../../lib/dataset/manifest.ts";
import { writeRows } from "../../lib/evaluation/scoring/score_folder.ts";
import { REAL, SHUFFLED } from "../../lib/evaluation/scoring/score_row.ts";
import { openExperiment } from "../../lib/notebooks/experiment.ts";
import { writeParquet } from "../../lib/base/parquet.ts";
import { mean } from "d3-array";
import { scoreFresh, storedTables } from "../../lib/tables/compare.ts";
import { makeTables } from "../../lib/tables/make.ts";
import { planTables } from "../../lib/tables/plan.ts";
import { EMBEDDED, openTables, readTrainings, tablesFolder } from "../../lib/tables/stored.ts";
import { FRAMES } from "../../lib/training/systems.ts";
import { phaseEffects } from "../../lib/tables/windows_phase.ts";
import { small } from "../../lib/training/config.ts";
import { rowsPath } from "../../lib/training/stored_run.ts";
import { bestPath, openRun } from "../../lib/training/run.ts";
import { scoreRow } from "../evaluation/made_scores.ts";
import { inFolder } from "../media/made_video.ts";

/** The tables that come with the kit, and their judge, which can tell drawn faces. */
const KIT = tablesFolder(EMBEDDED), JUDGE = join(KIT, "judge");

/** The tiny corpus with two of its four people for testing. */
async function makeData(folder: string): Promise<string> {
  const { prepared } = await openExperiment({ env: { KIT_PRESET: "tiny" } });
  await Deno.mkdir(folder);
  await Deno.copyFile(join(prepared, "prepared.json"), join(folder, "prepared.json"));
  const rows = await readSelected(prepared), speakers = [...new Set(rows.map(({ speaker }) => speaker))];
  const split = (speaker: string) => (["train", "val", "test", "test"] as const)[speakers.indexOf(speaker)];
  const place = (path: string) => relative(folder, join(prepared, path));
  await writeManifest(
    folder,
    rows.map((row) => ({ ...row, path: place(row.path), split: split(row.speaker) })),
    [],
  );
  return folder;
}

Deno.test("two systems are trained and scored into tables, the second on another machine beside the stored first", () =>
  inFolder(async (folder) => {
    const data = await makeData(join(folder, "people")), out = join(folder, "tables"), said: string[] = [];
    const options = {
      ...{ data, preset: "tiny", settings: ["gan.syncWeight=0.05"] },
      ...{ seeds: [1], systems: ["Ours"], judge: JUDGE, out, processes: 2 },
      say: (line: string) => said.push(line),
    };
    try {
      Deno.env.set("KIT_RUNS", join(folder, "runs"));
      const { missing, seconds } = await planTables(options);
      const steps = { "discriminator of Ours": 8, "L1 on frames": 3, "Ours": 3 };
      assert.deepEqual(missing, Object.keys(steps).map((name) => `${name}, seed 1`));
      // By the trainings that come with the kit, of which two shared the cores.
      const took = (name: string) =>
        readTrainings(KIT).filter((row) => row.name === name).map((row) => row.seconds / 2 / row.steps);
      const expected = Object.entries(steps).map(([name, count]) => count * mean(took(name))!);
      assert.ok(Math.abs(seconds! - expected.reduce((sum, each) => sum + each)) < 1e-9, `${seconds}`);
      const alone = await makeTables(options);
      assert.equal(alone.rows.length, 4 + 4 + 2 * 8);
      assert.deepEqual(alone.comparisons, [], "what Ours starts from is no system to compare it with");
      const { data: people, preset, seeds } = alone.tables;
      assert.deepEqual([people, preset, seeds], ["people", "tiny, gan.syncWeight=0.05", [1]]);

      // Nothing of the first training is left but what is stored.
      Deno.env.set("KIT_RUNS", join(folder, "other-runs"));
      const both = { ...options, systems: ["Ours", "Speech2Vid"], add: true };
      assert.deepEqual((await planTables(both)).missing, ["Speech2Vid, seed 1"]);
      await assert.rejects(planTables({ ...both, settings: [] }), /seed 1, of another configuration/);
      const { rows, systems, frechet, trainings, tables } = await makeTables(both);
      assert.match(said.join("\n"), /tables has seeds 1 already, which stay/);
      assert.deepEqual(systems.map(({ system, videos }) => [system, videos]), [
        [REAL, 4],
        [SHUFFLED, 4],
        [FRAMES, 4],
        ["Ours", 4],
        ["Speech2Vid", 4],
      ]);
      assert.equal(rows.length, 4 + 4 + 3 * 8);
      assert.deepEqual(rows.slice(0, 24), alone.rows);
      assert.deepEqual(frechet.scores[0], alone.frechet.scores[0]);
      assert.deepEqual(
        new Set(rows.map(({ run }) => run)),
        new Set(["", "seed-1/l1-on-frames", "seed-1/ours", "seed-1/speech2vid"]),
      );
      assert.deepEqual(trainings.map(({ name, steps }) => [name, steps]), [
        ["discriminator of Ours", 8],
        ["L1 on frames", 3],
        ["Ours", 3],
        ["Speech2Vid", 6],
      ]);
      assert.deepEqual(tables.seeds, [1]);
      const effects = phaseEffects(rows, ["Ours"]).map(({ system, seed }) => [system, seed]);
      assert.deepEqual(effects, [["Ours", 1]]);
      // Those who were there are judged by the same network as what is stored with the kit.
      const [lseD, shuffled] = [REAL, SHUFFLED].map((name) =>
        systems.find(({ system }) => system === name)!.scores.lse_d!.mean
      );
      assert.ok(lseD < shuffled, `${lseD} ${shuffled}`);
      const table = await Deno.readTextFile(join(out, "systems.md"));
      assert.match(table, /Judge: the kit's own, not the official SyncNet/);

      // A second call has nothing to do and changes nothing.
      assert.deepEqual((await planTables(both)).missing, []);
      const again = await makeTables(both);
      assert.deepEqual([again.systems, again.trainings], [systems, trainings]);
      assert.deepEqual((await openTables(out)).rows, rows);

      // What this kit does not train any more mixes with nothing.
      const trainingsPath = join(out, "trainings.parquet");
      await writeParquet(trainingsPath, trainings.map((row) => ({ ...row, version: 1 })));
      await assert.rejects(
        planTables({ ...both, seeds: [2] }),
        /tables holds discriminator of Ours, seed 1, of another configuration or version of the kit.*without --add/s,
      );
      assert.equal((await planTables({ ...both, add: false, seeds: [2] })).missing.length, 4);
    } finally {
      Deno.env.delete("KIT_RUNS");
    }
  }));

Deno.test("data without stored tables is shown the kit's own, and a training of it is not set beside them", async () => {
  const env = { KIT_PRESET: "tiny" };
  const stored = await storedTables(env);
  assert.match(
    stored.note,
    /^Stored tables: embedded corpus, small, preset small, .* There are none of corpus-tiny/,
  );
  assert.equal((await storedTables({ KIT_PRESET: "small" })).note.includes("There are none"), false);
  const { rows, note } = await scoreFresh(stored, env);
  assert.deepEqual(rows, []);
  assert.match(
    note,
    /they are of embedded corpus, small, preset small; this run is of embedded corpus, tiny \(4 people\), tiny/,
  );
});

Deno.test("a stored training brings the scores that the tables' own judge gave it", () =>
  inFolder(async (folder) => {
    const prepared = await makeData(join(folder, "clips")), figures = join(folder, "figures");
    const runs = join(figures, "stored", "clips-small"),
      clips = (await readSelected(prepared)).filter(({ split }) => split === "train").length;
    for (const kind of ["discriminator", "generator"] as const) {
      const file = { kind, config: small, data: { name: "clips", clips } };
      await openRun(join(runs, kind), file, { resume: false });
    }
    const { tables, folder: kit } = await storedTables({ KIT_PRESET: "small" });
    const ofClips = { tables: { ...tables, data: "clips" }, folder: kit };
    const env = { KIT_DATA: prepared, KIT_FIGURES: figures, KIT_STORED: "1" };
    const said = async () => await scoreFresh(ofClips, env);
    assert.match((await said()).note, /no generator is trained yet/);
    await Deno.copyFile(bestPath(JUDGE), bestPath(join(runs, "generator"))); // it is not opened
    assert.match((await said()).note, /no scores are stored with the training/);

    const kept = rowsPath(join(runs, "generator"), "scores");
    const made = scoreRow({ judge_version: tables.setup.judge_version });
    await writeRows(kept, [made]);
    assert.deepEqual((await said()).rows, [made]);
    await writeRows(kept, [{ ...made, judge_version: "another" }]);
    assert.match((await said()).note, /another judge scored the stored training/);
  }));
