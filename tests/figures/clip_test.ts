import assert from "node:assert/strict";
import { clipTracks, pairImage } from "../../lib/figures/clip.ts";
import { makeClip } from "../dataset/made_clip.ts";
import { inFolder } from "../media/made_video.ts";
import { readPng } from "./pixels.ts";

const isGreen = ([red, green, blue]: number[]) => green > red + 60 && green > blue + 20;
const light = (pixel: number[]) => pixel[0] + pixel[1] + pixel[2];

Deno.test("tracks share one axis: mel, windows of speech and courses", () =>
  inFolder(async (folder) => {
    const { clip } = await makeClip(folder);
    const course = Float32Array.from({ length: 50 }, (_, t) => t === 10 ? NaN : t);
    const words = [{ word: "NOW", start: 1, end: 1.2 }];
    const png = clipTracks(clip, { openings: course, levels: course, words, scale: 1 });
    const { width, height, at } = await readPng(png);
    assert.deepEqual([width, height], [760, 8 + 382 + 2]);
    // Tracks run from 96 to 752: mel from 8 + 158 on, marks of speech at 8 + 260. Sound and mel begin at half time.
    const x = (share: number) => Math.round(96 + 656 * share);
    assert.ok(
      light(at(x(0.75), 8 + 158 + 90)) > light(at(x(0.25), 8 + 158 + 90)) + 150,
      "low bands, at the bottom",
    );
    assert.ok(light(at(x(0.75), 8 + 158 + 10)) < 200, "high bands, at the top");
    assert.ok(!isGreen(at(x(0.2), 8 + 262)) && isGreen(at(x(0.8), 8 + 262)));
  }));

Deno.test("a pair is five lower halves over its own mel window and over another one", () =>
  inFolder(async (folder) => {
    const { clip } = await makeClip(folder);
    const { at } = await readPng(pairImage(clip, { start: 30, other: 2, scale: 1 }));
    // Frames are 131 wide from 96 on; faces from 8 + 14, mel windows from 8 + 87.6 and 8 + 213.6, 118 high.
    for (let k = 0; k < 5; k++) {
      const [grey] = at(96 + Math.round(131.2 * (k + 0.5)), 8 + 40);
      assert.ok(Math.abs(grey - 4 * (30 + k)) < 4, `frame ${k}: ${grey}`);
    }
    assert.ok(light(at(400, 8 + 88 + 100)) > 350, "in sync: the lower bands sound");
    assert.ok(light(at(400, 8 + 214 + 100)) < 200, "off sync: silence");
  }));
