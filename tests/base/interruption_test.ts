import assert from "node:assert/strict";
import { linesOf } from "../../lib/base/processes.ts";

const MODULE = new URL("../../lib/base/interruption.ts", import.meta.url).href;

/** A program that computes without a pause until it is asked to stop; what `then` does after that comes on top. */
const program = (then: string) => `
  import { listenForInterruption } from ${JSON.stringify(MODULE)};
  const interruption = listenForInterruption();
  console.log("ready");
  while (!await interruption.asked()) Math.sqrt(2);
  console.log("asked");
  ${then}
`;

/** Starts a program and hands over its lines, one at a time, as a person reads them. */
function started(then: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", program(then)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = linesOf(child.stdout)[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} is heard amid a computation, and the program ends by itself`, async () => {
    const { child, line } = started("interruption[Symbol.dispose]();");
    assert.equal(await line(), "ready");
    child.kill(signal);
    assert.equal(await line(), "asked");
    assert.deepEqual({ ...await child.status }, { success: true, code: 0, signal: null });
  });
}

Deno.test("a second Ctrl-C ends the program at once", async () => {
  const { child, line } = started("for (;;) await interruption.asked();");
  assert.equal(await line(), "ready");
  child.kill("SIGINT");
  assert.equal(await line(), "asked");
  // What comes within half a second is the same press of the key: it is pressed until the program ends.
  let ended = false;
  const status = child.status.finally(() => ended = true);
  while (!ended) {
    try {
      child.kill("SIGINT");
    } catch { /* it has ended just now */ }
    await new Promise((go) => setTimeout(go, 50));
  }
  assert.deepEqual({ ...await status }, { success: false, code: 130, signal: "SIGINT" });
});

Deno.test("afterwards a signal has its usual effect", async () => {
  const { child, line } = started(`
    interruption[Symbol.dispose]();
    interruption[Symbol.dispose]();
    console.log("released");
    setInterval(() => {}, 1000);
  `);
  await line();
  child.kill("SIGINT");
  assert.deepEqual([await line(), await line()], ["asked", "released"]);
  child.kill("SIGTERM");
  assert.equal((await child.status).signal, "SIGTERM");
});
