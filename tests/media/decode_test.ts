import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { ffmpegPath } from "../../lib/media/ffmpeg.ts";
import { probe } from "../../lib/media/probe.ts";
import {
  brightFrom,
  cutFile,
  ffmpeg,
  inFolder,
  loudFrom,
  makeVideo,
  videoInputs,
  type VideoOptions,
} from "./made_video.ts";
import { encodePublished, PUBLISHED_CLIP } from "../real_clips.ts";

/** Asserts that a video turns white at frame `frame` of `count` and clicks at second `click`. */
async function assertTimes(
  path: string,
  { frame, count, click }: { frame: number; count: number; click: number },
) {
  const seen = await brightFrom(decodeFrames(path));
  assert.ok(
    Math.abs(seen.first - frame) <= 1,
    `${basename(path)}: white from frame ${seen.first}, not ${frame}`,
  );
  assert.ok(Math.abs(seen.count - count) <= 1, `${basename(path)}: ${seen.count} frames, not ${count}`);
  const loud = loudFrom(await decodeAudio(path));
  assert.ok(Math.abs(loud - click) <= 0.03, `${basename(path)}: click at ${loud} s, not ${click}`);
  // Each may be off by the container's own delay, but both by the same.
  const apart = loud - click - (seen.first - frame) / 25;
  assert.ok(Math.abs(apart) <= 0.0205, `${basename(path)}: sound ${apart} s after the picture`);
}

Deno.test("any rate comes out at 25 frames a second with the sound in time", () =>
  inFolder(async (folder) => {
    for (const fps of ["25", "30000/1001", "22", "60"]) {
      const video = await makeVideo(join(folder, `${fps.replace("/", " ")}.mp4`), { fps });
      await assertTimes(video, { frame: 25, count: 75, click: 1 });
    }
  }));

Deno.test("every container keeps picture and sound together", () =>
  inFolder(async (folder) => {
    const x264 = ["-c:v", "libx264", "-preset", "veryfast"];
    const videos: Record<string, VideoOptions> = {
      "film.mkv": { encode: [...x264, "-c:a", "flac"] },
      "film.mov": { encode: [...x264, "-c:a", "pcm_s16le"] },
      "film.webm": { encode: ["-c:v", "libvpx", "-cpu-used", "8", "-c:a", "libopus"], rate: 48000 },
      "film.avi": { encode: ["-c:v", "mpeg4", "-c:a", "libmp3lame"] },
      "film.mpg": { encode: ["-c:v", "mpeg1video", "-c:a", "mp2"] },
      "film.ts": { encode: [...x264, "-c:a", "aac"] },
    };
    for (const [name, options] of Object.entries(videos)) {
      const video = await makeVideo(join(folder, name), options);
      await assertTimes(video, { frame: 25, count: 75, click: 1 });
    }
  }));

Deno.test("a stream that starts late keeps its place", () =>
  inFolder(async (folder) => {
    const { picture: image, audio } = videoInputs();
    for (const name of ["late sound.mp4", "late sound.mkv", "late sound.ts"]) {
      await ffmpeg(...image, "-itsoffset", "0.7", ...audio, join(folder, name));
      await assertTimes(join(folder, name), { frame: 25, count: 75, click: 1.7 });
    }
    for (const name of ["late picture.mp4", "late picture.ts"]) {
      await ffmpeg("-itsoffset", "0.6", ...image, ...audio, join(folder, name));
      await assertTimes(join(folder, name), { frame: 40, count: 90, click: 1 });
    }
  }));

Deno.test("a sound shorter than the film stays as short, and a film without sound says so", () =>
  inFolder(async (folder) => {
    const short = await makeVideo(join(folder, "short.mp4"), { soundSeconds: 1.5 });
    assert.equal((await decodeAudio(short)).length, 24000);
    const silent = await makeVideo(join(folder, "silent.mp4"), { audio: false });
    await assert.rejects(decodeAudio(silent), (error) => {
      assert.ok(error instanceof KitError && error.what === `${silent} has no sound`, `${error}`);
      return true;
    });
    assert.equal((await brightFrom(decodeFrames(silent))).count, 75);
  }));

Deno.test("a file without video says so", () =>
  inFolder(async (folder) => {
    const path = join(folder, "sound.wav");
    await ffmpeg(...videoInputs().audio, path);
    await assert.rejects(decodeFrames(path).next(), /has no video/);
  }));

Deno.test("strange names are only names", () =>
  inFolder(async (folder) => {
    const video = await makeVideo(join(folder, "film.mp4"), { seconds: 1, event: 0.4 });
    const names = [
      "-i.mp4",
      'it\'s "my" film.mp4',
      "$(touch x); `a` &.mp4",
      "concat:a|b.mp4",
      "http:film.mp4",
      "%03d.mp4",
    ];
    const home = Deno.cwd();
    try {
      Deno.chdir(folder);
      for (const name of [...names, "pipe:0", "-", "\u00fcber \u732b.mp4"]) {
        await Deno.copyFile(video, name);
        assert.equal((await probe(name)).video?.width, 64);
        assert.deepEqual(await brightFrom(decodeFrames(name)), { first: 10, count: 25 });
        assert.equal((await decodeAudio(name)).length, 16000);
      }
    } finally {
      Deno.chdir(home);
    }
  }));

