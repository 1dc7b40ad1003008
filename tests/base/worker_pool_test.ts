import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { type Outcome, runJobs } from "../../lib/base/worker_pool.ts";
import { inFolder } from "../media/made_video.ts";

const POOL = new URL("../../lib/base/worker_pool.ts", import.meta.url).href;

/** A worker that doubles numbers, chats, fails over 12, dies over 14 and finds a fault in 15. */
const DOUBLER = `
import { serveJobs } from "${POOL}";
import { KitError } from "${new URL("./errors.ts", POOL).href}";
Deno.stdout.writeSync(new TextEncoder().encode("a library greets\\n"));
await serveJobs(() => Promise.resolve(({ n }) => {
  console.log("working on " + n);
  if (n === 12) throw new Error("unlucky");
  if (n === 14) Deno.exit(7);
  if (n === 15) throw new KitError("The disk is full", "Free some space");
  return Promise.resolve({ double: 2 * n, pid: Deno.pid, env: Deno.env.get("KIT_TEST"), text: "é".repeat(n) });
}));`;

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
    const numbers = [1, 2, 12, 4, 14, 6, 7], crashes: string[] = [], pids = new Map<number, number>();
    const outcomes = await run(script, numbers, 1);
    for (const n of numbers) {
      const outcome = outcomes.get(n)!;
      if ("crash" in outcome) crashes.push(outcome.crash);
      else {
        const { double, env, text, pid } = outcome.answer;
        assert.deepEqual([double, env, text.length], [2 * n, "set", n]);
        pids.set(n, pid);
      }
    }
    assert.equal(crashes.length, 2);
    assert.match(crashes[0], /^Error: unlucky/);
    assert.equal(
      crashes[1],
      "the worker ended with exit status 7: working on 12 | working on 4 | working on 14",
    );
    assert.equal(new Set(pids.values()).size, 2, "replaced once: one that only failed goes on");
    await assert.rejects(run(script, [1, 15], 2), {
      name: "KitError",
      message: "The disk is full. Free some space",
    });
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
