import assert from "node:assert/strict";
import { join } from "node:path";
import { openSpeakerVideo, type SpeakerVideo } from "../../lib/dataset/speaker_video.ts";
import { KitError } from "../../lib/base/errors.ts";
import { lse } from "../../lib/evaluation/metrics/lse.ts";
import { melStart } from "../../lib/media/mel.ts";
import { offsetInWords, reportLines, syncReport, writeSyncFigure } from "../../lib/tasks/sync.ts";
import { tf } from "../../lib/native/tf.ts";
import { makeFaceVideo } from "../prepare/face_video.ts";
import { ffmpeg, inFolder } from "../media/made_video.ts";
import { shippedRun } from "../../lib/training/stored_run.ts";
import { ENCODED_CLIP } from "../real_clips.ts";
import { makeTinyRun } from "../training/tiny_run.ts";
import { kit } from "../kit.ts";

/** Values with mean 0 and deviation 1, as embeddings of one number each. */
function standard(values: number[]): Float32Array[] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  return values.map((value) => Float32Array.of((value - mean) / deviation));
}

/** A judge that knows drawn faces: the mouth is as open as the sound is loud. */
function offsetByLoudness({ windows, mouth, mel }: SpeakerVideo): number {
  const starts = Array.from({ length: windows }, (_, f) => f);
  const loudness = (f: number) =>
    mel.subarray(80 * melStart(f), 80 * (melStart(f) + 16)).reduce((sum, x) => sum + x, 0);
  const open = (f: number) => [0, 1, 2, 3, 4].reduce((sum, t) => sum + mouth[2 * (f + t)], 0);
  return lse({ audio: standard(starts.map(loudness)), video: standard(starts.map(open)) }).offset;
}

Deno.test("a film whose sound is delayed by 3 frames has offset -3", () =>
  inFolder(async (folder) => {
    const together = await makeFaceVideo(join(folder, "together.mp4"));
    const late = join(folder, "late.mp4");
    await ffmpeg("-i", together, "-af", "adelay=120", "-c:v", "copy", "-c:a", "aac", late);
    assert.equal(offsetByLoudness(await openSpeakerVideo(together)), 0);
    assert.equal(offsetByLoudness(await openSpeakerVideo(late)), -3);
  }));

Deno.test("the report is whole, its lines and its figure say who judged, and no tensor is left", () =>
  inFolder(async (folder) => {
    const run = await makeTinyRun(folder), video = await makeFaceVideo(join(folder, "a film.mp4"));
    await syncReport(video, { run });
    const before = tf.memory().numTensors;
    const report = await syncReport(video, { run });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([report.video, report.frames, report.windows, report.run], [video, 50, 46, run]);
    assert.equal(report.judge, "run's discriminator (tiny, drawn), not the official SyncNet");
    assert.ok(report.protocol.length > 100);
    assert.deepEqual(report.curve.map(({ offset }) => offset), Array.from({ length: 31 }, (_, i) => 15 - i));
    const least = report.curve.reduce((a, b) => b.distance < a.distance ? b : a);
    assert.deepEqual([report.lseD, report.offset], [least.distance, least.offset]);
    const sorted = report.curve.map(({ distance }) => distance).sort((a, b) => a - b);
    assert.ok(Math.abs(report.lseC - (sorted[15] - sorted[0])) < 1e-6);
    assert.ok(Math.abs(report.offsetSeconds - 0.04 * report.offset) < 1e-9);

    const lines = reportLines(report);
    assert.ok(lines.length <= 6);
    assert.match(lines.join("\n"), /50 frames \(2\.00 s\), face found in 100 %/);
    assert.match(lines.join("\n"), /\(sound late\) [▁▂▃▄▅▆▇█]{31} \+15/);
    assert.match(lines.join("\n"), /not the official SyncNet, 0 steps/);

    const [svg, png] = [join(folder, "figures", "curve.svg"), join(folder, "curve.png")];
    await writeSyncFigure(report, svg);
    await writeSyncFigure(report, png);
    assert.match(await Deno.readTextFile(svg), /^<svg.*not the official SyncNet/s);
    assert.deepEqual([...(await Deno.readFile(png)).subarray(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
  }));

Deno.test("offsets in words say which comes first", () => {
  assert.equal(offsetInWords(0), "sound and lips are together");
  assert.equal(offsetInWords(1), "the sound is 1 frame (40 ms) too early");
  assert.equal(offsetInWords(-5), "the sound is 5 frames (200 ms) too late");
});

Deno.test("the command prints one JSON object and nothing else, and fails with one line", () =>
  inFolder(async (folder) => {
    const run = await makeTinyRun(folder);
    const video = await makeFaceVideo(join(folder, `it's "one".mp4`));
    const short = await makeFaceVideo(join(folder, "short.mp4"), { seconds: 1 });
    const sync = (path: string) => kit(["sync", path, "--run", run, "--json"]);
    const good = await sync(video);
    assert.equal(good.code, 0, good.stderr);
    assert.equal(JSON.parse(good.stdout).curve.length, 31);
    const bad = await sync(short);
    assert.deepEqual([bad.code, bad.stdout], [1, ""]);
    assert.match(bad.stderr, /^error: .*short\.mp4 .* 25 frames.*35 are needed.*\n$/);
  }));

Deno.test("without --run a real film is judged by the discriminator that comes with the kit, which is said", async () => {
  const run = await shippedRun("discriminator");
  const [without, given] = [
    await kit(["sync", ENCODED_CLIP, "--json"]),
    await kit(["sync", ENCODED_CLIP, "--run", run, "--json"]),
  ];
  assert.equal(without.code, 0, without.stderr);
  assert.equal(without.stdout, given.stdout);
  assert.match(
    without.stderr,
    /No --run is given: the discriminator that comes with the kit is used, trained on drawn faces/,
  );
  assert.doesNotMatch(given.stderr, /No --run/);
});

Deno.test("a folder that is no run is refused before the film is looked at", () =>
  inFolder(async (folder) => {
    await assert.rejects(
      syncReport(join(folder, "absent.mp4"), { run: folder }),
      (e) => e instanceof KitError && /not a run folder/.test(e.message),
    );
  }));
