import assert from "node:assert/strict";
import type { ManifestRow } from "../../../lib/dataset/manifest.ts";
import { KitError } from "../../../lib/base/errors.ts";
import { judgeClips } from "../../../lib/evaluation/judges/own_judge.ts";
import { madeRow } from "../../dataset/made_row.ts";

/** So many clips of each of so many speakers. */
const clipsOf = (speakers: number, clips: number): ManifestRow[] =>
  Array.from({ length: speakers * clips }, (_, k) => madeRow({ id: `s${k % speakers}/${k}`, split: "test" }));

const chosen = (rows: ManifestRow[]) => judgeClips(rows, { known: [], evaluated: [], folder: "others" });
const speakersOf = (rows: ManifestRow[], split: string) =>
  new Set(rows.filter((row) => row.split === split).map(({ speaker }) => speaker));

for (const [speakers, held] of [[5, 1], [6, 2], [10, 2], [11, 3]]) {
  Deno.test(`of ${speakers} speakers ${held} are held out with all their clips`, () => {
    const rows = chosen(clipsOf(speakers, 4));
    const trained = speakersOf(rows, "train"), left = speakersOf(rows, "val");
    assert.deepEqual([left.size, trained.size], [held, speakers - held]);
    assert.equal(left.intersection(trained).size, 0, "nobody is on both sides");
    assert.equal(rows.length, 4 * speakers, "every clip is used");
  });
}

Deno.test("of fewer than five speakers every fifth clip is held out", () => {
  const rows = chosen(clipsOf(4, 5));
  assert.deepEqual([rows.length, rows.filter(({ split }) => split === "val").length], [20, 4]);
});

Deno.test("the same clips are held out whatever order they come in", () => {
  const rows = clipsOf(7, 3), named = (all: ManifestRow[]) => all.map(({ id, split }) => `${id} ${split}`);
  assert.deepEqual(named(chosen(rows.toReversed())), named(chosen(rows)));
});

Deno.test("too few clips are refused by the folder's name, with what to give instead", () => {
  const trained = clipsOf(1, 6).map((row) => ({ ...row, split: "train" as const }));
  assert.throws(
    () => judgeClips(trained, { known: trained, evaluated: [], folder: "small" }),
    (e) =>
      e instanceof KitError && /^small has 0 clips of speakers outside the train split/.test(e.what) &&
      /--judge\b.*--judge-data/.test(e.remedy),
  );
});

Deno.test("where there is one speaker, clips that no system learnt from teach the judge; with two, only the other's", () => {
  const split = (k: number) => k < 10 ? "train" as const : "test" as const;
  const one = Array.from({ length: 20 }, (_, k) => madeRow({ id: `s1/${k}`, split: split(k) }));
  const evaluated = ["s1/18", "s1/19"];
  const names = judgeClips(one, { known: one, evaluated, folder: "one" }).map(({ id }) => id).sort();
  assert.deepEqual(names, Array.from({ length: 8 }, (_, k) => `s1/${10 + k}`));
  const two = [...one, ...Array.from({ length: 4 }, (_, k) => madeRow({ id: `s2/${k}`, split: "val" }))];
  const others = judgeClips(two, { known: two, evaluated, folder: "two" });
  assert.deepEqual([...new Set(others.map(({ speaker }) => speaker))], ["s2"]);
});
