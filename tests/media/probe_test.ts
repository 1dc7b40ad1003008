import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { probe } from "../../lib/media/probe.ts";
import { wavBytes } from "./wav.ts";
import { cutFile, ffmpeg, inFolder, makeVideo, videoInputs } from "./made_video.ts";

/** Asserts that probing throws a KitError that names the file and matches. */
async function refused(path: string, what: RegExp): Promise<void> {
  await assert.rejects(probe(path), (error) => {
    assert.ok(error instanceof KitError, `${error}`);
    assert.ok(error.what.includes(path), error.what);
    assert.match(error.what, what);
    return true;
  });
}

Deno.test("a film is described: size, rate, sound, duration", () =>
  inFolder(async (folder) => {
    const film = await makeVideo(join(folder, "film.mp4"), { fps: "30000/1001", size: "160x90", seconds: 2 });
    const { duration, video, audio } = await probe(film);
    assert.ok(Math.abs(duration - 2) < 0.05, `${duration} s`);
    assert.deepEqual(video, { width: 160, height: 90, fps: 29.97 });
    assert.ok(audio);
  }));

Deno.test("rotation and pixels that are not square count into the size", () =>
  inFolder(async (folder) => {
    const video = await makeVideo(join(folder, "film.mp4"), { size: "160x90", seconds: 1 });
    const turned = join(folder, "turned.mp4"), wide = join(folder, "wide.mp4");
    await ffmpeg("-display_rotation", "-90", "-i", video, "-c", "copy", turned);
    await ffmpeg("-i", video, "-vf", "setsar=3/2", wide);
    assert.deepEqual((await probe(turned)).video, { width: 90, height: 160, fps: 25 });
    assert.deepEqual((await probe(wide)).video, { width: 240, height: 90, fps: 25 });
  }));

Deno.test("a sound file has no video, not even with a cover picture, and a silent film no sound", () =>
  inFolder(async (folder) => {
    const wav = join(folder, "sound.wav"), mp3 = join(folder, "song.mp3");
    await Deno.writeFile(wav, wavBytes(new Float32Array(8000)));
    assert.deepEqual(await probe(wav), { duration: 0.5, video: null, audio: true });
    const { picture: image } = videoInputs({ seconds: 1 });
    const cover = ["-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic"];
    await ffmpeg("-i", wav, ...image, "-map", "0", "-map", "1", ...cover, "-ac", "2", mp3);
    const song = await probe(mp3);
    assert.deepEqual([song.video, song.audio], [null, true]);
    const silent = await makeVideo(join(folder, "silent.mp4"), { audio: false, seconds: 1 });
    assert.equal((await probe(silent)).audio, false);
  }));

Deno.test("the duration of a streamed recording is measured", () =>
  inFolder(async (folder) => {
    const video = await makeVideo(join(folder, "film.mp4"), { seconds: 2 });
    const live = join(folder, "live.webm"), bare = join(folder, "bare.h264");
    await ffmpeg("-i", video, "-c", "copy", "-live", "1", "-f", "matroska", live);
    await ffmpeg("-i", video, "-an", "-c", "copy", bare);
    for (const path of [live, bare]) {
      const { duration } = await probe(path);
      assert.ok(Math.abs(duration - 2) < 0.1, `${path}: ${duration} s`);
    }
  }));

Deno.test("files that are cut short, absent, empty or no media are refused by name", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const video = await makeVideo(at("film.mp4"));
    const fast = at("fast.mp4"), avi = await makeVideo(at("film.avi"), { encode: ["-c:v", "mpeg4"] });
    await ffmpeg("-i", video, "-c", "copy", "-movflags", "+faststart", fast);
    for (const share of [0.3, 0.6, 0.95, 0.999]) {
      await refused(await cutFile(video, { share, as: at("cut.mp4") }), /cut short/);
      await refused(await cutFile(fast, { share, as: at("cut fast.mp4") }), /cut short/);
      if (share < 0.99) await refused(await cutFile(avi, { share, as: at("cut.avi") }), /cut short/);
    }
    await Deno.writeTextFile(at("text.mp4"), "This is not a film.\n".repeat(100));
    await refused(at("text.mp4"), /not a video or sound file/);
    await Deno.writeFile(at("empty.mp4"), new Uint8Array(0));
    await refused(at("empty.mp4"), /is empty/);
    await refused(at("absent.mp4"), /no file/);
    await refused(join(at("film.mp4"), "inside.mp4"), /no file/);
    await refused(folder, /is a folder/);
  }));

Deno.test("scripts and play lists that would open other files are refused", () =>
  inFolder(async (folder) => {
    await makeVideo(join(folder, "film.mp4"), { seconds: 1 });
    const script = join(folder, "script.mp4"), list = join(folder, "list.mp4");
    await Deno.writeTextFile(script, "ffconcat version 1.0\nfile film.mp4\n");
    await Deno.writeTextFile(
      list,
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfilm.mp4\n#EXT-X-ENDLIST\n",
    );
    await refused(script, /not a video or sound file/);
    await refused(list, /not a video or sound file/);
  }));
