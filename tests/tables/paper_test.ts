import assert from "node:assert/strict";
import { aggregate, meanCurves } from "../../lib/evaluation/statistics/aggregate.ts";
import { TABLE_1 } from "../../lib/evaluation/statistics/paper.ts";
import { besidePaper, besideStored, claimsOf } from "../../lib/tables/paper.ts";
import { REAL, SHUFFLED } from "../../lib/evaluation/scoring/score_row.ts";
import { syncVerdicts } from "../../lib/evaluation/statistics/verdicts.ts";
import { comparisonsOf } from "../../lib/evaluation/statistics/evaluation_report.ts";
import { FRAMES } from "../../lib/training/systems.ts";
import { madeScores, scoreRow } from "../evaluation/made_scores.ts";

Deno.test("a table of the paper has its printed figures and ours side by side, and says where there is none", () => {
  const rows = madeScores([{ system: "Ours", lseD: 6, lseC: 7 }, { system: "w/o CBAM", lseD: 7, lseC: 6 }]);
  const features = {
    system: "Ours",
    spread: null,
    interval: null,
    kernel: 1,
    pictures: 9,
    videos: 12,
    seeds: 1,
  };
  const measured = {
    systems: aggregate(rows),
    frechet: { distance: "Frechet distance of made features", scores: [{ ...features, frechet: 0.5 }] },
  };
  const table = besidePaper(measured, TABLE_1);
  assert.deepEqual(table.map(({ system }) => system), [
    REAL,
    SHUFFLED,
    "w/o LSTM & CBAM",
    "w/o LSTM",
    "w/o CBAM",
    "Ours",
  ]);
  const ours = table.at(-1)!, absent = table[2];
  assert.deepEqual([ours["LSE-D, paper"], ours["LSE-C, paper"], ours["FID, paper"]], [
    "6.207",
    "7.455",
    "4.806",
  ]);
  assert.match(String(ours["LSE-D, here (lower)"]), /^[56]\.\d+ \[/);
  assert.equal(ours["Frechet distance of made features, here (lower)"], "0.5");
  assert.deepEqual([absent["LSE-D, here (lower)"], absent.seeds, absent.videos], ["–", "–", 0]);
  assert.equal(table[0]["LSE-D, paper"], "–");

  const start = madeScores([{ system: "Ours", lseD: 6, lseC: 7 }, { system: FRAMES, lseD: 6.5, lseC: 6.5 }]);
  const withStart = besidePaper({ ...measured, systems: aggregate(start) }, TABLE_1);
  assert.deepEqual(withStart.slice(0, 4).map(({ system }) => system), [
    REAL,
    SHUFFLED,
    FRAMES,
    "w/o LSTM & CBAM",
  ]);
  assert.deepEqual([withStart[2]["LSE-D, paper"], withStart[2].seeds], ["–", 1]);
  assert.deepEqual(comparisonsOf(start), [], "it is compared with no system");

  const verdicts = syncVerdicts(comparisonsOf(rows));
  assert.deepEqual(claimsOf(verdicts, TABLE_1).map(({ against }) => against), ["w/o CBAM", "w/o CBAM"]);
  assert.deepEqual(claimsOf(verdicts, []), []);
});

Deno.test("a training is within the stored seeds' spread up to two standard deviations from their mean", () => {
  const seeds = (levels: number[]) =>
    levels.flatMap((
      lse_d,
      seed,
    ) => [scoreRow({ seed, sound: "s1/b", lse_d }), scoreRow({ seed, lse_d: 99 })]);
  // Mean 6, standard deviation 1.
  const stored = seeds([5, 6, 7]);
  const fresh = (lse_d: number) => besideStored(stored, seeds([lse_d]), { system: "Ours" })[0];
  assert.deepEqual([fresh(8).within, fresh(8).difference, fresh(8)["spread over seeds"]], [
    "yes, within two spreads",
    2,
    1,
  ]);
  assert.equal(fresh(8.01).within, "no, outside two spreads");
  assert.equal(
    besideStored(seeds([5]), seeds([6]), { system: "Ours" })[0].within,
    "one stored seed: no spread",
  );
  assert.deepEqual(besideStored(stored, [], { system: "Ours" }), []);
});

Deno.test("a system's curve is the mean over its dubbed videos and seeds, by offset from 15 down to -15", () => {
  const curve = (level: number) => Array.from({ length: 31 }, (_, k) => level + Math.abs(k - 15));
  const rows = [
    scoreRow({ sound: "s1/b", distances: curve(1) }),
    scoreRow({ sound: "s1/b", seed: 2, distances: curve(3) }),
    scoreRow({ distances: curve(100) }),
    scoreRow({ sound: "s1/c", reason: "too short" }),
    scoreRow({ system: REAL, distances: curve(0) }),
  ];
  const points = meanCurves(rows), ours = points.filter(({ system }) => system === "Ours");
  assert.equal(points.length, 62);
  assert.deepEqual([ours[0], ours[15], ours[30]], [
    { system: "Ours", offset: 15, distance: 17 },
    { system: "Ours", offset: 0, distance: 2 },
    { system: "Ours", offset: -15, distance: 17 },
  ]);
  assert.equal(points.find(({ system, offset }) => system === REAL && offset === 0)!.distance, 0);
});
