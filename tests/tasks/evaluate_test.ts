import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { evaluateSystems, evaluationLines, writeReport } from "../../lib/tasks/evaluate.ts";
import { reportOf } from "../../lib/evaluation/statistics/evaluation_report.ts";
import { openClipJudge } from "../../lib/evaluation/judges/judge_source.ts";
import { readScores, scoredFeatures } from "../../lib/evaluation/scoring/score_folder.ts";
import { keyOf, REAL, type ScoreRow } from "../../lib/evaluation/scoring/score_row.ts";
import { judgeClips } from "../../lib/evaluation/judges/own_judge.ts";
import { type ManifestRow, readManifest } from "../../lib/dataset/manifest.ts";
import { readParquet } from "../../lib/base/parquet.ts";

import { bestPath, readRun } from "../../lib/training/run.ts";
import { madeRow } from "../dataset/made_row.ts";
import { makeSystem } from "../evaluation/made_systems.ts";
import { inFolder, type MadeClip, makePrepared } from "../prepared.ts";
import { makeTinyRun } from "../training/tiny_run.ts";
import { until, untilLetGo } from "../waiting.ts";
import { frechetResults } from "../../lib/evaluation/statistics/frechet_scores.ts";

const EVALUATION = fileURLToPath(new URL("../evaluation/scoring/opening_evaluation.ts", import.meta.url));

const clips = (split: MadeClip["split"], count: number, frames = 36): MadeClip[] =>
  Array.from({ length: count }, (_, k) => ({ split, frames, speaker: `${split}${k}` }));

