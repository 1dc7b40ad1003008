import assert from "node:assert/strict";
import { Progress, rateInWords, spanInWords } from "../../lib/base/progress.ts";

const module = new URL("../../lib/base/progress.ts", import.meta.url).href;

Deno.test("times and rates are said in words", () => {
  assert.equal(spanInWords(11.6), "12 s");
  assert.equal(spanInWords(200), "3 min 20 s");
  assert.equal(spanInWords(2 * 3600 + 5 * 60 + 10), "2 h 05 min");
  assert.equal(rateInWords(3.21, "clips"), "3.2 clips/s");
  assert.equal(rateInWords(250.4, "steps"), "250 steps/s");
  assert.equal(rateInWords(0.2, "films"), "5.0 s each");
});

Deno.test("without a terminal: few lines, all on standard error, and the process ends", async () => {
  const program = `import { Progress } from "${module}";
    let now = 0;
    performance.now = () => now;
    using progress = new Progress("prepare", 40, { unit: "clips" });
    for (let done = 1; done <= 40; done++) {
      now += 50;
      progress.update(done, "loss " + done / 100);
    }`;
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] })
    .output();
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  assert.equal(code, 0);
  assert.equal(stdout.length, 0);
  assert.deepEqual(lines, [
    "prepare: 2 % 1/40 clips, 20 clips/s, 2 s left, loss 0.01",
    "prepare: 100 % 40/40 clips, 20 clips/s, took 2 s, loss 0.4",
  ]);
});

Deno.test("what knows better than the rate says how long the rest takes, or that nobody knows", async () => {
  const program = `import { Progress } from "${module}";
    let now = 0, left = 600;
    performance.now = () => now;
    using progress = new Progress("notebook", 4, { unit: "cells", secondsLeft: () => left });
    const update = (done) => {
      now += 10_000;
      progress.update(done);
    };
    update(1);
    left = undefined;
    update(2);`;
  const { stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
  assert.deepEqual(new TextDecoder().decode(stderr).trim().split("\n"), [
    "notebook: 25 % 1/4 cells, 10 s each, 10 min 0 s left",
    "notebook: 50 % 2/4 cells, 10 s each",
    "notebook: 50 % 2/4 cells, 10 s each, took 20 s",
  ]);
});

interface Message {
  type: string;
  text: string;
  html: string;
  id: string;
}

Deno.test("in a notebook one output is changed in place, at most four times a second", () => {
  const messages: Message[] = [];
  // deno-lint-ignore no-explicit-any
  const broadcast = (type: string, { data, transient }: any) => {
    messages.push({ type, text: data["text/plain"], html: data["text/html"], id: transient.display_id });
    return Promise.reject(new Error("the notebook went away"));
  };
  // deno-lint-ignore no-explicit-any
  const anyDeno = Deno as any;
  anyDeno.jupyter = { broadcast };
  const clock = performance.now;
  let now = 0;
  performance.now = () => now;
  try {
    const progress = new Progress("train <a>", 100, { start: 50 });
    for (let done = 51; done <= 80; done++) {
      now += 20;
      progress.update(done);
    }
    progress.stop();
    progress.stop();
  } finally {
    anyDeno.jupyter = undefined;
    performance.now = clock;
  }
  // At 20, 280 and 540 milliseconds, and the last state.
  assert.deepEqual(messages.map(({ text }) => text.match(/\d+\/100/)![0]), [
    ...["51/100", "64/100", "77/100", "80/100"],
  ]);
  assert.deepEqual(
    messages.map(({ type }) => type === "display_data"),
    messages.map((_, index) => index === 0),
  );
  assert.equal(new Set(messages.map(({ id }) => id)).size, 1);
  assert.equal(messages.at(-1)!.text, "train <a>: 80/100 steps, 50 steps/s, took 1 s");
  assert.match(messages.at(-1)!.html, /train &lt;a&gt; <progress max="100" value="80"/);
});
