import assert from "node:assert/strict";
import { join } from "node:path";
import { clipSource } from "../../lib/dataset/clip_source.ts";
import { momentImage, speakerRows, writeClipVideo } from "../../lib/figures/clip_video.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { probe } from "../../lib/media/probe.ts";
import { makeClip } from "../dataset/made_clip.ts";
import { brightFrom, inFolder } from "../media/made_video.ts";
import { readPng } from "./pixels.ts";

Deno.test("a clip's film is the stretch of the film it was made from, with its box and its own sound", () =>
  inFolder(async (folder) => {
    const { prepared, row, clip } = await makeClip(folder);
    const path = join(folder, "shown.mp4"), source = await clipSource(prepared, row);
    await writeClipVideo(path, clip, { source });
    const { video, audio } = await probe(path);
    assert.deepEqual([video?.width, video?.height], [64, 48]);
    assert.ok(audio);
    assert.deepEqual(await brightFrom(decodeFrames(path)), { first: 20, count: 50 });
    // A step of the sound's level, not audible as a tone: it is where the clip's own sound has it.
    const sound = await decodeAudio(path), step = sound.findIndex((x) => Math.abs(x) > 0.05) / 16000;
    assert.ok(Math.abs(step - 1) < 0.02, `${step}`);
    for await (const frame of decodeFrames(path)) {
      const at = (x: number, y: number) => [...frame.subarray(3 * (64 * y + x), 3 * (64 * y + x) + 3)];
      const [red, , blue] = at(26, 8);
      assert.ok(red > blue + 60, "yellow at the box's upper edge");
      assert.ok(at(26, 24).every((value) => value < 30), "black inside");
      break;
    }
    await writeClipVideo(path, clip);
    assert.equal((await probe(path)).video?.width, 96, "without its film it is the crops");
  }));

Deno.test("a moment shows frame, box, crop and lower half; without the film, what there is", () =>
  inFolder(async (folder) => {
    const { prepared, row, clip } = await makeClip(folder);
    const source = await clipSource(prepared, row);
    // The page is 760 wide; panels begin at 8, 256 and 504, images at 8 + 16.
    const { width, height, at } = await readPng(await momentImage(clip, { frame: 40, source, scale: 1 }));
    assert.deepEqual([width, height], [760, 24 + 240 + 6]);
    const yellow = at(8 + Math.round(26 * 240 / 64), 24 + Math.round(8 * 240 / 64));
    assert.ok(yellow[0] > 200 && yellow[2] < 150, `${yellow}`);
    assert.ok(at(8 + 100, 24 + 90)[0] > 230, "the film is white by then");
    assert.ok(Math.abs(at(256 + 100, 24 + 200)[0] - 160) < 4, "the crop is grey");
    assert.ok(Math.abs(at(504 + 100, 24 + 60)[0] - 160) < 4, "so is its lower half");
    const bare = await readPng(await momentImage(clip, { frame: 40, scale: 1 }));
    assert.deepEqual(bare.at(8 + 100, 24 + 90), [255, 255, 255]);
  }));

Deno.test("faces stand by speaker: a row each, four rows when there is only one, a face each when there are many", () =>
  inFolder(async (folder) => {
    const { prepared, row } = await makeClip(folder);
    const alone = await speakerRows({ folder: prepared, rows: [row] }, { columns: 3 });
    assert.deepEqual(alone.map(({ label, frames }) => [label, frames.length]), [
      ...[["s1", 3], ["", 3], ["", 3], ["", 3]],
    ]);
    const rows = ["s1", "s2", "s3"].map((speaker) => ({ ...row, speaker }));
    const three = await speakerRows({ folder: prepared, rows }, { columns: 2 });
    assert.deepEqual(three.map(({ label, frames }) => [label, frames.length]), [["s1", 2], ["s2", 2], [
      "s3",
      2,
    ]]);
    const features = Array.from({ length: 12 }, (_, k) => ({ ...row, speaker: `s${k + 1}` }));
    const many = await speakerRows({ folder: prepared, rows: features });
    assert.deepEqual(many.map(({ label, frames }) => [label, frames.length]), [["s1 to s10", 10], [
      "s11 to s12",
      2,
    ]]);
  }));
