import assert from "node:assert/strict";
import { GAN_PANELS, liveCurves, panelsHtml, PRETRAINING_PANELS } from "../../lib/notebooks/live_curves.ts";

const source = { data: "made", preset: "tiny", seed: 1 };
const rows = (count: number) =>
  Array.from(
    { length: count },
    (_, k) => ({ step: k + 1, "train/loss": 0.7 - k / 10_000, "train/in_sync": 0.5 }),
  );

/** What a notebook is sent. */
function fakeNotebook() {
  // deno-lint-ignore no-explicit-any
  const sent: { type: string; content: any }[] = [];
  const broadcast = (type: string, content: Record<string, unknown>) => {
    sent.push({ type, content });
    return Promise.resolve();
  };
  return { sent, broadcast };
}

Deno.test("one output of a cell, changed in place, the last time at the end", () => {
  const { sent, broadcast } = fakeNotebook();
  const live = liveCurves(PRETRAINING_PANELS, source, { broadcast, every: 0 });
  rows(3).forEach((row) => live.onRow(row));
  live.end();
  assert.deepEqual(sent.map(({ type }) => type), [
    "display_data",
    "update_display_data",
    "update_display_data",
  ]);
  assert.equal(new Set(sent.map(({ content }) => content.transient.display_id)).size, 1);
  assert.match(sent.at(-1)!.content.data["text/html"], /training batches/);
});

Deno.test("rows that come fast are drawn together", () => {
  const { sent, broadcast } = fakeNotebook();
  const live = liveCurves(PRETRAINING_PANELS, source, { broadcast, every: 3_600_000 });
  rows(500).forEach((row) => live.onRow(row));
  assert.equal(sent.length, 0);
  live.end();
  assert.equal(sent.length, 1, "once, at the end");
});

Deno.test("nothing is shown of a training that has nothing to do", () => {
  const { sent, broadcast } = fakeNotebook();
  liveCurves(PRETRAINING_PANELS, source, { broadcast }).end();
  assert.equal(sent.length, 0);
});

Deno.test("a notebook that went away does not stop the training", () => {
  const live = liveCurves(PRETRAINING_PANELS, source, {
    broadcast: () => Promise.reject(new Error("gone")),
    every: 0,
  });
  rows(2).forEach((row) => live.onRow(row));
});

Deno.test("only what was measured has a panel, held-out rows are all drawn, lines are thinned", () => {
  const charts = (html: string) => html.split("<svg").length - 1;
  assert.equal(charts(panelsHtml(rows(10), PRETRAINING_PANELS, source)), 2, "no gradients yet");
  assert.equal(charts(panelsHtml(rows(10), GAN_PANELS, source)), 0);
  const many = rows(9000).flatMap((row) =>
    row.step % 1000 === 0 ? [row, { step: row.step, "val/loss": 0.6 }] : [row]
  );
  // As steps write them, and as they are read from a log, with null for what was not measured.
  for (const all of [many, many.map((row) => ({ "val/loss": null, ...row }))]) {
    const html = panelsHtml(all, PRETRAINING_PANELS, source);
    assert.ok(html.length < 60_000, `${html.length} characters`);
    assert.equal(html.split("<circle").length - 1, 9, "nine evaluations");
  }
});
