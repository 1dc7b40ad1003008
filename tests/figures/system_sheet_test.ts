import assert from "node:assert/strict";
import { faceAt } from "../../lib/dataset/windows.ts";
import { openSystem } from "../../lib/evaluation/scoring/evaluated_system.ts";
import { generateClip } from "../../lib/inference/generate.ts";
import { speechFrames, systemSheet } from "../../lib/figures/system_sheet.ts";
import { inFolder } from "../prepared.ts";
import { madeWork, pair } from "./made_work.ts";
import { readPng } from "./pixels.ts";

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