const evaluation = (args: string[], env: Record<string, string> = {}) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", EVALUATION, ...args],
    ...{ env, stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();

/** Rows that are stored, whether joined or in parts. */
async function stored(out: string): Promise<Map<string, ScoreRow>> {
  const rows = await readScores(out).catch(() => []);
  return new Map(rows.map((row) => [keyOf(row), row]));
}

Deno.test("a killed evaluation goes on where it was, in two processes; one that dies over a clip gives a row", () =>
  inFolder(async (folder) => {
    const prepared = await makePrepared(join(folder, "prepared"), clips("test", 4));
    const run = await makeSystem(folder), out = join(folder, "scores");
    const killed = evaluation([prepared, out, run], { KIT_HANG_OVER: "dubbed made/clip1" });
    // Both of its processes have come up: one that had not would not be waited for below.
    const began = async () => (await Deno.stat(`${out}.alive`).catch(() => undefined))?.size === 2;
    await until(async () => await began() && (await stored(out)).size >= 3, killed);
    killed.kill("SIGKILL");
    assert.equal((await killed.output()).signal, "SIGKILL");
    // The processes that scored for it end with it, the video in hand done or left.
    await untilLetGo(`${out}.alive`);
    const before = await stored(out);
    assert.ok(before.size >= 3 && before.size < 16, `${before.size} rows`);

    const dying = { KIT_DIE_OVER: "dubbed made/clip2" };
    const { code, stdout, stderr } = await evaluation([prepared, out, run], dying).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { rows, scored }: { rows: ScoreRow[]; scored: number } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    assert.deepEqual([rows.length, scored], [16, 16 - before.size]);
    for (const [key, row] of before) assert.deepEqual(rows.find((one) => keyOf(one) === key), row);
    const failed = rows.filter(({ reason }) => reason !== "");
    assert.deepEqual(
      failed.map(({ system, video }) => [system, video]),
      Array(2).fill(["Ours", "made/clip2"]),
    );
    assert.match(failed[0].reason, /^crashed: the worker ended with exit status 9/);

    // The tables say what went in and who judged.
    const facts = {
      ...{ pairs: { source: "made", seen: 0 }, features: "made features" },
      judge: { official: false, accuracy: null, text: "Judge: a made one", doubts: ["it is made"] },
      separation: "It tells",
    };
    const report = reportOf(
      rows,
      frechetResults(rows, { featuresOf: await scoredFeatures(out, rows), network: facts.features }),
      facts,
    );
    await writeReport(report, out);
    const ours = report.systems.find(({ system }) => system === "Ours")!;
    assert.deepEqual([ours.videos, ours.failed, ours.frames], [3, 2, 6 * 36]);
    assert.ok(Math.abs(ours.seconds - 6 * 36 / 25) < 1e-9);
    const table = readParquet(join(out, "systems.parquet"));
    assert.deepEqual(table.map(({ system }) => system), [REAL, "real video, other sound", "Ours"]);
    assert.ok(String(table[2]["Frechet distance of face descriptors (lower)"]).length > 2);
    const markdown = await Deno.readTextFile(join(out, "systems.md"));
    assert.match(
      markdown,
      /Judge: a made one\. Not independent: it is made\. It tells\. Features: made features/,
    );
    assert.equal(readParquet(join(out, "failures.parquet"))[0].rows, 2);
    assert.match(
      evaluationLines({ ...report, out, scored }).join("\n"),
      /^Ours, 1 seed: .*; 3 videos, 8\.6 s, 216 frames, 2 rows failed$/m,
    );
  }));

Deno.test("without a judge one is trained on speakers that no system learnt from; it is refused when it cannot tell", () =>
  inFolder(async (folder) => {
    const all = [...clips("train", 2), ...clips("val", 5, 40), ...clips("test", 3)];
    const prepared = await makePrepared(join(folder, "prepared"), all);
    const run = await makeSystem(folder), out = join(folder, "scores");
    const options = { runs: [run], out, preset: "tiny", judgeSteps: 1, workers: 1 };
    await assert.rejects(evaluateSystems(prepared, options), /does not tell real video from real video/);
    const { config, data } = await readRun(join(out, "judge"), "discriminator");
    assert.deepEqual([config.discriminator.lstm, config.discriminator.cbam, config.seed], [
      "none",
      false,
      1001,
    ]);
    const used = await readManifest(join(out, "judge-data", data.name));
    assert.deepEqual(used.map(({ speaker }) => speaker).sort(), [0, 1, 2, 3, 4].map((k) => `val${k}`));
    assert.deepEqual(used.map(({ split }) => split).sort(), ["train", "train", "train", "train", "val"]);
    // Of the systems nothing was scored.
    assert.equal([...(await stored(out)).values()].filter(({ system }) => system === "Ours").length, 0);
    const few = await makePrepared(join(folder, "few"), [...clips("train", 2), ...clips("test", 3)]);
    await assert.rejects(
      evaluateSystems(few, { ...options, out: join(folder, "other") }),
      /few has 0 clips of speakers outside the train split that are not evaluated/,
    );
    // Clips of another folder may all be used, whatever their speakers are called there, unless the two share a video.
    const row = (given: Partial<ManifestRow>) => madeRow({ sound_hash: "a", ...given });
    const known = [row({ id: "s1/a" }), row({ id: "s2/a", split: "test" })];
    const others = ["b", "c", "d", "e"].map((name) => row({ id: `s1/${name}` }));
    const of = (rows: ManifestRow[]) => judgeClips(rows, { known, evaluated: ["s2/a"], folder: "others" });
    assert.deepEqual(of(others).map(({ split }) => split), ["val", "train", "train", "train"]);
    assert.throws(() => of([...others, row({ id: "s1/a" })]), /others has 0 clips/);
    const free = ["b", "c", "d", "e"].map((name) => row({ id: `s3/${name}` }));
    assert.deepEqual(of([...free, ...known]).map(({ speaker }) => speaker), Array(4).fill("s3"));
  }));

Deno.test("a judge of another shape, an untrained one, a system's own and other weights' files are refused", () =>
  inFolder(async (folder) => {
    const judge = await makeTinyRun(folder), open = () => openClipJudge({ kind: "run", run: judge }, folder);
    await assert.rejects(open(), /was trained for no step/);
    const path = join(judge, "run.json"), file = JSON.parse(await Deno.readTextFile(path));
    file.config.discriminator.width = 0.06;
    await Deno.writeTextFile(path, JSON.stringify(file));
    await assert.rejects(open(), /best\.safetensors holds .* where \[.*\] is expected/);
    await Deno.writeTextFile(path, JSON.stringify({ ...file, version: 99 }));
    await assert.rejects(open(), /run of layout version 99/);

    const prepared = await makePrepared(join(folder, "prepared"), clips("test", 3));
    const run = await makeSystem(folder);
    const options = { runs: [run], out: join(folder, "scores") };
    await assert.rejects(evaluateSystems(prepared, { ...options, judge: run }), /would judge its own case/);
    const syncnet = bestPath(judge);
    await assert.rejects(
      evaluateSystems(prepared, { ...options, syncnet }),
      /best\.safetensors holds no imported network, not syncnet.* Make it with `deno task import/,
    );
    await assert.rejects(
      evaluateSystems(prepared, { ...options, syncnet: join(folder, "none.safetensors") }),
      /none\.safetensors/,
    );
    assert.ok(!await Deno.stat(options.out).catch(() => undefined), "nothing was begun");
  }));
