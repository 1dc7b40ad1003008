import assert from "node:assert/strict";
import { join } from "node:path";
import {
  openSpeakerVideo,
  type SpeakerVideo,
  type VideoPart,
  videoParts,
} from "../../lib/dataset/speaker_video.ts";
import { KitError } from "../../lib/base/errors.ts";
import { FACE_BYTES } from "../../lib/base/shapes.ts";
import { melStart } from "../../lib/media/mel.ts";
import { cutFile, inFolder } from "../media/made_video.ts";
import { makeFaceVideo } from "../prepare/face_video.ts";

Deno.test("a film is cut to the frames in which a face is seen and sound is heard", () =>
  inFolder(async (folder) => {
    const path = await makeFaceVideo(join(folder, "it's a film.mp4"), {
      ...{ seconds: 3, soundSeconds: 2.2, filter: "drawbox=t=fill:c=gray:enable='lt(t,0.39)'" },
    });
    const video = await openSpeakerVideo(path);
    // AAC pads the sound to whole blocks of 1024 samples.
    assert.equal(video.firstFrame, 10);
    assert.ok(video.frames >= 45 && video.frames <= 47, String(video.frames));
    assert.equal(video.audio.length, 640 * video.frames);
    assert.equal(video.columns, 1 + Math.floor(3.2 * video.frames));
    assert.equal(video.windows, video.frames - 4);
    assert.equal(video.mouth.length, 2 * video.frames);
    assert.match(video.notes.join(), /frames 10 to 5\d of 75/);
    let crops = 0;
    for await (const crop of video.crops()) {
      assert.equal(crop.length, FACE_BYTES);
      crops++;
    }
    assert.equal(crops, video.frames);
  }));

/** A video whose crop t is filled with t, in place of a video. */
function countingVideo(frames: number): SpeakerVideo {
  const columns = 1 + Math.floor(3.2 * frames);
  return {
    ...{ source: "", frames, firstFrame: 0, windows: frames - 4, columns, detectionRate: 1, notes: [] },
    audio: new Float32Array(0),
    mel: Float32Array.from({ length: columns * 80 }, (_, k) => Math.floor(k / 80)),
    mouth: new Float32Array(2 * frames),
    async *crops() {
      for (let t = 0; t < frames; t++) {
        yield await Promise.resolve(new Uint8Array(FACE_BYTES).fill(t % 256));
      }
    },
  };
}

for (const frames of [5, 40, 253, 254, 255, 258, 600]) {
  Deno.test(`parts hold every window of ${frames} frames once, with its own frames and mel columns`, async () => {
    const video = countingVideo(frames);
    let next = 0;
    for await (const part of videoParts(video)) {
      const { first, windows, faces, mel }: VideoPart = part;
      assert.equal(first, next);
      assert.ok(part.frames >= windows + 4 && faces.length === part.frames * FACE_BYTES);
      for (let k = 0; k < windows; k++, next++) {
        assert.equal(faces[k * FACE_BYTES], next % 256);
        assert.equal(faces[(k + 4) * FACE_BYTES], (next + 4) % 256);
        assert.equal(mel[80 * melStart(k)], melStart(next));
      }
    }
    assert.equal(next, video.windows);
  });
}

Deno.test("what is no film of somebody speaking is refused by name", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const refused = async (path: string, pattern: RegExp, options = {}) =>
      await assert.rejects(
        openSpeakerVideo(path, options),
        (e) => e instanceof KitError && e.message.includes(path) && pattern.test(e.message),
        path,
      );
    await makeFaceVideo(at("good.mp4"), { seconds: 1 });
    await refused(at("absent.mp4"), /no file/);
    await refused(await cutFile(at("good.mp4"), { share: 0.6, as: at("cut.mp4") }), /cut short/);
    await Deno.writeTextFile(at("text.mp4"), "this is no video\n".repeat(1000));
    await refused(at("text.mp4"), /not a video/);
    await refused(await makeFaceVideo(at("mute.mp4"), { seconds: 1, audio: false }), /no sound/);
    await refused(await makeFaceVideo(at("silent.mp4"), { seconds: 1, level: 0.0001 }), /silent/);
    await refused(
      await makeFaceVideo(at("empty.mp4"), { seconds: 1, filter: "drawbox=t=fill:c=gray" }),
      /No face can be followed/,
    );
    await refused(at("good.mp4"), /25 frames \(1\.00 s\), 35 are needed.*1\.4 s or more/, {
      fewestWindows: 31,
    });
  }));
