import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { type Outcome, runJobs } from "../../lib/base/worker_pool.ts";
import { inFolder } from "../media/made_video.ts";

/** A worker that doubles numbers, chats on its output, dies over 13 and hangs up without a word over 14. */
const DOUBLER = `
const say = (x) => Deno.stdout.writeSync(new TextEncoder().encode(x + "\\n"));
say("a library greets");
say(JSON.stringify({ ready: true }));
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\\n");
  rest = lines.pop();
  for (const line of lines) {
    const { n } = JSON.parse(line);
    say("working on " + n);
    if (n === 13) throw new Error("unlucky");
    if (n === 14) Deno.exit(7);
    say(JSON.stringify({ double: 2 * n, pid: Deno.pid, env: Deno.env.get("KIT_TEST"), text: "é".repeat(n) }));
  }
}`;

type Job = { n: number };
type Answer = { double: number; pid: number; env: string; text: string };

async function run(script: string, numbers: number[], workers: number) {
  const outcomes = new Map<number, Outcome<Answer>>();
  await runJobs<Job, Answer>(script, numbers.map((n) => ({ n })), {
    workers,
    env: { KIT_TEST: "set" },
    onOutcome: ({ n }, outcome) => Promise.resolve(void outcomes.set(n, outcome)),
  });
  return outcomes;
}

Deno.test("every job has its own answer, a worker that dies is replaced and its death told", () =>
  inFolder(async (folder) => {
    const script = join(folder, "doubler with spaces.ts");
    await Deno.writeTextFile(script, DOUBLER);
    const numbers = [1, 2, 13, 4, 14, 6, 7];
    const outcomes = await run(script, numbers, 2);
    const crashes: string[] = [];
    for (const n of numbers) {
      const outcome = outcomes.get(n)!;
      if ("crash" in outcome) crashes.push(outcome.crash);
      else {assert.deepEqual([outcome.answer.double, outcome.answer.env, outcome.answer.text.length], [
          2 * n,
          "set",
          n,
        ]);}
    }
    assert.equal(crashes.length, 2);
    assert.match(crashes[0], /exit status 1.*unlucky|exit status 7/s);
    assert.ok(crashes.some((crash) => /exit status 7/.test(crash)));
  }));

Deno.test("a worker that cannot start ends the work with its own words", () =>
  inFolder(async (folder) => {
    const script = join(folder, "broken.ts");
    await Deno.writeTextFile(script, `throw new Error("the library is missing");`);
    await assert.rejects(run(script, [1, 2, 3], 2), (error) => {
      assert.ok(error instanceof KitError);
      assert.match(error.message, /did not start.*the library is missing/s);
      return true;
    });
  }));

Deno.test("no jobs start no worker", async () => {
  assert.equal((await run("/nowhere.ts", [], 4)).size, 0);
});