Deno.test("a turned film comes upright, wide pixels come square, and sizes are as asked", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    // The left half is red, the right half blue.
    const halves = "color=red:s=64x48:r=25:d=0.2,drawbox=x=32:w=32:h=48:c=blue:t=fill";
    await ffmpeg("-f", "lavfi", "-i", halves, "-qp", "4", at("film.mp4"));
    await ffmpeg("-display_rotation", "-90", "-i", at("film.mp4"), "-c", "copy", at("turned.mp4"));
    await ffmpeg("-i", at("film.mp4"), "-vf", "setsar=2", at("wide.mp4"));
    const reds = async (path: string, size: [number, number], asked = false) => {
      const [width, height] = size;
      const frame = (await decodeFrames(path, asked ? { width, height } : undefined).next()).value!;
      assert.equal(frame.length, size[0] * size[1] * 3);
      const red = (x: number, y: number) => frame[(y * size[0] + x) * 3] > 128;
      return [red(4, 4), red(size[0] - 5, 4), red(4, size[1] - 5), red(size[0] - 5, size[1] - 5)];
    };
    assert.deepEqual(await reds(at("film.mp4"), [64, 48]), [true, false, true, false]);
    // Turned clockwise, left is up.
    assert.deepEqual(await reds(at("turned.mp4"), [48, 64]), [true, true, false, false]);
    assert.deepEqual(await reds(at("wide.mp4"), [128, 48]), [true, false, true, false]);
    assert.deepEqual(await reds(at("film.mp4"), [32, 24], true), [true, false, true, false]);
    assert.deepEqual(await reds(at("turned.mp4"), [31, 77], true), [true, true, false, false]);
  }));

Deno.test("damage in the middle gives the frames before it and then an error naming the file", () =>
  inFolder(async (folder) => {
    const encode = ["-c:v", "libx264", "-g", "10", "-c:a", "aac"];
    const video = join(folder, "film.mp4"), mkv = join(folder, "film.mkv");
    await ffmpeg(
      "-f",
      "lavfi",
      "-i",
      "testsrc2=s=160x120:r=25:d=4",
      ...videoInputs({ seconds: 4 }).audio,
      ...encode,
      video,
    );
    await ffmpeg("-i", video, "-c", "copy", mkv);
    const bytes = await Deno.readFile(video);
    for (let i = 0; i < 3000; i++) bytes[(bytes.length >> 1) + i] = (i * 7919) & 255;
    const broken = join(folder, "broken.mp4");
    await Deno.writeFile(broken, bytes);
    const cut = await cutFile(mkv, { share: 0.6, as: join(folder, "cut.mkv") });
    for (const [path, what] of [[broken, /damaged/], [cut, /cut short/]] as const) {
      let count = 0;
      await assert.rejects(
        (async () => {
          for await (const _ of decodeFrames(path)) count++;
        })(),
        (error) => {
          assert.ok(error instanceof KitError && error.what.includes(path), `${error}`);
          assert.match(error.what, what);
          return true;
        },
      );
      assert.ok(count > 20 && count < 90, `${count} frames before the damage`);
    }
    await assert.rejects(decodeAudio(cut), /cut short/);
  }));

/** How many processes have `word` in their command line. */
async function processesNaming(word: string): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes(word)) count++;
  }
  return count;
}

Deno.test({
  name: "leaving the loop early ends ffmpeg, and a long film is never held in memory",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const video = join(folder, "long.mp4");
      await ffmpeg("-f", "lavfi", "-i", "color=gray:s=1280x720:r=25:d=16", "-preset", "ultrafast", video);
      const before = Deno.memoryUsage().rss;
      let count = 0, most = 0;
      for await (const _ of decodeFrames(video)) {
        most = Math.max(most, Deno.memoryUsage().rss - before);
        if (count === 0) assert.equal(await processesNaming(video), 1);
        if (++count === 300) break;
      }
      assert.equal(await processesNaming(video), 0);
      // 300 frames are 830 MB.
      assert.ok(most < 350e6, `${most / 1e6} MB more`);
    }),
});

Deno.test("the program is the one that KIT_FFMPEG names, or that of set-up", () => {
  const named = Deno.env.get("KIT_FFMPEG");
  try {
    Deno.env.set("KIT_FFMPEG", "/some/where/ffmpeg");
    assert.equal(ffmpegPath(), "/some/where/ffmpeg");
    Deno.env.delete("KIT_FFMPEG");
    try {
      assert.match(ffmpegPath(), /imageio_ffmpeg/);
    } catch (error) {
      assert.match(`${error}`, /deno task setup/);
    }
  } finally {
    if (named) Deno.env.set("KIT_FFMPEG", named);
  }
});

Deno.test("a published GRID clip (mpg) and its copy in mp4 agree in picture, sound and time", () =>
  inFolder(async (folder) => {
    const original = PUBLISHED_CLIP, copy = await encodePublished(join(folder, "copy.mp4"));
    for (const path of [original, copy]) {
      const { video, duration } = await probe(path);
      assert.deepEqual(video, { width: 360, height: 288, fps: 25 });
      assert.ok(Math.abs(duration - 3) < 0.05);
    }
    const frames: Uint8Array[][] = [[], []];
    for await (const frame of decodeFrames(original)) frames[0].push(frame);
    for await (const frame of decodeFrames(copy)) frames[1].push(frame);
    assert.deepEqual(frames.map((list) => list.length), [75, 75]);
    const difference = (shift: number) => {
      let sum = 0;
      for (let f = 20; f < 60; f++) {
        const a = frames[0][f], b = frames[1][f + shift];
        for (let i = 0; i < a.length; i += 11) sum += Math.abs(a[i] - b[i]);
      }
      return sum;
    };
    const shifts = [-2, -1, 0, 1, 2];
    const differences = shifts.map(difference);
    assert.equal(shifts[differences.indexOf(Math.min(...differences))], 0);
    const [a, b] = [await decodeAudio(original), await decodeAudio(copy)];
    assert.equal(a.length, b.length);
    assert.ok(a.every((x, i) => Math.abs(x - b[i]) < 1e-3));
  }));
