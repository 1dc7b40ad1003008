import assert from "node:assert/strict";
import { type VideoPart } from "../../../lib/dataset/speaker_video.ts";
import type { Clip } from "../../../lib/dataset/dataset.ts";
import { KitError } from "../../../lib/base/errors.ts";
import { FACE_BYTES } from "../../../lib/base/shapes.ts";
import { random } from "../../../lib/base/random.ts";
import { judgeParts, openRunJudge } from "../../../lib/evaluation/judges/run_judge.ts";
import { tf } from "../../../lib/native/tf.ts";
import { inFolder } from "../../media/made_video.ts";
import { makeTinyRun } from "../../training/tiny_run.ts";

/** A clip of noise, as far as a judge looks at it: faces and sound that have nothing in common. */
function noiseClip(frames: number) {
  const rng = random(5), columns = 1 + Math.floor(frames * 3.2);
  return {
    faces: Uint8Array.from({ length: frames * FACE_BYTES }, () => 256 * rng.uniform()),
    mel: Float32Array.from({ length: columns * 80 }, () => 8 * rng.uniform() - 4),
    ...{ columns, frames },
  };
}

/** A clip with its own sound. */
const whole = (clip: ReturnType<typeof noiseClip>) => ({ clip: clip as Clip, audio: clip as Clip });

Deno.test("a run's discriminator judges under its own name, on embeddings of unit length, and leaves no tensor", () =>
  inFolder(async (folder) => {
    const run = await makeTinyRun(folder);
    const clip = noiseClip(40);
    const judge = await openRunJudge(run);
    const before = tf.memory().numTensors;
    const { lseD, lseC, offset, distances } = await judge.score(whole(clip)), { name, procedure } = judge;
    assert.equal(tf.memory().numTensors, before);
    assert.equal(name, "run's discriminator (tiny, drawn), not the official SyncNet");
    assert.match(procedure, /31 offsets.*unit length.*not comparable/);
    assert.ok(lseD >= 0 && lseC >= 0 && Math.abs(offset) <= 15);
    // Embeddings are not negative, so unit ones are never more than a right angle apart.
    for (const distance of distances) assert.ok(distance <= Math.SQRT2 + 1e-3, String(distance));
    for (const { length } of [judge.embed(clip, 3).audio, judge.embed(clip, 3).video]) {
      assert.equal(length, 3);
    }
    judge.dispose();
  }));

Deno.test("a film in parts is judged as it would be whole", () =>
  inFolder(async (folder) => {
    const judge = await openRunJudge(await makeTinyRun(folder));
    const clip = noiseClip(44), done: number[] = [];
    async function* parts(): AsyncGenerator<VideoPart> {
      for (const [first, windows] of [[0, 25], [25, 15]]) {
        yield {
          ...{ first, windows, frames: windows + 4 },
          faces: clip.faces.subarray(first * FACE_BYTES, (first + windows + 4) * FACE_BYTES),
          mel: clip.mel.subarray(first * 3.2 * 80),
          columns: clip.columns - first * 3.2,
        };
      }
    }
    const all = await judge.score(whole(clip)),
      joined = await judgeParts(judge, parts(), (n) => done.push(n));
    assert.deepEqual(joined, all);
    assert.deepEqual(done, [25, 40]);
    judge.dispose();
  }));

Deno.test("a clip too short for 31 offsets and a folder that is no run are refused", () =>
  inFolder(async (folder) => {
    const judge = await openRunJudge(await makeTinyRun(folder));
    assert.throws(() => judge.score(whole(noiseClip(34))), /34 frames is too short .* 35 frames/);
    await judge.score(whole(noiseClip(35)));
    judge.dispose();
    await assert.rejects(
      openRunJudge(folder),
      (e) => e instanceof KitError && /not a run folder/.test(e.message),
    );
  }));
