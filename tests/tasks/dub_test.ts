import assert from "node:assert/strict";
import { join } from "node:path";
import { dub } from "../../lib/tasks/dub.ts";
import { KitError } from "../../lib/base/errors.ts";
import { exists } from "../../lib/base/files.ts";
import { FACE_SIZE } from "../../lib/base/shapes.ts";
import { cropFace } from "../../lib/media/face_crop.ts";
import { followFace } from "../../lib/media/face_video.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { probe } from "../../lib/media/probe.ts";
import { wavBytes } from "../media/wav.ts";
import { tf } from "../../lib/native/tf.ts";
import { makeFaceVideo } from "../prepare/face_video.ts";
import { inFolder } from "../media/made_video.ts";
import { makeTinyGenerator } from "../training/tiny_generator.ts";

async function framesOf(path: string): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const frame of decodeFrames(path)) frames.push(frame);
  return frames;
}

/** Mean absolute difference of two frames [224, 224, 3] within or outside a box. */
function difference(a: Uint8Array, b: Uint8Array, [x0, y0, x1, y1]: number[], inside: boolean): number {
  let sum = 0, count = 0;
  for (let p = 0; p < 224 * 224; p++) {
    const x = p % 224, y = Math.floor(p / 224);
    if ((x >= x0 && x < x1 && y >= y0 && y < y1) !== inside) continue;
    for (let c = 0; c < 3; c++) sum += Math.abs(a[3 * p + c] - b[3 * p + c]);
    count += 3;
  }
  return sum / count;
}

Deno.test("a film is dubbed to the length of the sound, and changed at the face only", () =>
  inFolder(async (folder) => {
    const video = await makeFaceVideo(join(folder, "film.mp4"), { seconds: 1 });
    const speech = await makeFaceVideo(join(folder, "speech.mp4"), { seconds: 1.6, person: 1 });
    const run = await makeTinyGenerator(folder);
    const out = join(folder, 'it\'s "dubbed".mp4');
    const before = tf.memory().numTensors;
    const result = await dub(video, speech, { run, out });
    assert.deepEqual(result, { out, frames: 40, untouched: 0, seconds: 1.6 });
    const info = await probe(out);
    assert.equal(info.video?.width, 224);
    assert.equal(info.video?.fps, 25);
    const [made, original] = [await framesOf(out), await framesOf(video)];
    assert.equal(made.length, 40);
    // The sound is the speech.
    const [heard, spoken] = [await decodeAudio(out), await decodeAudio(speech)];
    let dot = 0, aa = 0, bb = 0;
    for (let k = 1600; k < 24000; k++) {
      dot += heard[k] * spoken[k];
      aa += heard[k] ** 2;
      bb += spoken[k] ** 2;
    }
    assert.ok(dot / Math.sqrt(aa * bb) > 0.99, "the dubbed film has another sound");
    // The video starts over after its 25 frames; outside the face it is the video's own, an untrained face is not.
    const { boxes } = await followFace(video);
    for (const t of [3, 28]) {
      const box = Array.from(boxes.subarray(4 * (t % 25), 4 * (t % 25) + 4));
      assert.ok(difference(made[t], original[t % 25], box, false) < 4, `frame ${t} outside`);
      assert.ok(difference(made[t], original[t % 25], box, true) > 8, `frame ${t} inside`);
    }
    assert.ok(tf.memory().numTensors - before < 120, "the face detector stays loaded, nothing else does");
  }));

Deno.test("silence, a film without sound, no face and a folder that is no run are refused by name", () =>
  inFolder(async (folder) => {
    const video = await makeFaceVideo(join(folder, "film.mp4"), { seconds: 1 });
    const run = await makeTinyGenerator(folder);
    const out = join(folder, "out.mp4");
    const refused = async (film: string, audio: string, given: string, words: RegExp) => {
      await assert.rejects(dub(film, audio, { run: given, out }), (error) => {
        assert.ok(error instanceof KitError);
        assert.match(error.message, words);
        return true;
      });
      assert.equal(await exists(out), false);
    };
    const silence = join(folder, "silence.wav");
    await Deno.writeFile(silence, wavBytes(new Float32Array(16000)));
    const mute = await makeFaceVideo(join(folder, "mute.mp4"), { seconds: 1, audio: false });
    const faceless = await makeFaceVideo(join(folder, "wall.mp4"), {
      seconds: 1,
      filter: "drawbox=t=fill:c=gray",
    });
    await refused(video, silence, run, /nothing to hear in .*silence\.wav/);
    await refused(video, mute, run, /mute\.mp4 has no sound/);
    await refused(faceless, video, run, /No face .*wall\.mp4/);
    await refused(video, video, folder, /is not a run folder/);
  }));

Deno.test("the followed face's crop shows the face", () =>
  inFolder(async (folder) => {
    const video = await makeFaceVideo(join(folder, "film.mp4"), { seconds: 1 });
    const face = await followFace(video);
    assert.deepEqual([face.frames, face.width, face.height, ...face.seen], [25, 224, 224, 0, 24]);
    assert.equal(face.boxes.length, 100);
    const [frame] = await framesOf(video);
    assert.equal(cropFace(frame, 224, 224, face.boxes.subarray(0, 4)).length, FACE_SIZE ** 2 * 3);
  }));
