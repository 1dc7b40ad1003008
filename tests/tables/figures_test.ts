import assert from "node:assert/strict";
import { join } from "node:path";
import { faceAt } from "../../lib/dataset/windows.ts";
import { openSystem } from "../../lib/evaluation/scoring/evaluated_system.ts";
import { gridOf } from "../../lib/figures/video.ts";
import { generateClip } from "../../lib/inference/generate.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { probe } from "../../lib/media/probe.ts";
import { speechFrames } from "../../lib/tables/dubbed_pairs.ts";
import { schedule, systemSheet, writeSystemVideo } from "../../lib/tables/figures.ts";
import { readPng } from "../figures/pixels.ts";
import { namesIn } from "../media/made_video.ts";
import { inFolder } from "../prepared.ts";
import { madeWork, pair } from "./made_work.ts";

/** Red, green and blue of a crop's pixel. */
const pixel = (
  face: Uint8Array,
  x: number,
  y: number,
) => [...face.subarray(3 * (96 * y + x), 3 * (96 * y + x) + 3)];

Deno.test("moments are spread over speech, or over the whole clip where there is too little of it", () => {
  const voiced = Array.from({ length: 36 }, (_, t) => t >= 10 && t < 20);
  // Windows of 5 frames that begin at 10 to 19 have frames 12 to 21 in their middle.
  const sound = { voiced } as Parameters<typeof speechFrames>[0]["sound"];
  assert.deepEqual(speechFrames({ sound, frames: 40 }, 5), [13, 15, 17, 19, 21]);
  assert.deepEqual(speechFrames({ sound, frames: 15 }, 3), [12, 13, 14]);
  assert.deepEqual(speechFrames({ sound, frames: 12 }, 4), [1, 4, 7, 10]);
});

Deno.test("the sheet has the real films' pixels and each system's own, for the same moments", () =>
  inFolder(async (folder) => {
    const { prepared, runs, video, sound } = await madeWork(folder);
    const png = await systemSheet(prepared, { pair, runs, frames: 3, zoom: 1, scale: 1, title: "Made" });
    const sheet = await readPng(png), times = speechFrames({ sound, frames: 20 }, 3);
    // Margins 8, a title of 24, columns' labels of 18, cells of 96 and gaps of 4 after labels of 96.
    assert.deepEqual([sheet.width, sheet.height], [8 + 96 + 3 * 100 + 8, 8 + 24 + 18 + 4 * 100 + 8]);
    const drawn: Uint8Array[][] = [];
    for (const { run } of runs) {
      const { generate, dispose } = await openSystem(run);
      drawn.push(generateClip(generate, video, { audio: sound }));
      dispose();
    }
    const spots = [[48, 20], [48, 68], [30, 80]];
    times.forEach((t, column) => {
      const rows = [faceAt(video, t), faceAt(sound, t), ...drawn.map((faces) => faces[t])];
      rows.forEach((face, row) => {
        for (const [x, y] of spots) {
          assert.deepEqual(
            sheet.at(104 + 100 * column + x, 50 + 100 * row + y),
            pixel(face, x, y),
            `${row} ${t}`,
          );
        }
      });
      assert.notDeepEqual(drawn[0][t], drawn[1][t]);
    });
    const own = await readPng(
      await systemSheet(prepared, { pair: { ...pair, sound: pair.video }, runs, scale: 1 }),
    );
    const eight = (760 - 16 - 96) / 8;
    assert.equal(
      own.height,
      Math.round(8 + 18 + 3 * eight + 8),
      "one real row where the sound is the film's own",
    );
    const absent = { ...pair, sound: "made/clip7" };
    await assert.rejects(systemSheet(prepared, { pair: absent, runs }), /has no clip made\/clip7/);
  }));

Deno.test("pairs come one after the other and from the first one again", () => {
  const shown = schedule([2, 3], 8).map(({ pair, t }) => [pair, t]);
  assert.deepEqual(shown, [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [0, 0], [0, 1], [1, 0]]);
  assert.equal(schedule([100], 30).at(-1)!.t, 29);
});

