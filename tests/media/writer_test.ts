import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { openVideoWriter } from "../../lib/media/writer.ts";
import { probe } from "../../lib/media/probe.ts";
import { brightFrom, ffmpeg, inFolder, loudFrom, makeVideo, namesIn, videoInputs } from "./made_video.ts";

const SIZE = { width: 64, height: 48 };

/** A frame of one colour. */
function plain(colour: [number, number, number], { width, height } = SIZE): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]);
}

/** 16 kHz sound that clicks at second `click`. */
function clicking(seconds: number, click: number): Float32Array {
  const first = Math.round(click * 16000);
  return Float32Array.from(
    { length: Math.round(seconds * 16000) },
    (_, i) => i >= first && i < first + 160 ? 0.8 * Math.sin(2 * Math.PI * (i - first) / 16) : 0,
  );
}

/** Writes a video of `count` frames that turns white at frame `event`. */
async function writeVideo(
  path: string,
  { audio, count = 75, event = 25 }: { audio?: string | Float32Array; count?: number; event?: number },
) {
  const video = openVideoWriter(path, { ...SIZE, audio });
  const black = plain([0, 0, 0]), white = plain([255, 255, 255]);
  for (let i = 0; i < count; i++) await video.write(i < event ? black : white);
  await video.close();
}

Deno.test("a written film comes back with flash and click together, whatever the sound's length", () =>
  inFolder(async (folder) => {
    const path = join(folder, "film.mp4");
    for (const seconds of [3, 2, 7.7, 61]) {
      await writeVideo(path, { audio: clicking(seconds, 1) });
      assert.deepEqual(namesIn(folder), ["film.mp4"]);
      assert.deepEqual(await brightFrom(decodeFrames(path)), { first: 25, count: 75 });
      const audio = await decodeAudio(path);
      assert.ok(Math.abs(loudFrom(audio) - 1) < 0.002, `click at ${loudFrom(audio)} s`);
      assert.equal(audio.length, 48000);
      assert.equal((await probe(path)).duration, 3);
    }
  }));

Deno.test("sound is taken from another film, in that film's time", () =>
  inFolder(async (folder) => {
    const { picture: image, audio } = videoInputs();
    const path = join(folder, "film.mp4");
    for (const name of ["-other film.mp4", "other film.ts"]) {
      const other = join(folder, name);
      await ffmpeg(...image, "-itsoffset", "0.7", ...audio, other);
      await writeVideo(path, { audio: other });
      const expected = loudFrom(await decodeAudio(other));
      assert.ok(expected > 1.69);
      assert.ok(Math.abs(loudFrom(await decodeAudio(path)) - expected) < 0.002, name);
      assert.deepEqual(await brightFrom(decodeFrames(path)), { first: 25, count: 75 });
    }
  }));

Deno.test("colours survive, odd sizes grow to even ones, and a film needs no sound", () =>
  inFolder(async (folder) => {
    const path = join(folder, "new folder", "film.mp4"), size = { width: 65, height: 47 };
    const colours: [number, number, number][] = [[200, 30, 40], [20, 180, 60], [50, 60, 220], [
      128,
      128,
      128,
    ]];
    const film = openVideoWriter(path, { ...size, crf: 4 });
    for (const colour of colours) await film.write(plain(colour, size));
    await film.close();
    const { video, audio } = await probe(path);
    assert.deepEqual([video?.width, video?.height, video?.fps, audio], [66, 48, 25, false]);
    let index = 0;
    for await (const frame of decodeFrames(path)) {
      const pixel = [...frame.subarray(66 * 20 * 3, 66 * 20 * 3 + 3)];
      const off = Math.max(...pixel.map((x, i) => Math.abs(x - colours[index][i])));
      assert.ok(off <= 6, `frame ${index}: ${pixel}, written ${colours[index]}`);
      index++;
    }
    assert.equal(index, 4);
  }));

Deno.test("giving up leaves nothing, and the file that was there stays", () =>
  inFolder(async (folder) => {
    const path = join(folder, "film.mp4");
    await Deno.writeTextFile(path, "old");
    const video = openVideoWriter(path, { ...SIZE, audio: clicking(1, 0.5) });
    for (let i = 0; i < 30; i++) await video.write(plain([9, 9, 9]));
    await video.abort();
    assert.deepEqual(namesIn(folder), ["film.mp4"]);
    assert.equal(await Deno.readTextFile(path), "old");
  }));

/** Asserts that a video of ten frames is refused with a KitError that matches, leaving only `left` in the folder. */
async function refused(folder: string, { path, audio, what, left }: {
  path: string;
  audio?: string;
  what: RegExp;
  left: string[];
}) {
  const video = openVideoWriter(path, { width: 640, height: 480, audio });
  const frame = plain([0, 0, 0], { width: 640, height: 480 });
  await assert.rejects(
    (async () => {
      for (let i = 0; i < 10; i++) await video.write(frame);
      await video.close();
    })(),
    (error) => {
      assert.ok(error instanceof KitError, `${error}`);
      assert.match(error.message, what);
      return true;
    },
  );
  await video.abort();
  assert.deepEqual(namesIn(folder), left);
}

Deno.test("faults name the file at fault and leave nothing behind", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const silent = await makeVideo(at("silent.mp4"), { audio: false, seconds: 1 });
    await Deno.writeTextFile(at("text.wav"), "no sound at all, only text\n");
    const left = ["silent.mp4", "text.wav"];
    await refused(folder, { path: at("film.mp4"), audio: silent, what: /silent\.mp4 has no sound/, left });
    await refused(folder, { path: at("film.mp4"), audio: at("text.wav"), what: /text\.wav is not/, left });
    await refused(folder, {
      path: at("film.mp4"),
      audio: at("absent.wav"),
      what: /no file .*absent\.wav/,
      left,
    });
    await refused(folder, { path: join(silent, "film.mp4"), what: /Cannot write/, left });
    const none = openVideoWriter(at("film.mp4"), SIZE);
    await assert.rejects(none.close(), KitError);
    assert.deepEqual(namesIn(folder), left);
  }));

Deno.test("a frame of the wrong size is refused", () =>
  inFolder(async (folder) => {
    const video = openVideoWriter(join(folder, "film.mp4"), SIZE);
    await assert.rejects(video.write(new Uint8Array(10)), RangeError);
    await video.abort();
    assert.deepEqual(namesIn(folder), []);
  }));
