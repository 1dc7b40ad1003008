import assert from "node:assert/strict";
import { plateauNotice } from "../../lib/training/plateau.ts";

const config = { sampling: "within clips", windows: 4, learningRate: 4e-4, steps: 1000 } as const;
/** Looks every 100 steps: loss and AUC. */
const looks = (...pairs: [number, number][]) =>
  pairs.map(([loss, auc], k) => ({ step: 100 * (k + 1), loss, auc }));

Deno.test("a run at ln 2 for a third of its steps is told so, with what may help", () => {
  const stuck = looks([0.7, 0.49], [0.694, 0.51], [0.693, 0.5]);
  const said = plateauNotice(stuck, config)!;
  assert.match(said, /Still at chance after 300 steps \(held-out AUC 0\.50\)/);
  for (const remedy of ["pretrain.windows=8", "pretrain.learningRate=0.0002", "offsets"]) {
    assert.ok(said.includes(remedy), remedy);
  }
  assert.match(plateauNotice(stuck, { ...config, sampling: "one by one" })!, /sampling="within clips"/);
});

Deno.test("one that is young, slow, or has left it is left alone", () => {
  assert.equal(plateauNotice([], config), undefined);
  assert.equal(plateauNotice(looks([0.7, 0.49], [0.694, 0.51]), config), undefined, "too early to say");
  assert.equal(
    plateauNotice(looks([0.7, 0.49], [0.694, 0.51], [0.69, 0.58]), config),
    undefined,
    "it begins",
  );
  assert.equal(
    plateauNotice(looks([0.7, 0.5], [0.69, 0.5], [0.75, 0.62]), config),
    undefined,
    "loss is not all",
  );
  assert.equal(plateauNotice(looks([0.69, 0.5], [0.69, 0.5], [0.6, 0.7], [0.5, 0.8]), config), undefined);
});
