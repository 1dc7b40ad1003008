import assert from "node:assert/strict";
import { faceChange, melChange, unchanged } from "../../lib/dataset/augment.ts";
import { random } from "../../lib/base/random.ts";
import { FACE_BYTES } from "../../lib/base/shapes.ts";

/** A face [96, 96, 3] whose bytes say where they stand: row, column, and their sum. */
const counted = Uint8Array.from(
  { length: FACE_BYTES },
  (_, k) =>
    [Math.floor(k / 288), Math.floor(k / 3) % 96, Math.floor(k / 288) + Math.floor(k / 3) % 96][k % 3],
);
const pixel = (
  face: Uint8Array,
  y: number,
  x: number,
) => [...face.subarray(3 * (96 * y + x), 3 * (96 * y + x) + 3)];

Deno.test("nothing is changed, and no random number taken, where nothing is asked for", () => {
  const numbers = random(1), mel = Float32Array.of(-4, 0.5, 4);
  assert.equal(faceChange(numbers, unchanged)(counted), counted);
  melChange(numbers, unchanged)(mel);
  assert.deepEqual([...mel], [-4, 0.5, 4]);
  assert.equal(numbers.state, random(1).state);
});

Deno.test("a mirrored face has its columns the other way round", () => {
  const face = faceChange(random(1), { ...unchanged, mirror: 1 })(counted);
  assert.deepEqual([pixel(face, 3, 0), pixel(face, 3, 95), pixel(face, 50, 40)], [
    [3, 95, 98],
    [3, 0, 3],
    [50, 55, 105],
  ]);
});

Deno.test("a moved crop shows another part of the face, and its edge where there is none", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const face = faceChange(random(seed), { ...unchanged, shift: 2 })(counted);
    const [y, x] = pixel(face, 48, 48), [down, right] = [y - 48, x - 48];
    seen.add(`${down} ${right}`);
    assert.ok(Math.abs(down) <= 2 && Math.abs(right) <= 2);
    assert.deepEqual(pixel(face, 0, 0).slice(0, 2), [Math.max(0, down), Math.max(0, right)]);
    assert.deepEqual(pixel(face, 95, 95).slice(0, 2), [Math.min(95, 95 + down), Math.min(95, 95 + right)]);
  }
  assert.ok(seen.size > 18, `${seen.size} of 25 moves in 60 tries`);
});

Deno.test("colours change by a straight line a channel, as much as was asked for at most", () => {
  for (let seed = 0; seed < 20; seed++) {
    const change = faceChange(random(seed), { ...unchanged, colour: 0.1 });
    const [dark, grey, light] = [40, 127, 200].map((byte) => change(new Uint8Array(FACE_BYTES).fill(byte)));
    for (let c = 0; c < 3; c++) {
      // Contrast by 10 %, tint by 5 %, brightness by 5 % of the scale, and a rounding.
      assert.ok(Math.abs(grey[c] - 127) <= 14, `${grey[c]}`);
      const slope = (light[c] - dark[c]) / 160;
      assert.ok(slope > 0.84 && slope < 1.17, `${slope}`);
      assert.ok(Math.abs(grey[c] - dark[c] - slope * 87) <= 1.5, "a straight line");
    }
    assert.equal(new Set(dark.filter((_, k) => k % 3 === 0)).size, 1, "the same for every pixel");
  }
  const one = faceChange(random(5), { ...unchanged, colour: 0.1, mirror: 0.5, shift: 3 });
  assert.deepEqual(one(counted), one(counted), "and for every frame");
});

Deno.test("sound is made louder by one number a sample, noise by one deviation, within the mel scale", () => {
  const gains = Array.from({ length: 40 }, (_, seed) => {
    const mel = Float32Array.of(-1, 0, 1, 3.9, -3.9),
      change = melChange(random(seed), { ...unchanged, gain: 0.5 });
    change(mel);
    const gain = mel[1];
    assert.ok(Math.abs(mel[0] + 1 - gain) < 1e-6 && Math.abs(mel[2] - 1 - gain) < 1e-6);
    assert.ok(
      Math.abs(mel[3] - Math.min(4, 3.9 + gain)) < 1e-6 && Math.abs(mel[4] - Math.max(-4, gain - 3.9)) < 1e-6,
    );
    const again = Float32Array.of(0);
    change(again);
    assert.equal(again[0], mel[1], "the same for every window of the sample");
    return gain;
  });
  assert.ok(Math.max(...gains) > 0.35 && Math.max(...gains) <= 0.5 && Math.min(...gains) < -0.35);
  const noisy = new Float32Array(20000), change = melChange(random(3), { ...unchanged, noise: 0.3 });
  change(noisy);
  const deviation = Math.sqrt(noisy.reduce((sum, v) => sum + v * v, 0) / noisy.length);
  assert.ok(deviation > 0.01 && deviation < 0.31, `${deviation}`);
});
