import assert from "node:assert/strict";
import { join } from "node:path";
import { audioBlocks, decodeAudio } from "../../lib/media/decode.ts";
import { fromInt16, toInt16, writeWav } from "../../lib/media/audio.ts";
import { ffmpeg, inFolder, namesIn } from "./made_video.ts";

/** Noise that uses every bit: 16-bit samples of a linear congruential generator. */
function noise(samples: number): Int16Array {
  let state = 1;
  return Int16Array.from(
    { length: samples },
    () => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 15,
  );
}

Deno.test("sound goes to 16 bits and back without loss, and is clipped at the ends", () => {
  const samples = noise(5000);
  assert.deepEqual(toInt16(fromInt16(samples)), samples);
  assert.deepEqual([...toInt16(Float32Array.of(-2, -1, 0, 0.5, 1, 2))], [
    -32768,
    -32768,
    0,
    16384,
    32767,
    32767,
  ]);
});

Deno.test("a wav file comes back sample for sample, whole, in parts and in blocks", () =>
  inFolder(async (folder) => {
    const path = join(folder, "noise.wav");
    const audio = fromInt16(noise(40000));
    await writeWav(path, audio);
    assert.deepEqual(namesIn(folder), ["noise.wav"]);
    assert.deepEqual(await decodeAudio(path), audio);
    assert.deepEqual(await decodeAudio(path, { start: 0.5 }), audio.slice(8000));
    assert.deepEqual(await decodeAudio(path, { start: 1.25, duration: 0.5 }), audio.slice(20000, 28000));
    assert.deepEqual(await decodeAudio(path, { start: 2, duration: 9 }), audio.slice(32000));
    assert.equal((await decodeAudio(path, { start: 3 })).length, 0);
    const lengths: number[] = [];
    for await (const block of audioBlocks(path, { seconds: 1 })) lengths.push(block.length);
    assert.deepEqual(lengths, [16000, 16000, 8000]);
  }));

Deno.test("channels are averaged and other rates resampled", () =>
  inFolder(async (folder) => {
    const path = join(folder, "stereo.wav");
    const left = "0.9*sin(2*PI*500*t)", right = "0.5*sin(2*PI*500*t)";
    await ffmpeg("-f", "lavfi", "-i", `aevalsrc='${left}|${right}':s=44100:d=1`, "-c:a", "pcm_f32le", path);
    const audio = await decodeAudio(path);
    assert.ok(Math.abs(audio.length - 16000) <= 1);
    for (let i = 2000; i < 14000; i++) {
      const expected = 0.7 * Math.sin(2 * Math.PI * 500 * i / 16000);
      assert.ok(Math.abs(audio[i] - expected) < 2e-3, `sample ${i}: ${audio[i]}, expected ${expected}`);
    }
  }));
