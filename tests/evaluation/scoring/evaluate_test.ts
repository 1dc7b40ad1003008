import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../../lib/base/errors.ts";
import { evaluate } from "../../../lib/evaluation/evaluate.ts";
import { describeSystems } from "../../../lib/evaluation/scoring/evaluated_system.ts";
import { setupOf } from "../../../lib/evaluation/scoring/score_jobs.ts";
import { FACE_FEATURES } from "../../../lib/evaluation/judges/face_networks.ts";
import { readFeatures, scoresPath } from "../../../lib/evaluation/scoring/score_folder.ts";
import { REAL, SHUFFLED } from "../../../lib/evaluation/scoring/score_row.ts";
import { openScorer } from "../../../lib/evaluation/scoring/scorer.ts";
import { tf } from "../../../lib/native/tf.ts";
import { withSystem } from "../../../lib/training/systems.ts";
import { inFolder, type MadeClip, makePrepared } from "../../prepared.ts";
import { makeSystem } from "../made_systems.ts";
import { openingJudge } from "./opening_judge.ts";
import type { ScoreJobs } from "../../../lib/evaluation/scoring/scoring_processes.ts";
import { planPairs } from "../../../lib/evaluation/scoring/pairs.ts";

const test = (clip: Partial<MadeClip> = {}): MadeClip => ({ split: "test", frames: 38, ...clip });

/** Scores jobs and counts them. */
type Counted = ScoreJobs & { jobs: number };

/** Scores jobs in this process, up to so many of them: what a killed evaluation gets done. */
function inProcess(prepared: string, { judge = openingJudge(), most = Infinity } = {}): Counted {
  const scoreJobs = Object.assign(async (...[jobs, onDone]: Parameters<ScoreJobs>) => {
    const scorer = await openScorer(prepared, { judge, features: FACE_FEATURES });
    for (const job of jobs) {
      if (scoreJobs.jobs >= most) throw new Error("killed");
      onDone(await scorer.score(job));
      scoreJobs.jobs++;
    }
    scorer.dispose();
  }, { jobs: 0 }) as Counted;
  return scoreJobs;
}

async function planOf(folder: string, runs: string[], judge = openingJudge()) {
  const prepared = join(folder, "prepared");
  const pairs = await planPairs(prepared);
  const systems = await describeSystems(runs);
  const setup = setupOf(prepared, { pairs, judge, features: FACE_FEATURES });
  return { prepared, out: join(folder, "scores"), pairs, systems, judge, setup };
}

Deno.test("videos are scored once each; what was killed goes on; bad clips are rows with a reason", () =>
  inFolder(async (folder) => {
    const clips = [
      test(),
      test(),
      test(),
      test(),
      test({ frames: 30 }),
      test({ silent: true }),
      test({ black: true }),
    ];
    const prepared = await makePrepared(join(folder, "prepared"), [{ split: "train" }, ...clips]);
    const damaged = join(prepared, "clips", "made", "clip4.safetensors");
    const bytes = await Deno.readFile(damaged);
    const run = await makeSystem(folder), plan = await planOf(folder, [run]);
    assert.deepEqual([plan.pairs.own.length, plan.pairs.cross.length, plan.pairs.seen], [7, 7, 0]);

    const killed = inProcess(prepared, { most: 9 });
    await assert.rejects(evaluate(plan, { scoreJobs: killed }), /killed/);
    const before = tf.memory().numTensors;
    const rest = inProcess(prepared),
      { rows, separation, scored } = await evaluate(plan, { scoreJobs: rest });
    assert.equal(killed.jobs + rest.jobs, 28, "nothing was scored twice");
    assert.equal(scored, rest.jobs);
    assert.equal(rows.length, 28);
    // The detector, landmark and descriptor networks stay; the system's own weights do not.
    assert.ok(tf.memory().numTensors - before < 300, `${tf.memory().numTensors - before} tensors more`);

    const of = (system: string, video: string) =>
      rows.find((row) => row.system === system && row.video === video && row.sound === video)!;
    assert.match(of(REAL, "made/clip5").reason, /^too short: 30 frames, 35 are needed for 31 offsets/);
    assert.match(of(REAL, "made/clip6").reason, /^silent: the sound has -120 dB/);
    assert.match(of(REAL, "made/clip7").reason, /^nothing to be seen: all pixels are from 0 to 0/);
    const real = of(REAL, "made/clip1"), ours = of("Ours", "made/clip1");
    assert.deepEqual([real.reason, real.frames, real.seconds, real.offset], ["", 38, 1.52, 0]);
    assert.ok(real.l1 === null && ours.l1! > 0 && ours.psnr! > 0 && ours.mouth_l1! > 0 && ours.ssim! < 1);
    assert.ok(ours.sharpness_real === real.sharpness && ours.jitter_real === real.jitter);
    assert.ok(ours.identity_distance! > 0 && ours.landmark_distance! > 0);
    const dubbed = rows.find((row) => row.system === "Ours" && row.sound !== row.video && row.reason === "")!;
    assert.ok(dubbed.l1 === null && dubbed.still_own !== null && dubbed.still_films !== null);
    assert.equal((await readFeatures(plan.out, dubbed)).length, Math.ceil(dubbed.frames / 5));
    assert.equal((await readFeatures(plan.out, real))[0].length, 128);
    assert.ok(separation.lseC.real > separation.lseC.shuffled, JSON.stringify(separation));
    const good = (system: string) =>
      new Set(rows.filter((row) => row.system === system && row.reason === "").map(({ video }) => video));
    const both = good(REAL).intersection(good(SHUFFLED)).size;
    assert.deepEqual([separation.videos, good(REAL).size], [both, 4]);
    assert.equal(rows.filter(({ system }) => system === SHUFFLED).length, 7);

    // Again: nothing to do. Failures are scored again when asked for, and a clip that is damaged now is one.
    assert.equal((await evaluate(plan, { scoreJobs: rest })).scored, 0);
    await Deno.writeFile(damaged, bytes.subarray(0, 500));
    const failures = rows.filter(({ reason }) => reason !== "").length;
    const again = await evaluate(plan, { scoreJobs: rest, retryFailed: true });
    assert.equal(again.scored, failures);
    await Deno.remove(scoresPath(plan.out));
    await assert.rejects(evaluate(plan, { scoreJobs: inProcess(prepared) }), (e) => {
      // Of four good clips one is gone now, with the shuffled pairs that it was part of.
      return e instanceof KitError && /could be judged|does not tell/.test(e.message);
    });
  }));

