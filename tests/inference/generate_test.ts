import assert from "node:assert/strict";
import { FACE_SIZE } from "../../lib/base/shapes.ts";
import { evenClip } from "../dataset/even_clip.ts";
import { closedFrame } from "../../lib/dataset/windows.ts";
import { faceGenerator, generateClip } from "../../lib/inference/generate.ts";
import { initGenerator } from "../../lib/models/generator_kinds.ts";
import { disposeParams } from "../../lib/nn/params.ts";

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
