/** What a person meets who gives an evaluation the wrong thing: the file by its name, and what to do. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../../lib/base/errors.ts";
import { evaluateSystems } from "../../../lib/tasks/evaluate.ts";
import { evaluate } from "../../../lib/evaluation/evaluate.ts";
import { setupOf } from "../../../lib/evaluation/scoring/score_jobs.ts";
import { FACE_FEATURES } from "../../../lib/evaluation/judges/face_networks.ts";
import {
  mergeScores,
  openScoreFolder,
  readScores,
  scoresPath,
  storeScore,
} from "../../../lib/evaluation/scoring/score_folder.ts";
import { REAL } from "../../../lib/evaluation/scoring/score_row.ts";
import { openScorer } from "../../../lib/evaluation/scoring/scorer.ts";
import { bestPath } from "../../../lib/training/run.ts";
import { inFolder, type MadeClip, makePrepared } from "../../prepared.ts";
import { makeTinyRun } from "../../training/tiny_run.ts";
import { scoreRow } from "../made_scores.ts";
import { makeSystem } from "../made_systems.ts";
import { openingJudge } from "./opening_judge.ts";
import { planPairs } from "../../../lib/evaluation/scoring/pairs.ts";

/** Says whether an error is a KitError with these words; texts stand for themselves. */
const told = (what: string, remedy: string) => (error: unknown) => {
  assert.ok(error instanceof KitError, String(error));
  assert.ok(error.what.includes(what), error.what);
  assert.ok(error.remedy.includes(remedy), error.remedy);
  return true;
};

const clip = (given: Partial<MadeClip> = {}): MadeClip => ({ split: "test", frames: 36, ...given });

Deno.test("lists, judges and runs that cannot be used are told by name, and no score folder is begun", () =>
  inFolder(async (folder) => {
    const prepared = await makePrepared(join(folder, "prepared"), [clip(), clip()]);
    const run = await makeSystem(folder), judge = await makeTinyRun(folder), out = join(folder, "scores");
    const refused = (given: object, what: string, remedy: string) =>
      assert.rejects(evaluateSystems(prepared, { runs: [run], out, ...given }), told(what, remedy));

    const list = join(folder, "list.txt");
    await Deno.writeTextFile(list, "made/clip0 made/clip8\nmade/clip9 made/clip1\n");
    const absent = `${list} names 2 of 4 clips that ${prepared} does not have: made/clip8, made/clip9`;
    await refused({ list }, absent, "Prepare the films that the list names");

    await refused(
      { judge },
      `The judge ${judge} was trained for no step`,
      "Train it with `deno task pretrain`",
    );
    const path = join(judge, "run.json"), file = JSON.parse(await Deno.readTextFile(path));
    const wide = structuredClone(file);
    wide.config.discriminator.width = 0.06;
    await Deno.writeTextFile(path, JSON.stringify(wide));
    await refused({ judge }, `${bestPath(judge)} holds `, "belongs to another network or configuration");
    await Deno.writeTextFile(path, JSON.stringify({ ...file, version: 99 }));
    await refused(
      { judge },
      `${judge} is a run of layout version 99, this kit reads ${file.version}`,
      "Train the run again",
    );
    await refused({ runs: [judge] }, `${judge} is a run of layout version 99`, "Train the run again");
    await refused({ runs: [join(folder, "none")] }, "none is not a run folder", "Train one with");
    assert.ok(!await Deno.stat(out).catch(() => undefined));
  }));

Deno.test("two rows for the same video and system are refused by the file that has them, and nothing is lost", () =>
  inFolder(async (folder) => {
    const setup = {
      data: "d",
      pairs: "p",
      judge: "j",
      judge_version: "v",
      protocol: "m",
      features: "f",
      featureEvery: 5,
    };
    await openScoreFolder(folder, setup);
    const rows = [scoreRow({ lse_d: 6 }), scoreRow({ lse_d: 7, frames: 40 })];
    await storeScore(folder, rows[0]);
    await mergeScores(folder);
    await storeScore(folder, rows[1]);
    const doubled = told(
      `${folder} has two rows for s1/a with the sound of s1/a by Ours, seed 1`,
      "delete one of them, or evaluate into another folder",
    );
    await assert.rejects(readScores(folder), doubled);
    await assert.rejects(mergeScores(folder), doubled);
    await Deno.remove(join(folder, "parts"), { recursive: true });
    assert.deepEqual((await readScores(folder)).map(({ lse_d }) => lse_d), [6]);
    assert.ok(await Deno.stat(scoresPath(folder)));
  }));

Deno.test("a folder of nothing but short, silent and black clips: each row says why, and the end names one of them", () =>
  inFolder(async (folder) => {
    const bad = [clip({ frames: 34 }), clip({ silent: true }), clip({ black: true })];
    const prepared = await makePrepared(join(folder, "prepared"), bad), out = join(folder, "scores");
    const judge = openingJudge(), pairs = await planPairs(prepared);
    const setup = setupOf(prepared, { pairs, judge, features: FACE_FEATURES });
    const scorer = await openScorer(prepared, { judge, features: FACE_FEATURES });
    const scoring = evaluate({ prepared, out, pairs, systems: [], setup }, {
      scoreJobs: async (jobs, onDone) => {
        for (const job of jobs) onDone(await scorer.score(job));
      },
    });
    await assert.rejects(
      scoring,
      told(
        "Only 0 videos could be judged with their own and with other sound, 3 are needed; 6 rows failed",
        "longer clips",
      ),
    );
    await assert.rejects(scoring, /such as made\/clip\d: (too short|silent|nothing to be seen): /);
    const reasons = (await readScores(out)).filter(({ system }) => system === REAL)
      .toSorted((a, b) => a.video < b.video ? -1 : 1).map(({ video, reason }) => `${video}: ${reason}`);
    const expected = [
      /^made\/clip0: too short: 34 frames, 35 are needed for 31 offsets$/,
      /^made\/clip1: silent: the sound has -120 dB of full scale$/,
      /^made\/clip2: nothing to be seen: all pixels are from 0 to 0$/,
    ];
    assert.equal(reasons.length, 3);
    expected.forEach((what, k) => assert.match(reasons[k], what));
  }));
