import assert from "node:assert/strict";
import { type Split, SPLITS } from "../../lib/dataset/manifest.ts";
import type { HeldOut } from "../../lib/dataset/prepared.ts";
import {
  type Dealt,
  holdOut,
  parseSplit,
  splitOf,
  splitUnit,
  splitWarning,
} from "../../lib/prepare/splits.ts";
import type { SourceClip } from "../../lib/prepare/layouts/source_clip.ts";

const DEFAULT = parseSplit("95,2,3");

/** Units of so many clips each. */
const units = (sizes: number[], { from = 0, isNew = true } = {}): Dealt[] =>
  sizes.map((clips, k) => ({ key: `u${from + k}`, clips, isNew }));
const ones = (count: number) => units(Array(count).fill(1));

/** Clips of each split. */
function dealt(
  all: Dealt[],
  { shares = DEFAULT, before }: { shares?: typeof DEFAULT; before?: HeldOut } = {},
) {
  const heldOut = holdOut(all, { shares, before });
  const of = (wanted: Split) => all.filter(({ key }) => splitOf(key, shares, heldOut) === wanted);
  return { heldOut, counts: SPLITS.map((split) => of(split).reduce((sum, { clips }) => sum + clips, 0)) };
}

Deno.test("val and test get five clips each as long as train keeps half; below that, equal shares, and none is empty", () => {
  const expected: Record<number, number[]> = {
    ...{ 1: [1, 0, 0], 2: [1, 0, 1], 3: [1, 1, 1], 4: [2, 1, 1], 8: [4, 2, 2], 12: [6, 3, 3] },
    ...{ 20: [10, 5, 5], 36: [26, 5, 5] },
  };
  for (const [count, counts] of Object.entries(expected)) {
    assert.deepEqual(dealt(ones(Number(count))).counts, counts, `${count} clips`);
  }
});

Deno.test("of many clips the hash alone decides", () => {
  const all = ones(1000), { heldOut, counts } = dealt(all);
  assert.deepEqual(heldOut, { val: [], test: [] });
  assert.deepEqual(
    counts,
    SPLITS.map((split) => all.filter(({ key }) => splitOf(key, DEFAULT) === split).length),
  );
});

Deno.test("whole speakers are held out; one with most of the clips is trained on", () => {
  assert.deepEqual(dealt(units([9, 9, 9, 9])).counts, [18, 9, 9]);
  assert.deepEqual(dealt(units(Array(10).fill(3))).counts, [18, 6, 6]);
  for (let from = 0; from < 5; from++) {
    const sizes = [1, 1, 1, 1];
    sizes.splice(from, 0, 96);
    const { counts } = dealt(units(sizes));
    assert.deepEqual(counts, [96, 2, 2]);
  }
});

Deno.test("clips that are added move none: those that were dealt stay, and only new ones are held out", () => {
  const first = ones(12), { heldOut } = dealt(first);
  const before = first.map(({ key }) => splitOf(key, DEFAULT, heldOut));
  const all = [
    ...first.map((unit) => ({ ...unit, isNew: false })),
    ...units(Array(30).fill(1), { from: 12 }),
  ];
  const again = dealt(all, { before: heldOut });
  assert.deepEqual(first.map(({ key }) => splitOf(key, DEFAULT, again.heldOut)), before);
  assert.ok(again.counts[1] >= 5 && again.counts[2] >= 5, `${again.counts}`);
  const old = dealt(first.map((unit) => ({ ...unit, isNew: false })));
  assert.deepEqual(old.heldOut, { val: [], test: [] }, "what was trained on is not held out later");
});

Deno.test("a split without a share gets nothing", () => {
  assert.deepEqual(dealt(ones(20), { shares: parseSplit("1,0,0") }).counts, [20, 0, 0]);
  assert.deepEqual(dealt(ones(20), { shares: parseSplit("0,0,1") }).counts, [0, 0, 20]);
  const { heldOut } = dealt(ones(20));
  assert.deepEqual(dealt(ones(20), { shares: parseSplit("1,0,0"), before: heldOut }).counts, [20, 0, 0]);
});

Deno.test("whole speakers are dealt from four on", () => {
  const clips = (people: number) =>
    Array.from({ length: 9 }, (_, k) => ({ speaker: `s${k % people}` } as SourceClip));
  assert.deepEqual([1, 3, 4, 9].map((people) => splitUnit(clips(people))), [
    "clip",
    "clip",
    "speaker",
    "speaker",
  ]);
});

Deno.test("splits with too few clips are warned of, with the remedy", () => {
  const rows = (...counts: number[]) => counts.flatMap((count, k) => Array(count).fill({ split: SPLITS[k] }));
  assert.equal(splitWarning(rows(10, 5, 5)), "");
  assert.match(
    splitWarning(rows(6, 3, 3)),
    /^warning: 6, 3 and 3 clips in train, val and test: by so few of val .*, and `deno task report` needs 5 of test; add films/,
  );
  assert.match(
    splitWarning(rows(34, 1, 1)),
    /; prepare into a new folder, with larger shares such as --split 70,15,15$/,
  );
  assert.match(splitWarning(rows(1, 0, 1)), /: training needs one of train and one of val, and/);
});
