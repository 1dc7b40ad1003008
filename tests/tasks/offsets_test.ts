import assert from "node:assert/strict";
import { join } from "node:path";
import { clipConfig } from "../../lib/dataset/clip_file.ts";
import { DEFAULT_FILTERS, writeFilters } from "../../lib/prepare/filters.ts";
import { loadClip, openDataset } from "../../lib/dataset/dataset.ts";
import { type ManifestRow, readManifest, writeManifest } from "../../lib/dataset/manifest.ts";
import { PREPARED_VERSION } from "../../lib/dataset/prepared.ts";
import { writeClip } from "../../lib/prepare/measures.ts";
import { KitError } from "../../lib/base/errors.ts";
import type { JudgedVideo } from "../../lib/evaluation/judges/clip_judge.ts";
import { windowsOf } from "../../lib/dataset/windows.ts";
import { lse } from "../../lib/evaluation/metrics/lse.ts";
import { groupOffsets, medianOffset, offsetOf } from "../../lib/evaluation/judges/offsets.ts";
import { melStart } from "../../lib/media/mel.ts";
import { correctOffsetsBy, offsetLines } from "../../lib/tasks/offsets.ts";
import { tf } from "../../lib/native/tf.ts";
import { madeRow } from "../dataset/made_row.ts";
import { inFolder } from "../media/made_video.ts";

const FRAMES = 60;
/** The moment that frame `t` shows: grey 4 t. */
const shown = (faces: Uint8Array, t: number) => faces[t * 96 * 96 * 3] / 4;
/** The moment that mel column `c` sounds: -4 + c / 48 in every band. */
const heard = (mel: Float32Array, column: number) => (mel[column * 80] + 4) * 48 / 3.2;

/** A moment as a vector that is near to those of moments near it and far from all others. */
const vector = (moment: number) =>
  Float32Array.from({ length: 80 }, (_, k) => Math.exp(-((moment - k) ** 2)));

/** A judge that knows the moments; `deaf` for one that hears nothing of them. */
const judgeOf = ({ deaf = false } = {}) => ({
  name: "a judge who reads greys",
  step: 7,
  score({ clip: { faces, mel, frames, columns } }: JudgedVideo) {
    const moments = Array.from({ length: windowsOf(frames, columns) }, (_, t) => t);
    return lse({
      video: moments.map((t) => vector(shown(faces, t))),
      audio: moments.map((t) => deaf ? vector(40) : vector(heard(mel, melStart(t)))),
    });
  },
});

/** A prepared folder whose clips' sound is `early` frames early: what frame t shows is heard at frame t - early. */
async function makeShifted(folder: string, clips: { id: string; early: number }[]): Promise<void> {
  const config = clipConfig({ every: 5, cuts: "split" }), rows: ManifestRow[] = [];
  const jpegs: Uint8Array[] = [];
  for (let t = 0; t < FRAMES; t++) {
    const crop = tf.fill([96, 96, 3], 4 * t, "int32") as never;
    jpegs.push(await tf.node.encodeJpeg(crop, "rgb", 95));
    tf.dispose(crop);
  }
  for (const { id, early } of clips) {
    const mel = new Float32Array(80 * (1 + FRAMES * 3.2));
    for (let c = 0; c < mel.length / 80; c++) mel.fill(-4 + (c + 3.2 * early) / 48, 80 * c, 80 * (c + 1));
    const audio = Int16Array.from({ length: 640 * FRAMES }, (_, n) => Math.floor(n / 640) + early);
    const facts = madeRow({ id, frames: FRAMES });
    const data = { words: [], jpegs, mel, audio, measured: [], landmarks: new Float32Array(0) };
    const made = await writeClip(join(folder, facts.path), {
      facts,
      stamp: { config, bytes: 1 },
      data: {
        ...data,
        boxes: new Float32Array(4 * FRAMES),
        mouth: Float32Array.from({ length: 2 * FRAMES }, (_, k) => Math.floor(k / 2)),
      },
    });
    rows.push({ ...facts, ...made });
  }
  await Deno.writeTextFile(
    join(folder, "prepared.json"),
    JSON.stringify({ version: PREPARED_VERSION, config }),
  );
  await writeManifest(folder, rows, []);
  // Crops of one grey are not sharp.
  await writeFilters(folder, { ...DEFAULT_FILTERS, minSharpness: null, minVoiced: null });
}

Deno.test("a loaded clip has its offset taken out of sound, mel, frames and mouth alike", () =>
  inFolder(async (folder) => {
    await makeShifted(folder, [{ id: "a/0", early: 3 }, { id: "a/1", early: -4 }]);
    for (const row of await readManifest(folder)) {
      const early = row.id === "a/0" ? 3 : -4;
      const clip = await loadClip(folder, { ...row, offset: early });
      assert.equal(clip.frames, early > 0 ? 57 : 55, "frames without their sound are gone, none made up");
      assert.deepEqual([clip.audio.length, clip.columns], [
        640 * clip.frames,
        1 + Math.floor(3.2 * clip.frames),
      ]);
      assert.equal(clip.mel.length, 80 * clip.columns);
      for (const t of [0, 1, 17, clip.frames - 5]) {
        const moment = shown(clip.faces, t);
        assert.ok(Math.abs(heard(clip.mel, melStart(t)) - moment) <= 0.5, `mel of frame ${t}`);
        assert.equal(clip.audio[640 * t], Math.round(moment), `sound of frame ${t}`);
        assert.equal(clip.mouth[2 * t], Math.round(moment), `mouth of frame ${t}`);
      }
    }
  }));

