import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFeatures, readScores, scoresPath } from "../../../lib/evaluation/scoring/score_folder.ts";
import { keyOf, type ScoreRow } from "../../../lib/evaluation/scoring/score_row.ts";
import { readParquet } from "../../../lib/base/parquet.ts";
import { inFolder, namesIn } from "../../media/made_video.ts";
import { type MadeClip, makePrepared } from "../../prepared.ts";
import { makeSystem } from "../made_systems.ts";
import { until } from "../../waiting.ts";

const EVALUATION = fileURLToPath(new URL("./opening_evaluation.ts", import.meta.url));
/** Three clips, each with its own and with another's sound, of real video and of one system. */
const ROWS = 3 * 2 * 2;

/** Starts an evaluation with its scoring processes as a group of their own; they may hang over a video. */
const evaluation = (args: string[], hangOver = "") =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", EVALUATION, ...args],
    env: { KIT_HANG_OVER: hangOver },
    ...{ stdin: "null", stdout: "piped", stderr: "piped", detached: true },
  }).spawn();

const stored = (out: string): Promise<ScoreRow[]> => readScores(out).catch(() => []);

/**
 * Evaluates until so many rows are stored, then kills the process, alone or with those that score for it. They hang over
 * one video, so it cannot come to its end before.
 */
async function killedAt(
  count: number,
  args: string[],
  { whole, hangOver }: { whole: boolean; hangOver: string },
): Promise<void> {
  const process = evaluation(args, hangOver), ended = process.output();
  await until(async () => (await stored(args[1])).length >= count, process);
  Deno.kill(whole ? -process.pid : process.pid, "SIGKILL");
  const { signal, stderr } = await ended;
  assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
}

/** Evaluates to the end. */
async function finish(args: string[]): Promise<{ rows: ScoreRow[]; scored: number }> {
  const { code, stdout, stderr } = await evaluation(args).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("an evaluation that is killed twice and called again leaves the rows of one that was not, each once", () =>
  inFolder(async (folder) => {
    const clips: MadeClip[] = Array.from({ length: 3 }, (_, k) => ({
      ...{ split: "test", frames: 36, speaker: `s${k}` },
    }));
    const prepared = await makePrepared(join(folder, "prepared"), clips), run = await makeSystem(folder);
    const broken = [prepared, join(folder, "broken"), run], whole = [prepared, join(folder, "whole"), run];

    await killedAt(2, broken, { whole: true, hangOver: "real made/clip1" });
    const first = await stored(broken[1]);
    // The scoring processes are left to themselves, and the same call comes at once.
    await killedAt(8, broken, { whole: false, hangOver: "dubbed made/clip1" });
    const second = await stored(broken[1]);
    assert.ok(first.length >= 2 && first.length < second.length && second.length < ROWS);
    const { rows, scored } = await finish(broken);
    assert.ok(scored > 0 && scored <= ROWS - second.length, `${scored} after ${second.length}`);

    const unbroken = await finish(whole);
    assert.deepEqual([rows.length, unbroken.scored], [ROWS, ROWS]);
    assert.deepEqual(rows, unbroken.rows);
    assert.equal(new Set(rows.map(keyOf)).size, ROWS);
    for (const early of [...first, ...second]) {
      assert.deepEqual(rows.find((row) => keyOf(row) === keyOf(early)), early, "what was stored stays");
    }
    for (const row of rows) {
      assert.deepEqual(await readFeatures(broken[1], row), await readFeatures(whole[1], row));
    }
    assert.deepEqual(namesIn(join(broken[1], "parts")), []);
    assert.equal(readParquet(scoresPath(broken[1])).length, ROWS);
  }));
