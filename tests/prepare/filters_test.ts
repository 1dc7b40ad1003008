import assert from "node:assert/strict";
import { join } from "node:path";
import {
  countReasons,
  decide,
  DEFAULT_FILTERS,
  filterPrepared,
  type Filters,
  readFilters,
  reasonsAgainst,
  setFilters,
  writeFilters,
} from "../../lib/prepare/filters.ts";
import { PREPARED_VERSION } from "../../lib/dataset/prepared.ts";
import { readManifest, readRejects, readSelected, writeManifest } from "../../lib/dataset/manifest.ts";
import { KitError } from "../../lib/base/errors.ts";
import { inFolder } from "../media/made_video.ts";
import { madeRow } from "../dataset/made_row.ts";

const says = (pattern: RegExp) => (error: Error) => error instanceof KitError && pattern.test(error.message);

Deno.test("each threshold leaves out what is beyond it, with the reason in words", () => {
  const cases: [keyof Filters, Partial<Parameters<typeof madeRow>[0]>, string][] = [
    ["minSeconds", { duration_s: 0.4 }, "duration 0.4 below 1"],
    ["minFaceSize", { box_size_mean: 31.25 }, "face size 31.3 below 40"],
    ["minSharpness", { sharpness: 12.34 }, "sharpness 12.3 below 20"],
    ["maxYaw", { yaw_most_deg: 61 }, "yaw 61 above 50"],
    ["maxPitch", { pitch_most_deg: 61 }, "pitch 61 above 50"],
    ["maxRoll", { roll_most_deg: 61 }, "roll 61 above 40"],
    ["minLoudness", { sound_rms_db: -55 }, "loudness -55 below -50"],
    ["minVoiced", { voiced_share: 0.05 }, "voiced share 0.05 below 0.1"],
    ["minDetectionRate", { detection_rate: 0.7 }, "detection rate 0.7 below 0.8"],
    ["minScore", { score_mean: 0.3 }, "score 0.3 below 0.4"],
    ["maxBoxMotion", { box_jitter: 0.25 }, "box motion 0.25 above 0.1"],
    ["minMouthMotion", { mouth_motion: 0.001 }, "mouth motion 0.001 below 0.002"],
    ["maxShotChange", { shot_change_most: 0.3 }, "shot change 0.3 above 0.2"],
    ["minSyncConfidence", { sync_confidence: 0.01 }, "sync confidence 0.01 below 0.05"],
    ["duplicates", { duplicate_of: "s1/b" }, "duplicate of s1/b"],
  ];
  const more = ["minSeconds=1", "minScore=0.4", "maxShotChange=0.2", "minSyncConfidence=0.05"];
  const filters = setFilters(DEFAULT_FILTERS, more);
  assert.deepEqual(reasonsAgainst(madeRow(), filters), []);
  for (const [key, given, reason] of cases) {
    assert.deepEqual(reasonsAgainst(madeRow(given), filters), [reason]);
    const off = key === "duplicates" ? "keep" : "none";
    assert.deepEqual(reasonsAgainst(madeRow(given), setFilters(filters, [`${key}=${off}`])), [], key);
  }
  assert.equal(cases.length, Object.keys(DEFAULT_FILTERS).length, "all filters are tried");
});

Deno.test("several reasons are all told, and counted", () => {
  const rows = decide([
    madeRow(),
    madeRow({ id: "s1/b", sharpness: 1, sound_rms_db: -70 }),
    madeRow({ id: "s1/c", sharpness: 2, duplicate_of: "s1/a" }),
  ], DEFAULT_FILTERS);
  assert.deepEqual(rows.map(({ kept }) => kept), [true, false, false]);
  assert.equal(rows[1].why, "sharpness 1 below 20; loudness -70 below -50");
  assert.deepEqual(countReasons(rows, DEFAULT_FILTERS), [
    { reason: "sharpness below 20", clips: 2 },
    { reason: "loudness below -50", clips: 1 },
    { reason: "duplicate", clips: 1 },
  ]);
});

Deno.test("filters are set by words, and wrong ones are refused with what is right", () => {
  assert.equal(setFilters(DEFAULT_FILTERS, ["maxYaw=12.5"]).maxYaw, 12.5);
  assert.equal(setFilters(DEFAULT_FILTERS, ["maxYaw = none"]).maxYaw, null);
  assert.equal(DEFAULT_FILTERS.maxYaw, 50, "the defaults stay");
  assert.throws(() => setFilters(DEFAULT_FILTERS, ["maxYaw"]), says(/is not a setting.*key=value/));
  assert.throws(() => setFilters(DEFAULT_FILTERS, ["maxYawn=3"]), says(/no filter "maxYawn".*maxYaw,/));
  assert.throws(() => setFilters(DEFAULT_FILTERS, ["maxYaw="]), says(/maxYaw cannot be "".*"none"/));
  assert.throws(() => setFilters(DEFAULT_FILTERS, ["duplicates=1"]), says(/"drop" or "keep"/));
});

Deno.test("decisions are changed in the tables alone", () =>
  inFolder(async (folder) => {
    const rows = Array.from({ length: 500 }, (_, k) => madeRow({ id: `s1/${k}`, sharpness: k }));
    await Deno.writeTextFile(join(folder, "prepared.json"), JSON.stringify({ version: PREPARED_VERSION }));
    const reject = { id: "s1/x", source: "x.mp4", reason: "no-face", detail: "none" };
    await writeManifest(folder, decide(rows, DEFAULT_FILTERS), [reject]);
    assert.equal((await readSelected(folder)).length, 480);

    const { clips, kept, reasons, filters } = await filterPrepared(folder, {
      settings: ["minSharpness=100"],
    });
    assert.deepEqual([clips, kept, reasons], [500, 400, [{ reason: "sharpness below 100", clips: 100 }]]);
    assert.deepEqual(await readFilters(folder), filters);
    const read = await readManifest(folder);
    assert.deepEqual([read.length, read[3].kept, read[3].why], [500, false, "sharpness 3 below 100"]);
    assert.deepEqual(await readRejects(folder), [reject], "rejects stay");

    // What was set stays set; a reset goes back.
    assert.equal((await filterPrepared(folder, { settings: ["maxYaw=3"] })).kept, 0);
    assert.equal((await filterPrepared(folder, { reset: true })).kept, 480);
  }));

Deno.test("filters.json may be changed by hand, within reason", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await readFilters(folder), DEFAULT_FILTERS);
    await writeFilters(folder, { ...DEFAULT_FILTERS, minFaceSize: null });
    assert.equal((await readFilters(folder)).minFaceSize, null);
    await Deno.writeTextFile(join(folder, "filters.json"), '{ "minFaceSize": 64 }');
    assert.deepEqual(await readFilters(folder), { ...DEFAULT_FILTERS, minFaceSize: 64 });
    await Deno.writeTextFile(join(folder, "filters.json"), '{ "minFaceSize": true }');
    await assert.rejects(readFilters(folder), says(/minFaceSize cannot be "true"/));
    await Deno.writeTextFile(join(folder, "filters.json"), "{");
    await assert.rejects(readFilters(folder), says(/filters.json cannot be read/));
  }));
