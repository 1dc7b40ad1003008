import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { l1, psnr, sharpness, ssim } from "../../../lib/evaluation/metrics/image_quality.ts";
import { FACE_BYTES } from "../../../lib/base/shapes.ts";
import { tf } from "../../../lib/native/tf.ts";
import { openSafetensors } from "../../../lib/weights/safetensors.ts";

const golden = await openSafetensors(
  fileURLToPath(new URL("../../goldens/image_quality.safetensors", import.meta.url)),
);
/** Three crops. */
async function crops(name: string): Promise<Uint8Array[]> {
  const bytes = await golden.read(name);
  return [0, 1, 2].map((k) => bytes.slice(k * FACE_BYTES, (k + 1) * FACE_BYTES));
}
const a = await crops("a"), b = await crops("b");
const expected = Object.fromEntries(
  await Promise.all(
    ["l1", "psnr", "ssim", "sharpness_a", "sharpness_b"].map(async (
      name,
    ) => [name, await golden.readF32(name)]),
  ),
) as Record<string, Float32Array>;
golden.close();

function near(found: number[], name: string, relative: number) {
  assert.equal(found.length, expected[name].length);
  found.forEach((value, k) => {
    const error = Math.abs(value - expected[name][k]) / Math.abs(expected[name][k]);
    assert.ok(error < relative, `${name}[${k}]: ${value} in place of ${expected[name][k]}`);
  });
}

Deno.test("l1, PSNR and SSIM are scikit-image's", () => {
  near(l1(a, b), "l1", 1e-5);
  near(psnr(a, b), "psnr", 1e-5);
  near(ssim(a, b), "ssim", 1e-4);
});

Deno.test("sharpness is the variance of the Laplacian, and blur lowers it", () => {
  near(sharpness(a), "sharpness_a", 1e-4);
  near(sharpness(b), "sharpness_b", 1e-4);
  assert.ok(sharpness(b)[0] < 0.3 * sharpness(a)[0]);
});

Deno.test("equal pictures are at the ends of the scales", () => {
  assert.deepEqual([...l1(a, a)], [0, 0, 0]);
  assert.deepEqual([...psnr(a, a)], [100, 100, 100]);
  for (const value of ssim(a, a)) assert.ok(Math.abs(value - 1) < 1e-6);
});

Deno.test("many crops are scored in batches, each as if it were alone, and no tensor is left", () => {
  const crops = Array.from(
    { length: 70 },
    (_, k) => new Uint8Array(96 * 96 * 3).map((_, i) => (i * (k + 3)) % 251),
  );
  const shifted = crops.map((crop) => crop.map((value) => value + 4));
  const before = tf.memory().numTensors;
  const all = ssim(crops, shifted);
  const last = ssim(crops.slice(69), shifted.slice(69));
  assert.equal(all.length, 70);
  assert.ok(Math.abs(all[69] - last[0]) < 1e-6);
  assert.equal(tf.memory().numTensors, before);
  for (const value of l1(crops, shifted)) assert.ok(Math.abs(value - 4 / 255) < 1e-6);
});

Deno.test("pictures of other sizes or numbers are refused", () => {
  assert.throws(() => l1(a, b.slice(1)), /2 crops do not go with 3/);
  assert.throws(() => sharpness([new Uint8Array(12)]), /27648 bytes, not 12/);
});
