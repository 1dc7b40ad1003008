import assert from "node:assert/strict";
import { powerSpectrum } from "../../lib/media/fft.ts";

/** |X_k|^2 by the definition. */
function direct(input: Float64Array): Float64Array {
  const size = input.length;
  return Float64Array.from({ length: size / 2 + 1 }, (_, k) => {
    let real = 0, imaginary = 0;
    input.forEach((x, i) => {
      const angle = 2 * Math.PI * ((i * k) % size) / size;
      real += x * Math.cos(angle);
      imaginary -= x * Math.sin(angle);
    });
    return real * real + imaginary * imaginary;
  });
}

Deno.test("the power spectrum is that of the definition for every radix", () => {
  for (const size of [2, 4, 6, 10, 30, 60, 128, 512, 800]) {
    const input = Float64Array.from(
      { length: size },
      (_, i) => Math.sin(i * i * 0.37) + (i % 7 === 3 ? 1 : 0),
    );
    const power = new Float64Array(size / 2 + 1), expected = direct(input);
    const transform = powerSpectrum(size);
    transform(input, power);
    transform(input, power); // a plan keeps nothing from one call to the next
    power.forEach((x, k) => assert.ok(Math.abs(x - expected[k]) < 1e-9 * size, `size ${size}, bin ${k}`));
  }
});

Deno.test("sizes it cannot do are refused", () => {
  assert.throws(() => powerSpectrum(9), RangeError);
  assert.throws(() => powerSpectrum(28), RangeError);
});
