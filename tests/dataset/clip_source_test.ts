import assert from "node:assert/strict";
import { clipSource, cropAt, sourceFrame } from "../../lib/dataset/clip_source.ts";
import { tf } from "../../lib/native/tf.ts";
import { inFolder } from "../media/made_video.ts";
import { greyOf, MADE, makeClip } from "./made_clip.ts";

const brightness = (image: Uint8Array) => image.reduce((sum, value) => sum + value, 0) / image.length;

Deno.test("a clip knows its film, its place in it, and its words in the clip's own time", () =>
  inFolder(async (folder) => {
    const { prepared, row } = await makeClip(folder);
    const source = await clipSource(prepared, row);
    assert.ok(source);
    const { boxes, words, ...place } = source;
    const { width, height, firstFrame } = MADE;
    assert.deepEqual(place, { video: row.source, width, height, firstFrame });
    assert.deepEqual([...boxes.subarray(196)], MADE.box);
    assert.deepEqual(words, [{ word: "NOW", start: 0.8, end: 1.2 }]);
    // The video turns white at its frame 25, which is frame 20 of the clip.
    assert.ok(brightness((await sourceFrame(source, 19)).rgb) < 20);
    assert.ok(brightness((await sourceFrame(source, 20)).rgb) > 235);
    await assert.rejects(sourceFrame(source, 70), /has no frame 75/);
    await Deno.remove(row.source);
    assert.equal(await clipSource(prepared, row), undefined);
  }));

Deno.test("one crop is read without the others", () =>
  inFolder(async (folder) => {
    const { prepared, row } = await makeClip(folder);
    const before = tf.memory().numTensors;
    for (const [share, frame] of [[0, 0], [0.5, 25], [1, 49]]) {
      const crop = await cropAt(prepared, row, share);
      assert.equal(crop.length, 96 * 96 * 3);
      assert.ok(Math.abs(brightness(crop) - greyOf(frame)) < 2, `${brightness(crop)} at ${share}`);
    }
    assert.equal(tf.memory().numTensors, before);
  }));
