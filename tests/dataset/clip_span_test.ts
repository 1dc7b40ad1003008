import assert from "node:assert/strict";
import { spanAt } from "../../lib/dataset/clip_span.ts";

const clip = { frames: 75, columns: 241 };

Deno.test("without an offset all of the clip is left", () => {
  assert.deepEqual(spanAt(0, clip), {
    ...{
      firstFrame: 0,
      frames: 75,
      audioFrame: 0,
      firstColumn: 0,
      columns: 241,
      firstSample: 0,
      samples: 48000,
    },
  });
});

Deno.test("early sound: the picture of frame t gets the sound of frame t - offset", () => {
  const { firstFrame, audioFrame: audioFrame, frames, columns, samples } = spanAt(3, clip);
  assert.deepEqual([firstFrame, audioFrame, frames], [3, 0, 72]);
  assert.deepEqual([columns, samples], [1 + Math.floor(72 * 3.2), 72 * 640]);
});

Deno.test("late sound begins on a frame where a mel column begins too", () => {
  for (const [offset, audioFrame] of [[-1, 5], [-3, 5], [-5, 5], [-6, 10]]) {
    const span = spanAt(offset, clip);
    assert.deepEqual([span.audioFrame, span.firstFrame], [audioFrame, audioFrame + offset]);
    assert.equal(span.frames, 75 - audioFrame);
    assert.equal(span.firstColumn, 16 * audioFrame / 5);
    assert.equal(span.firstSample, 640 * audioFrame);
    assert.ok(span.firstColumn + span.columns <= 241 && span.firstSample + span.samples <= 48000);
  }
});

Deno.test("of a clip shorter than its offset nothing is left", () => {
  for (const offset of [80, -80]) {
    const { frames, samples, firstFrame, firstColumn } = spanAt(offset, clip);
    assert.deepEqual([frames, samples], [0, 0]);
    assert.ok(firstFrame <= 75 && firstColumn <= 241);
  }
});