Deno.test("offsets are measured, corrected for each speaker without decoding again, and measured again", () =>
  inFolder(async (folder) => {
    const clips = ["a", "b"].flatMap((speaker) =>
      Array.from({ length: 6 }, (_, k) => ({ id: `${speaker}/${k}`, early: speaker === "a" ? 2 : -3 }))
    );
    // One odd clip, and a speaker with too few clips to go by.
    clips[5].early = 9;
    clips.push({ id: "c/0", early: 2 });
    await makeShifted(folder, clips);
    const file = join(folder, "clips/a/0.safetensors"), made = (await Deno.stat(file)).mtime!.getTime();

    const looked = await correctOffsetsBy(judgeOf(), folder, {});
    assert.deepEqual(looked.before.map(({ offset }) => offset), clips.map(({ early }) => early));
    assert.deepEqual([looked.measured, looked.sure, looked.inSyncBefore], [13, 13, 0]);
    const stored = await readManifest(folder);
    assert.deepEqual(stored.map(({ offset }) => offset), clips.map(() => 0), "only --apply corrects");
    assert.deepEqual(stored.map(({ sync_offset }) => sync_offset), clips.map(({ early }) => early));
    assert.ok(stored.every(({ sync_confidence }) => sync_confidence! > 0.1));

    const figure = join(folder, "figures", "offsets.svg");
    const report = await correctOffsetsBy(judgeOf(), folder, { apply: true, figure });
    assert.deepEqual(report.groups, [
      { group: "all", clips: 13, sure: 13, offset: 2 },
      { group: "a", clips: 6, sure: 6, offset: 2 },
      { group: "b", clips: 6, sure: 6, offset: -3 },
      { group: "c", clips: 1, sure: 1, offset: null },
    ]);
    const rest = (id: string, early: number) => early - (id.startsWith("b") ? -3 : 2);
    assert.deepEqual(
      report.after!.map(({ offset }) => offset),
      clips.map(({ id, early }) => rest(id, early)),
    );
    assert.ok(Math.abs(report.inSyncAfter! - 12 / 13) < 1e-9);
    assert.match(await Deno.readTextFile(figure), /before correction.*after correction/s);
    assert.match(
      offsetLines(report).join("\n"),
      /b: -3 frames \(median of 6 of 6 clips\)[^]*after the correction 92 %/,
    );
    assert.equal((await Deno.stat(file)).mtime!.getTime(), made, "no clip is made anew");

    // The loader takes the offsets out, and measuring again gives the videos' own offsets as before.
    const dataset = await openDataset(folder, "all"), clip = await dataset.clip(6);
    assert.equal(Math.round(heard(clip.mel, melStart(10))), Math.round(shown(clip.faces, 10)));
    const again = await correctOffsetsBy(judgeOf(), folder, { apply: true, by: "dataset" });
    assert.deepEqual(again.before, looked.before);
    assert.ok((await readManifest(folder)).every(({ offset }) => offset === 2));
  }));

Deno.test("a judge who is sure of nothing corrects nothing", () =>
  inFolder(async (folder) => {
    await makeShifted(folder, Array.from({ length: 5 }, (_, k) => ({ id: `a/${k}`, early: 1 })));
    await assert.rejects(
      correctOffsetsBy(judgeOf({ deaf: true }), folder, { apply: true }),
      (error) => error instanceof KitError && /sure of 0 of 5 clips/.test(error.message),
    );
    assert.ok(
      (await readManifest(folder)).every(({ offset, sync_offset }) => offset === 0 && sync_offset === null),
    );
    await assert.rejects(correctOffsetsBy(judgeOf(), folder, { by: "film" as never }), /by speaker or/);
    // A few clips, the same at every call.
    const few = () => correctOffsetsBy(judgeOf(), folder, { clips: 5 });
    assert.equal((await few()).measured, 5);
  }));

Deno.test("medians, and who gets which offset", () => {
  assert.equal(medianOffset([3, -1, 2]), 2);
  assert.equal(medianOffset([4, -1, 2, 1]), 1, "of two the one nearer to sync");
  assert.equal(medianOffset([-5, -4]), -4);
  const clip = (speaker: string, offset: number, sure = true) => ({
    id: "",
    speaker,
    offset,
    confidence: 1,
    sure,
  });
  const found = [
    ...[1, 1, 1, 5, 5].map((offset) => clip("a", offset)),
    ...[7, 7].map((offset) => clip("b", offset)),
    ...[9, 9, 9, 9, 9].map((offset) => clip("c", offset, false)),
  ];
  const groups = groupOffsets(found);
  assert.deepEqual(["a", "b", "c", "d"].map((speaker) => offsetOf(speaker, groups)), [1, 5, 5, 5]);
  assert.deepEqual(groupOffsets(found, "dataset"), [{ group: "all", clips: 12, sure: 7, offset: 5 }]);
  assert.equal(offsetOf("a", groupOffsets(found.slice(0, 2))), 0);
});
