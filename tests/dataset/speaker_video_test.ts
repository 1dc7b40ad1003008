import assert from "node:assert/strict";
import { join } from "node:path";
import { FRAME_BYTES } from "../../lib/dataset/dataset.ts";
import {
  type FilmPart,
  filmParts,
  openSpeakerFilm,
  type SpeakerFilm,
} from "../../lib/dataset/speaker_video.ts";
import { KitError } from "../../lib/base/errors.ts";
import { melStart } from "../../lib/media/mel.ts";
import { cutFile, inFolder } from "../media/made_video.ts";
import { makeFaceFilm } from "../prepare/face_video.ts";

Deno.test("a film is cut to the frames in which a face is seen and sound is heard", () =>
  inFolder(async (folder) => {
    const path = await makeFaceFilm(join(folder, "it's a film.mp4"), {
      ...{ seconds: 3, soundSeconds: 2.2, filter: "drawbox=t=fill:c=gray:enable='lt(t,0.39)'" },
    });
    const film = await openSpeakerFilm(path);
    // AAC pads the sound to whole blocks of 1024 samples.
    assert.equal(film.firstFrame, 10);
    assert.ok(film.frames >= 45 && film.frames <= 47, String(film.frames));
    assert.equal(film.sound.length, 640 * film.frames);
    assert.equal(film.columns, 1 + Math.floor(3.2 * film.frames));
    assert.equal(film.windows, film.frames - 4);
    assert.equal(film.mouth.length, 2 * film.frames);
    assert.match(film.notes.join(), /frames 10 to 5\d of 75/);
    let crops = 0;
    for await (const crop of film.crops()) {
      assert.equal(crop.length, FRAME_BYTES);
      crops++;
    }
    assert.equal(crops, film.frames);
  }));

/** A film whose crop t is filled with t, in place of a video. */
function countingFilm(frames: number): SpeakerFilm {
  const columns = 1 + Math.floor(3.2 * frames);
  return {
    ...{ source: "", frames, firstFrame: 0, windows: frames - 4, columns, detectionRate: 1, notes: [] },
    sound: new Float32Array(0),
    mel: Float32Array.from({ length: columns * 80 }, (_, k) => Math.floor(k / 80)),
    mouth: new Float32Array(2 * frames),
    async *crops() {
      for (let t = 0; t < frames; t++) {
        yield await Promise.resolve(new Uint8Array(FRAME_BYTES).fill(t % 256));
      }
    },
  };
}

for (const frames of [5, 40, 253, 254, 255, 258, 600]) {
  Deno.test(`parts hold every window of ${frames} frames once, with its own frames and mel columns`, async () => {
    const film = countingFilm(frames);
    let next = 0;
    for await (const part of filmParts(film)) {
      const { first, windows, faces, mel }: FilmPart = part;
      assert.equal(first, next);
      assert.ok(part.frames >= windows + 4 && faces.length === part.frames * FRAME_BYTES);
      for (let k = 0; k < windows; k++, next++) {
        assert.equal(faces[k * FRAME_BYTES], next % 256);
        assert.equal(faces[(k + 4) * FRAME_BYTES], (next + 4) % 256);
        assert.equal(mel[80 * melStart(k)], melStart(next));
      }
    }
    assert.equal(next, film.windows);
  });
}

Deno.test("what is no film of somebody speaking is refused by name", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const refused = async (path: string, pattern: RegExp, options = {}) =>
      await assert.rejects(
        openSpeakerFilm(path, options),
        (e) => e instanceof KitError && e.message.includes(path) && pattern.test(e.message),
        path,
      );
    await makeFaceFilm(at("good.mp4"), { seconds: 1 });
    await refused(at("absent.mp4"), /no file/);
    await refused(await cutFile(at("good.mp4"), { share: 0.6, as: at("cut.mp4") }), /cut short/);
    await Deno.writeTextFile(at("text.mp4"), "this is no video\n".repeat(1000));
    await refused(at("text.mp4"), /not a video/);
    await refused(await makeFaceFilm(at("mute.mp4"), { seconds: 1, sound: false }), /no sound/);
    await refused(await makeFaceFilm(at("silent.mp4"), { seconds: 1, level: 0.0001 }), /silent/);
    await refused(
      await makeFaceFilm(at("empty.mp4"), { seconds: 1, filter: "drawbox=t=fill:c=gray" }),
      /No face can be followed/,
    );
    await refused(at("good.mp4"), /25 frames \(1\.00 s\), 35 are needed.*1\.4 s or more/, {
      fewestWindows: 31,
    });
  }));
