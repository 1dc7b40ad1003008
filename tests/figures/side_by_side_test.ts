import assert from "node:assert/strict";
import { join } from "node:path";
import { faceAt } from "../../lib/dataset/windows.ts";
import { openSystem } from "../../lib/evaluation/scoring/evaluated_system.ts";
import { generateClip } from "../../lib/inference/generate.ts";
import { gridOf, schedule, writeSideBySide } from "../../lib/figures/side_by_side.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { probe } from "../../lib/media/probe.ts";
import { namesIn } from "../media/made_video.ts";
import { inFolder } from "../prepared.ts";
import { madeWork, pair } from "./made_work.ts";

Deno.test("a grid is as square as can be, its tiles and their names lie apart and within it", () => {
  for (const tiles of [1, 2, 3, 5, 9]) {
    const { width, height, boxOf } = gridOf(tiles), boxes = Array.from({ length: tiles }, (_, k) => boxOf(k));
    assert.ok(width % 2 === 0 && height % 2 === 0, `${width} x ${height}`);
    boxes.forEach((a, k) => {
      assert.ok(a.x >= 4 && a.x + 192 + 4 <= width && a.y >= 4 + 26 && a.y + 192 + 4 <= height);
      for (const b of boxes.slice(k + 1)) {
        assert.ok(Math.abs(a.x - b.x) >= 196 || Math.abs(a.y - b.y) >= 192 + 26 + 4, `${tiles} tiles`);
      }
    });
  }
  assert.deepEqual([gridOf(9).width, gridOf(9).height], [592, 670]);
});

Deno.test("pairs come one after the other and from the first one again", () => {
  const shown = schedule([2, 3], 8).map(({ pair, t }) => [pair, t]);
  assert.deepEqual(shown, [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [0, 0], [0, 1], [1, 0]]);
  assert.equal(schedule([100], 30).at(-1)!.t, 29);
});

Deno.test("the film side by side has its seconds of frames and sound, real film and systems in their tiles", () =>
  inFolder(async (folder) => {
    const { prepared, runs, video, sound } = await madeWork(folder);
    const path = join(folder, "films", "side by side.mp4"), seconds = 1.4;
    await writeSideBySide(path, prepared, { pairs: [pair], runs, seconds });
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

    await assert.rejects(writeSideBySide(path, prepared, { pairs: [], runs }), /no pair/);
    const broken = { name: "none", run: join(folder, "nowhere") }, other = join(folder, "other", "film.mp4");
    await assert.rejects(writeSideBySide(other, prepared, { pairs: [pair], runs: [broken] }), /nowhere/);
    assert.ok(!namesIn(folder).includes("other"), "nothing was begun");
    await assert.rejects(
      writeSideBySide(join(path, "film.mp4"), prepared, { pairs: [pair], runs: [], seconds: 0.2 }),
      /Cannot write/,
    );
    assert.deepEqual(namesIn(join(folder, "films")), ["side by side.mp4"]);
  }));
