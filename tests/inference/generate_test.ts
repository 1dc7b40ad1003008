import assert from "node:assert/strict";
import { FACE_BYTES, FACE_SIZE, MOUTH_REGION } from "../../lib/base/shapes.ts";
import type { Clip } from "../../lib/dataset/dataset.ts";
import {
  closedFrame,
  faceGenerator,
  generateClip,
  mouthL1,
  withAudio,
  withFaces,
} from "../../lib/inference/generate.ts";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { disposeParams } from "../../lib/nn/params.ts";

/** A clip of even frames, frame t of value t, whose mouth is the most closed in frame 3. */
function evenClip(frames: number): Clip {
  const faces = new Uint8Array(frames * FACE_BYTES);
  for (let t = 0; t < frames; t++) faces.fill(t, t * FACE_BYTES, (t + 1) * FACE_BYTES);
  const columns = Math.floor(frames * 3.2);
  return {
    row: { id: "a/b" } as Clip["row"],
    frames,
    faces,
    mel: new Float32Array(columns * 80).fill(frames),
    columns,
    audio: new Int16Array(frames * 640),
    mouth: Float32Array.from({ length: 2 * frames }, (_, k) => Math.abs(k / 2 - 3)),
    voiced: new Array(frames - 4).fill(true),
  };
}

Deno.test("the mouth's L1 counts the mouth's region only", () => {
  const a = new Uint8Array(FACE_BYTES), b = new Uint8Array(FACE_BYTES).fill(51);
  assert.ok(Math.abs(mouthL1(a, b) - 0.2) < 1e-9);
  const { top, left, height, width } = MOUTH_REGION;
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) b.fill(0, 3 * (y * FACE_SIZE + x), 3 * (y * FACE_SIZE + x) + 3);
  }
  assert.equal(mouthL1(a, b), 0);
});

Deno.test("a clip is redrawn with its own poses, another's sound, or one pose held still", () => {
  const clip = evenClip(10), other = evenClip(12);
  const seen: { poses: number[]; frames: number[]; reference: number; mel: number }[] = [];
  const generate: Parameters<typeof generateClip>[0] = (requests, { reference, mel }) => {
    const poses = requests.map(({ pose }) => pose[0]), frames = requests.map(({ frame }) => frame);
    seen.push({ poses, frames, reference: reference[0], mel: mel[0] });
    return requests.map(({ pose }) => pose);
  };
  assert.equal(closedFrame(clip), 3);
  generateClip(generate, clip);
  generateClip(generate, clip, { audio: other });
  generateClip(generate, clip, { audio: other, still: 4 });
  const count = (n: number) => Array.from({ length: n }, (_, t) => t);
  assert.deepEqual(seen, [
    { poses: count(10), frames: count(10), reference: 3, mel: 10 },
    { poses: count(10), frames: count(10), reference: 3, mel: 12 },
    { poses: new Array(12).fill(4), frames: count(12), reference: 3, mel: 12 },
  ]);
});

Deno.test("faces and sound are exchanged, and cut to what both have", () => {
  const clip = evenClip(10), other = evenClip(8);
  const dubbed = withAudio(clip, other);
  assert.deepEqual([dubbed.frames, dubbed.audio.length, dubbed.voiced.length], [8, 8 * 640, 4]);
  assert.equal(dubbed.mel[0], 8);
  assert.equal(dubbed.mel.length, dubbed.columns * 80);
  const drawn = withFaces(clip, [new Uint8Array(FACE_BYTES).fill(9), new Uint8Array(FACE_BYTES).fill(8)]);
  assert.deepEqual([drawn.frames, drawn.faces[0], drawn.faces[FACE_BYTES], drawn.voiced.length], [
    2,
    9,
    8,
    0,
  ]);
});

Deno.test("redrawn crops do not depend on how many are redrawn at once", () => {
  const params = initGenerator({ kind: "wav2lip", width: 0.03 }, 3);
  const generate = faceGenerator({ params, config: { generator: { kind: "wav2lip" } } });
  const pose = (k: number) => Uint8Array.from({ length: FACE_SIZE ** 2 * 3 }, (_, i) => (i * (k + 3)) % 256);
  const mel = Float32Array.from({ length: 80 * 80 }, (_, i) => Math.sin(i));
  const given = { reference: pose(1), mel };
  const requests = Array.from({ length: 19 }, (_, k) => ({ pose: pose(k), frame: k % 20 }));
  const all = generate(requests, given);
  assert.equal(all.length, 19);
  assert.deepEqual(generate([requests[17]], given)[0], all[17]);
  disposeParams(params);
});
