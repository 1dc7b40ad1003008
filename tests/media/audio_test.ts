import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeAudio, decodeInt16 } from "../../lib/media/decode.ts";
import { fromInt16, levelOf, toInt16 } from "../../lib/media/audio.ts";
import { wavBytes } from "./wav.ts";
import { ffmpeg, inFolder } from "./made_video.ts";

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

Deno.test("a wav file comes back sample for sample", () =>
  inFolder(async (folder) => {
    const path = join(folder, "noise.wav"), samples = noise(200000); // more than is read at once
    await Deno.writeFile(path, wavBytes(fromInt16(samples)));
    assert.deepEqual(await decodeInt16(path), samples);
    assert.deepEqual(await decodeAudio(path), fromInt16(samples));
  }));

Deno.test("a level is that of the root mean square, in floats and in 16 bits", () => {
  const half = new Float32Array(1000).map((_, i) => i % 2 ? 0.5 : -0.5);
  assert.ok(Math.abs(levelOf(half) + 6.0206) < 1e-4);
  assert.equal(levelOf(toInt16(half)), levelOf(half));
  assert.equal(levelOf(new Int16Array(0)), -120);
});

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
