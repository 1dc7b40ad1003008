import assert from "node:assert/strict";
import { MEL_BANDS, MEL_RATE, MEL_WINDOW } from "../../lib/base/shapes.ts";
import { melSpectrogram, melStart } from "../../lib/media/mel.ts";
import { audioGolden } from "./audio_golden.ts";

for (const name of ["sound", "short"] as const) {
  Deno.test(`the mel spectrogram of "${name}" is librosa's`, async () => {
    const golden = await audioGolden(name);
    const mel = melSpectrogram(Float32Array.from(golden.samples, (sample) => sample / 32768));
    assert.equal(mel.length, golden.mel.length);
    const worst = mel.reduce((most, x, i) => Math.max(most, Math.abs(x - golden.mel[i])), 0);
    assert.ok(worst < 1e-5, `largest error ${worst} on the +-4 scale`);
  });
}

Deno.test("a tone of 1 kHz is loudest in the band around 1 kHz and 20 dB are 1.6 units", () => {
  const tone = (gain: number) =>
    melSpectrogram(Float32Array.from({ length: 16000 }, (_, i) => gain * Math.sin(2 * Math.PI * i / 16)));
  const loud = tone(0.5), soft = tone(0.05);
  const column = loud.subarray(40 * MEL_BANDS, 41 * MEL_BANDS);
  const band = column.indexOf(Math.max(...column));
  // 1 kHz is mel 15; bands lie evenly between the mels of 55 Hz (0.825) and 7600 Hz (44.50).
  assert.equal(band, Math.round((15 - 0.825) / ((44.50 - 0.825) / 81)) - 1);
  const difference = column[band] - soft[40 * MEL_BANDS + band];
  assert.ok(Math.abs(difference - 1.6) < 1e-4, `difference ${difference}`);
});

Deno.test("silence lies on the floor, and a sound of any length has 1 + floor(samples / 200) columns", () => {
  for (const samples of [1, 2, 199, 200, 401, 800, 1601]) {
    const mel = melSpectrogram(new Float32Array(samples));
    assert.equal(mel.length, (1 + Math.floor(samples / 200)) * MEL_BANDS);
    assert.ok(mel.every((x) => x === -4));
  }
  assert.equal(melSpectrogram(new Float32Array(0)).length, 0);
});

Deno.test("windows of frames start at int(80 f / 25)", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 10, 25].map(melStart), [0, 3, 6, 9, 12, 16, 32, 80]);
  assert.deepEqual([MEL_BANDS, MEL_RATE, MEL_WINDOW], [80, 80, 16]);
});
