import assert from "node:assert/strict";
import { phaseAnswers, phaseEffects, phaseTable } from "../../lib/tables/windows_phase.ts";
import { openTables, tablesFolder } from "../../lib/tables/stored.ts";
import type { ScoreRow } from "../../lib/evaluation/scoring/score_row.ts";
import { FRAMES } from "../../lib/training/systems.ts";
import { scoreRow } from "../evaluation/made_scores.ts";

/** Two videos of a training, dubbed with each other's sound and drawn to their own. */
const training = (
  system: string,
  seed: number,
  { lseD, sharpness }: { lseD: [number, number]; sharpness: [number, number] },
): ScoreRow[] =>
  ["s1/a", "s1/b"].flatMap((video, k) => [
    scoreRow({ system, seed, video, sound: "s1/c", lse_d: lseD[k], sharpness: 99 }),
    scoreRow({ system, seed, video, lse_d: 99, sharpness: sharpness[k] }),
  ]);

Deno.test("the phase on windows helps where LSE-D falls by 0.05 and sharpness does not, seed by seed", () => {
  const start = { lseD: [1, 0.5], sharpness: [4, 6] } as const satisfies Record<
    string,
    readonly [number, number]
  >;
  const of = (seed: number) =>
    training(FRAMES, seed, { lseD: [...start.lseD], sharpness: [...start.sharpness] });
  const rows = [
    ...[1, 2, 3, 4].flatMap(of),
    ...training("Ours", 1, { lseD: [0.875, 0.5], sharpness: [4, 6] }),
    ...training("Ours", 2, { lseD: [0.9375, 0.5], sharpness: [5, 7] }),
    ...training("Ours", 3, { lseD: [0.5, 0.25], sharpness: [4, 5] }),
    // Its start was not scored.
    ...training("Ours", 5, { lseD: [0, 0], sharpness: [9, 9] }),
    ...training("w/o CBAM", 4, { lseD: [0.5, 0.5], sharpness: [5, 7] }),
  ];
  const effects = phaseEffects(rows, ["w/o CBAM", "Ours"]);
  assert.deepEqual(effects.map(({ system, seed, helps }) => [system, seed, helps]), [
    ["w/o CBAM", 4, true],
    ["Ours", 1, true],
    ["Ours", 2, false],
    ["Ours", 3, false],
  ]);
  assert.deepEqual(effects[1].lseD, { before: 0.75, after: 0.6875 });
  assert.deepEqual(effects[3].sharpness, { before: 5, after: 4.5 });
  assert.deepEqual(phaseAnswers(effects), ["w/o CBAM: in 1 of 1 seed", "Ours: in 1 of 3 seeds"]);
  assert.deepEqual(Object.values(phaseTable(effects)[1]), ["Ours", 1, 0.75, 0.6875, 5, 5, "yes"]);
});

Deno.test("both are taken over the videos that both have scores of", () => {
  const start = training(FRAMES, 1, { lseD: [1, 0.5], sharpness: [4, 6] });
  const ours = training("Ours", 1, { lseD: [0.75, 0.25], sharpness: [4, 6] })
    .map((row) => row.video === "s1/b" ? { ...row, lse_d: null, reason: "no face" } : row);
  const [{ lseD, sharpness }] = phaseEffects([...start, ...ours], ["Ours"]);
  assert.deepEqual([lseD, sharpness], [{ before: 1, after: 0.75 }, { before: 5, after: 5 }]);
});

Deno.test("tables that were stored without the start's scores have nothing to say", async () => {
  for (const name of ["corpus-small", "grid-s1"]) {
    const { rows } = await openTables(tablesFolder(name));
    if (rows.some(({ system }) => system === FRAMES)) continue; // made since
    assert.deepEqual(phaseEffects(rows, ["Ours"]), []);
    assert.deepEqual(phaseAnswers([]), []);
  }
});
