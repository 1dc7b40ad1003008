import assert from "node:assert/strict";
import { join } from "node:path";
import { attentionReport } from "../../lib/tasks/attention.ts";
import { KitError } from "../../lib/base/errors.ts";
import { decodeAudio, decodeFrames } from "../../lib/media/decode.ts";
import { probe } from "../../lib/media/probe.ts";
import { tf } from "../../lib/native/tf.ts";
import { openSafetensors } from "../../lib/weights/safetensors.ts";
import { makeFaceVideo } from "../prepare/face_video.ts";
import { readPng } from "../figures/pixels.ts";
import { inFolder, namesIn } from "../media/made_video.ts";
import { makeTinyRun } from "../training/tiny_run.ts";

Deno.test("every layer's weights and maps become a picture, a film with sound, and a file", () =>
  inFolder(async (folder) => {
    const run = await makeTinyRun(folder), out = join(folder, "my attention");
    const video = await makeFaceVideo(join(folder, "a film.mp4"), { seconds: 1 });
    await attentionReport(video, { run, out });
    const before = tf.memory().numTensors;
    const report = await attentionReport(video, { run, out });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(namesIn(out), ["attention.mp4", "attention.png", "attention.safetensors"]);

    const { layers, frames, windows, moment } = report;
    assert.deepEqual([frames, windows], [25, 21]);
    const of = (input: string) => layers.filter((layer) => layer.input === input);
    assert.deepEqual([of("face").length, of("sound").length], [17, 14]);
    assert.deepEqual(layers.find(({ name }) => name === "video/0")!.h, 48);
    assert.deepEqual(layers.find(({ name }) => name === "audio/0")!.w, 16);
    // The drawn mouth is the most open, and its hum the loudest, in the middle of each syllable of 10 frames.
    assert.ok(Math.abs(moment.frame % 10 - 5) <= 1, String(moment.frame));
    assert.ok(Math.abs(moment.seconds - moment.frame / 25) < 1e-9);

    const file = await openSafetensors(report.maps);
    assert.equal(Object.keys(file.header.tensors).length, 2 * layers.length);
    for (const { name, channels, h, w, range } of layers) {
      assert.deepEqual(file.header.tensors[`${name}/channel`].shape, [windows, channels]);
      assert.deepEqual(file.header.tensors[`${name}/spatial`].shape, [windows, h, w]);
      const values = await file.readF32(`${name}/spatial`);
      const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
      assert.ok(low > 0 && high < 1 && Math.abs(low - range[0]) < 1e-3 && Math.abs(high - range[1]) < 1e-3);
    }
    file.close();

    const image = await readPng(await Deno.readFile(report.picture));
    const { video: film, audio, duration } = await probe(report.film);
    assert.deepEqual([film!.width, film!.fps], [760, 25]);
    assert.deepEqual([image.width, image.height], [2 * film!.width, 2 * film!.height]);
    assert.ok(audio && Math.abs(duration - 1) < 0.05);
    let count = 0;
    for await (const _ of decodeFrames(report.film, { width: 8, height: 8 })) count++;
    assert.equal(count, 25);
    assert.ok((await decodeAudio(report.film)).some((sample) => Math.abs(sample) > 0.1));
  }));

Deno.test("a discriminator without CBAM, an absent film and a file in the way are refused", () =>
  inFolder(async (folder) => {
    const refused = (promise: Promise<unknown>, pattern: RegExp) =>
      assert.rejects(promise, (e) => e instanceof KitError && pattern.test(e.message));
    const plain = await makeTinyRun(folder, { cbam: false }), run = await makeTinyRun(folder);
    const out = join(folder, "out"), video = join(folder, "absent.mp4");
    await refused(
      attentionReport(video, { run: plain, out }),
      /without CBAM has no CBAM, so there is no att/,
    );
    await refused(attentionReport(video, { run, out }), /no file .*absent/);
    await Deno.writeTextFile(out, "");
    const film = await makeFaceVideo(join(folder, "film.mp4"), { seconds: 0.6 });
    await refused(attentionReport(film, { run, out }), /Cannot write .*out/);
  }));