Deno.test("a blind judge is refused before any system is scored; weights that changed are refused", () =>
  inFolder(async (folder) => {
    const prepared = await makePrepared(join(folder, "prepared"), Array.from({ length: 4 }, () => test()));
    const run = await makeSystem(folder), judge = openingJudge({ blind: true });
    const plan = await planOf(folder, [run], judge), scoreJobs = inProcess(prepared, { judge });
    await assert.rejects(
      evaluate(plan, { scoreJobs }),
      /blind judge does not tell real video from real video/,
    );
    assert.equal(scoreJobs.jobs, 8, "the real videos alone");
    const seeing = await planOf(folder, [run]);
    await assert.rejects(
      evaluate(seeing, { scoreJobs }),
      /holds scores with judge "blind judge", not "judge of openings"/,
    );
    const out = join(folder, "other scores"), system = { ...seeing.systems[0], run: "" };
    const fine = { ...seeing, out, systems: [system] };
    await evaluate(fine, { scoreJobs: inProcess(prepared) });
    const changed = { ...fine, systems: [{ ...system, weights: "fedcba" }] };
    await assert.rejects(
      evaluate(changed, { scoreJobs }),
      /holds scores of Ours, seed 1, with weights .* has fedcba now/,
    );
  }));

Deno.test("two runs of one system and seed, a run of another version and no run are refused", () =>
  inFolder(async (folder) => {
    const run = await makeSystem(folder), other = await makeSystem(folder, { variant: "w/o LSTM", seed: 3 });
    const [ours, without] = await describeSystems([run, other]);
    assert.deepEqual([ours.name, ours.seed, without.name, without.seed], ["Ours", 1, "w/o LSTM", 3]);
    assert.match(ours.weights, /^[0-9a-f]{12}$/);
    assert.notEqual(ours.weights, without.weights);
    await assert.rejects(describeSystems([run, other, run]), /are both Ours with seed 1/);
    await assert.rejects(describeSystems([folder]), /is not a run folder/);
    const path = join(other, "run.json"), file = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...file, config: withSystem(file.config, "Wav2Lip") }));
    assert.equal((await describeSystems([other]))[0].name, "Wav2Lip");
    await Deno.writeTextFile(path, JSON.stringify({ ...file, version: 99 }));
    await assert.rejects(describeSystems([other]), /run of layout version 99, this kit reads 2/);
  }));

Deno.test("pairs come from the test split or from a list", () =>
  inFolder(async (folder) => {
    const prepared = await makePrepared(join(folder, "prepared"), [
      { split: "train" },
      test(),
      test(),
      test(),
    ]);
    const drawn = await planPairs(prepared);
    assert.deepEqual(drawn.own.map(({ video }) => video), ["made/clip1", "made/clip2", "made/clip3"]);
    assert.equal((await planPairs(prepared, { clips: 2 })).cross.length, 2);
    const list = join(folder, "list.txt");
    await Deno.writeTextFile(list, "made/clip0 made/clip1\nmade/clip1 made/clip1\n");
    const listed = await planPairs(prepared, { list });
    assert.deepEqual(listed.cross, [{ video: "made/clip1", sound: "made/clip0" }]);
    assert.deepEqual([listed.own.length, listed.seen, listed.source], [1, 1, "list list.txt"]);
    await Deno.writeTextFile(list, "made/clip0 made/clip9\n");
    await assert.rejects(
      planPairs(prepared, { list }),
      /names 1 of 2 clips that .* does not have: made\/clip9/,
    );
    const small = await makePrepared(join(folder, "small"), [test()]);
    await assert.rejects(planPairs(small), /has 1 clips in its test split .* two are needed/);
  }));