Deno.test("the film side by side has its seconds of frames and sound, real film and systems in their tiles", () =>
  inFolder(async (folder) => {
    const { prepared, runs, video, sound } = await madeWork(folder);
    const path = join(folder, "films", "side by side.mp4"), seconds = 1.4;
    await writeSystemVideo(path, prepared, { pairs: [pair], runs, seconds });
    assert.deepEqual(namesIn(join(folder, "films")), ["side by side.mp4"]);
    const info = await probe(path);
    assert.deepEqual([info.video?.width, info.video?.height, info.video?.fps], [396, 448, 25]);
    assert.ok(Math.abs(info.duration - seconds) < 0.03, `${info.duration}`);
    const heard = await decodeAudio(path);
    // AAC comes in blocks of 1024 samples.
    assert.ok(Math.abs(heard.length - seconds * 16000) <= 1024, `${heard.length} samples`);
    const power = heard.reduce((sum, sample) => sum + sample * sample, 0) / heard.length;
    assert.ok(Math.abs(Math.sqrt(2 * power) - 3000 / 32768) < 0.01, "the clips' tone, at its level");

    const frames: Uint8Array[] = [];
    for await (const frame of decodeFrames(path)) frames.push(frame.slice());
    assert.equal(frames.length, 35);
    const { generate, dispose } = await openSystem(runs[1].run);
    const last = generateClip(generate, video, { audio: sound })[14];
    dispose();
    // Mean of a square in an image `width` wide.
    const mean = (rgb: Uint8Array, width: number, { x, y, side }: { x: number; y: number; side: number }) => {
      const sums = [0, 0, 0];
      for (let dy = 0; dy < side; dy++) {
        for (let dx = 0; dx < side; dx++) {
          for (let c = 0; c < 3; c++) sums[c] += rgb[3 * ((y + dy) * width + x + dx) + c];
        }
      }
      return sums.map((sum) => sum / side / side);
    };
    const { boxOf } = gridOf(3);
    const seen = (tile: number, t: number) =>
      mean(frames[t], 396, { x: boxOf(tile).x + 32, y: boxOf(tile).y + 32, side: 32 });
    const close = (a: number[], b: number[]) =>
      a.forEach((value, c) => assert.ok(Math.abs(value - b[c]) < 8, `${a} ${b}`));
    const spot = { x: 16, y: 16, side: 16 };
    close(seen(0, 0), mean(faceAt(video, 0), 96, spot));
    // The pair has 20 frames: frame 34 of the video is its 14th again.
    close(seen(2, 34), mean(last, 96, spot));
    close(seen(0, 34), mean(faceAt(video, 14), 96, spot));
    // A name in white on the dark bar above each of the three tiles, none above the empty place.
    const bright = (tile: number) => {
      const { x, y } = boxOf(tile);
      let count = 0;
      for (let dy = -26; dy < 0; dy++) {
        for (let dx = 0; dx < 192; dx++) {
          if (frames[0][3 * ((y + dy) * 396 + x + dx)] > 180) count++;
        }
      }
      return count;
    };
    assert.ok([0, 1, 2].every((tile) => bright(tile) > 40), "three names");
    assert.equal(bright(3), 0);

    await assert.rejects(writeSystemVideo(path, prepared, { pairs: [], runs }), /no pair/);
    const broken = { name: "none", run: join(folder, "nowhere") }, other = join(folder, "other", "film.mp4");
    await assert.rejects(writeSystemVideo(other, prepared, { pairs: [pair], runs: [broken] }), /nowhere/);
    assert.ok(!namesIn(folder).includes("other"), "nothing was begun");
    await assert.rejects(
      writeSystemVideo(join(path, "film.mp4"), prepared, { pairs: [pair], runs: [], seconds: 0.2 }),
      /Cannot write/,
    );
    assert.deepEqual(namesIn(join(folder, "films")), ["side by side.mp4"]);
  }));
