import assert from "node:assert/strict";
import { join } from "node:path";
import { clipSource, sourceFrame, sourceFrames } from "../../lib/dataset/clip_source.ts";
import { momentImage, writeClipVideo } from "../../lib/figures/clip_frames.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { probe } from "../../lib/media/probe.ts";
import { makeClip } from "../dataset/made_clip.ts";
import { brightFrom, inFolder } from "../media/made_video.ts";
import { readPng } from "./pixels.ts";

Deno.test("a clip's film is the stretch of the film it was made from, with its box and its own sound", () =>
  inFolder(async (folder) => {
    const { prepared, row, clip } = await makeClip(folder);
    const path = join(folder, "shown.mp4"), source = await clipSource(prepared, row);
    assert.ok(source);
    await writeClipVideo(path, clip, { frames: sourceFrames(source, { widest: 320 }) });
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
    assert.ok(source);
    const seen = await sourceFrame(source, 40);
    const { width, height, at } = await readPng(momentImage(clip, { frame: 40, seen, scale: 1 }));
    assert.deepEqual([width, height], [760, 24 + 240 + 6]);
    const yellow = at(8 + Math.round(26 * 240 / 64), 24 + Math.round(8 * 240 / 64));
    assert.ok(yellow[0] > 200 && yellow[2] < 150, `${yellow}`);
    assert.ok(at(8 + 100, 24 + 90)[0] > 230, "the film is white by then");
    assert.ok(Math.abs(at(256 + 100, 24 + 200)[0] - 160) < 4, "the crop is grey");
    assert.ok(Math.abs(at(504 + 100, 24 + 60)[0] - 160) < 4, "so is its lower half");
    const bare = await readPng(momentImage(clip, { frame: 40, scale: 1 }));
    assert.deepEqual(bare.at(8 + 100, 24 + 90), [255, 255, 255]);
  }));
