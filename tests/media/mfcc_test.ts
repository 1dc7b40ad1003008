import assert from "node:assert/strict";
import { CEPSTRA, mfcc } from "../../lib/media/mfcc.ts";
import { audioGolden } from "./audio_golden.ts";

for (const name of ["sound", "short"] as const) {
  Deno.test(`the MFCC of "${name}" are those of python_speech_features`, async () => {
    const golden = await audioGolden(name);
    const cepstra = mfcc(golden.samples);
    assert.equal(cepstra.length, golden.mfcc.length);
    cepstra.forEach((x, i) => {
      const expected = golden.mfcc[i];
      // Digital silence has coefficients that are zero but for rounding: there only the absolute error counts.
      const allowed = 1e-5 * Math.abs(expected) + 1e-9;
      assert.ok(
        Math.abs(x - expected) <= allowed,
        `column ${Math.floor(i / CEPSTRA)}, coefficient ${i % CEPSTRA}: ${x}, expected ${expected}`,
      );
    });
  });
}

Deno.test("columns are 1 + ceil((samples - 400) / 160), and silence is finite", () => {
  for (const [samples, columns] of [[1, 1], [400, 1], [401, 2], [560, 2], [561, 3], [16000, 99]]) {
    const cepstra = mfcc(new Int16Array(samples));
    assert.equal(cepstra.length, columns * CEPSTRA);
    assert.ok(cepstra.every(Number.isFinite));
    assert.ok(Math.abs(cepstra[0] - Math.log(Number.EPSILON)) < 1e-5);
  }
  assert.equal(mfcc(new Int16Array(0)).length, 0);
});
