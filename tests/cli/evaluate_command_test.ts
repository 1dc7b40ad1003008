import assert from "node:assert/strict";
import { join } from "node:path";
import { randomStream } from "../../lib/base/random.ts";
import type { Evaluation } from "../../lib/tasks/evaluate.ts";
import { describeSystem } from "../../lib/evaluation/scoring/evaluated_system.ts";
import { realJobs, rowOf, setupOf, systemJobs } from "../../lib/evaluation/scoring/score_jobs.ts";
import { FACE_FEATURES } from "../../lib/evaluation/judges/face_networks.ts";
import { openClipJudge } from "../../lib/evaluation/judges/judge_source.ts";
import { failedVideo } from "../../lib/evaluation/scoring/score_pair.ts";
import { openScoreFolder, storeScore } from "../../lib/evaluation/scoring/score_folder.ts";
import { SHUFFLED } from "../../lib/evaluation/scoring/score_row.ts";
import { initSyncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { saveCheckpoint } from "../../lib/training/checkpoint.ts";
import { bestPath, readRun } from "../../lib/training/run.ts";
import { makeSystem } from "../evaluation/made_systems.ts";
import { inFolder, makePrepared } from "../prepared.ts";
import { makeTinyRun } from "../training/tiny_run.ts";
import { planPairs } from "../../lib/evaluation/scoring/pairs.ts";
import { kit } from "../kit.ts";

const evaluate = (args: string[]) => kit(["evaluate", ...args]);

/** Makes a prepared folder of three test clips by three speakers. */
const threeClips = (folder: string) =>
  makePrepared(
    join(folder, "prepared"),
    [0, 1, 2].map((k) => ({ split: "test" as const, frames: 36, speaker: `s${k}` })),
  );

Deno.test("help names every option, and says what is done without a judge", async () => {
  const { code, stdout, stderr } = await evaluate(["--help"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const options = [...stdout.matchAll(/^ {2}(?:-h, )?--([a-z-]+)/gm)].map(([, name]) => name);
  assert.deepEqual(options, [
    ...[
      "run",
      "out",
      "list",
      "clips",
      "seed",
      "judge",
      "syncnet",
      "protocol",
      "inception",
      "judge-data",
      "preset",
    ],
    ...["judge-steps", "workers", "retry-failed", "json", "help"],
  ]);
  assert.match(stdout.replace(/\s+/g, " "), /discriminator that judges; one is trained when not given/);
});

Deno.test("options that another one makes void are wrong usage, not passed over", async () => {
  const given = ["prepared", "--run", "r", "--out", "o"];
  const wrong: [string[], RegExp][] = [
    [
      ["--judge", "j", "--syncnet", "s"],
      /'--judge <run>' cannot be used with option '--syncnet <safetensors>'/,
    ],
    [
      ["--judge", "j", "--judge-steps", "9"],
      /'--judge-steps <number>' cannot be used with option '--judge <run>'/,
    ],
    [["--syncnet", "s", "--preset", "tiny"], /'--preset <name>' cannot be used with option '--syncnet/],
    [["--list", "l", "--seed", "2"], /'--seed <number>' cannot be used with option '--list <file>'/],
    [["--protocol", "LRS"], /--protocol needs --syncnet <safetensors>/],
    [["--syncnet", "s", "--protocol", "faces"], /Allowed choices are LRS, real videos/],
  ];
  const said = await Promise.all(wrong.map(([args]) => evaluate([...given, ...args])));
  said.forEach(({ code, stdout, stderr }, k) => {
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^error: [^\n]+\n$/);
    assert.match(stderr, wrong[k][1]);
  });
});

Deno.test("a fault is one line that names the file and what to do, with --json too, and nothing is begun", () =>
  inFolder(async (folder) => {
    const prepared = await threeClips(folder), run = await makeSystem(folder);
    const list = join(folder, "list.txt"), out = join(folder, "scores");
    await Deno.writeTextFile(list, "made/clip0 made/clip7\n");
    const given = [prepared, "--run", run, "--out", out, "--json"];
    const faults: [string[], RegExp][] = [
      [
        ["--list", list],
        /list\.txt names 1 of 2 clips that .*prepared does not have: made\/clip7\. Prepare the films/,
      ],
      [["--judge", join(folder, "none")], /none is not a run folder\. Train one with `deno task pretrain`/],
      [["--run", run], /are both Ours with seed 1\. Give each system once for each seed/],
    ];
    for (const [args, what] of faults) {
      const { code, stdout, stderr } = await evaluate([...given, ...args]);
      assert.deepEqual([code, stdout], [1, ""], stderr);
      assert.match(stderr, /^error: [^\n]+\n$/);
      assert.match(stderr, what);
    }
    assert.ok(!await Deno.stat(out).catch(() => undefined));
  }));

/** A discriminator's run folder whose weights count as trained. */
async function trainedJudge(folder: string): Promise<string> {
  const judge = await makeTinyRun(folder), { config } = await readRun(judge);
  const discriminator = initSyncDiscriminator(config.discriminator, 7);
  await saveCheckpoint(bestPath(judge), { groups: { discriminator }, state: { step: 20 } });
  disposeParams(discriminator);
  return judge;
}

/** Stores made scores for every row that an evaluation would want. */
async function storeAll(
  out: string,
  { prepared, run, judge: judgeRun }: Record<"prepared" | "run" | "judge", string>,
) {
  const judge = await openClipJudge({ kind: "run", run: judgeRun }, prepared),
    pairs = await planPairs(prepared);
  judge.dispose();
  const setup = setupOf(prepared, { pairs, judge, features: FACE_FEATURES });
  const plan = { prepared, out, pairs, setup };
  await openScoreFolder(out, setup);
  const jobs = [...realJobs(plan), ...systemJobs(await describeSystem(run), plan)];
  for (const [k, job] of jobs.entries()) {
    const made = failedVideo(""), apart = job.key.system === SHUFFLED ? 3 : 0;
    const scores = { ...made.scores, lse_d: 6 + apart + 0.1 * k, lse_c: 7 - apart, offset: 0 };
    const rng = randomStream("features", k);
    const features = Array.from({ length: 8 }, () => Float32Array.from({ length: 3 }, () => rng.normal()));
    await storeScore(out, rowOf(job, { ...made, scores, frames: 36, seconds: 1.44 }), features);
  }
  return jobs.length;
}

Deno.test("--json prints one object and nothing else, without it lines for a person; a full folder is only reported", () =>
  inFolder(async (folder) => {
    const prepared = await threeClips(folder),
      run = await makeSystem(folder),
      judge = await trainedJudge(folder);
    const out = join(folder, "scores"), stored = await storeAll(out, { prepared, run, judge });
    assert.equal(stored, 12);
    const given = [prepared, "--run", run, "--out", out, "--judge", judge];
    const json = await evaluate([...given, "--json"]);
    assert.equal(json.code, 0, json.stderr);
    assert.match(json.stdout, /^\{.*\}\n$/, "one line");
    const report: Evaluation = JSON.parse(json.stdout);
    assert.deepEqual(report.systems.map(({ system, videos }) => [system, videos]), [
      ...[["real video", 3], ["real video, other sound", 3], ["Ours", 3]],
    ]);
    assert.deepEqual([report.out, report.scored, report.judge.official], [out, 0, false]);
    assert.match(report.judge.text, /the kit's own, not the official SyncNet \(20 steps/);
    const lines = await evaluate(given);
    assert.equal(lines.code, 0, lines.stderr);
    assert.match(lines.stdout, /^Ours, 1 seed: LSE-D \d.*; 3 videos, 8\.6 s, 216 frames$/m);
    assert.match(lines.stdout, /^0 videos scored now; rows in .*scores\.parquet, tables beside them\n$/m);
  }));
