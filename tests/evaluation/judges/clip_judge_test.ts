import assert from "node:assert/strict";
import { FACE_BYTES } from "../../../lib/base/shapes.ts";
import { videoOf } from "../../../lib/evaluation/judges/clip_judge.ts";
import { evenClip } from "../../dataset/even_clip.ts";

Deno.test("a judged video has the redrawn faces and the sound, cut to what both have", () => {
  const clip = evenClip(10), other = evenClip(8);
  assert.equal(videoOf({ clip, audio: clip }), clip);
  const dubbed = videoOf({ clip, audio: other });
  assert.deepEqual([dubbed.frames, dubbed.audio.length, dubbed.voiced.length], [8, 8 * 640, 4]);
  assert.equal(dubbed.mel[0], 8);
  assert.equal(dubbed.mel.length, dubbed.columns * 80);
  const faces = [new Uint8Array(FACE_BYTES).fill(9), new Uint8Array(FACE_BYTES).fill(8)];
  const drawn = videoOf({ clip, audio: clip, faces });
  assert.deepEqual([drawn.frames, drawn.faces.length, drawn.voiced.length], [2, 2 * FACE_BYTES, 0]);
  assert.deepEqual([drawn.faces[0], drawn.faces[FACE_BYTES], drawn.mel[0]], [9, 8, 10]);
});
