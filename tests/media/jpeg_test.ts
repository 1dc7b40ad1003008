import assert from "node:assert/strict";
import { decodeJpeg } from "../../lib/media/jpeg.ts";
import { type Tensor3D, tf } from "../../lib/native/tf.ts";

/** An image 24 wide and 16 high whose left half is of one colour and whose right half is of another. */
async function halves(left: number[], right: number[]): Promise<Uint8Array> {
  const values = Array.from({ length: 16 * 24 }, (_, p) => p % 24 < 12 ? left : right).flat();
  const image = tf.tensor3d(values, [16, 24, left.length], "int32");
  const kind = left.length === 1 ? "grayscale" : "rgb";
  const jpeg = await tf.node.encodeJpeg(image as Tensor3D, kind, 95);
  image.dispose();
  return jpeg;
}

const near = (found: Uint8Array, expected: number[]) =>
  expected.forEach((value, c) => assert.ok(Math.abs(found[c] - value) <= 3, `${found} is not ${expected}`));

Deno.test("colours come back row by row, and nothing stays behind", async () => {
  const jpeg = await halves([200, 40, 90], [10, 220, 60]);
  const before = tf.memory().numTensors, held = tf.backend().numDataIds();
  const { rgb, width, height } = decodeJpeg(jpeg);
  assert.deepEqual([width, height, rgb.length], [24, 16, 24 * 16 * 3]);
  near(rgb.subarray(0, 3), [200, 40, 90]);
  near(rgb.subarray(23 * 3, 24 * 3), [10, 220, 60]);
  near(rgb.subarray(15 * 24 * 3), [200, 40, 90]);
  assert.deepEqual([tf.memory().numTensors, tf.backend().numDataIds()], [before, held]);
});

Deno.test("it is what tfjs decodes, byte for byte", async () => {
  const jpeg = await halves([200, 40, 90], [10, 220, 60]);
  const image = tf.node.decodeJpeg(jpeg, 3);
  assert.deepEqual(Array.from(decodeJpeg(jpeg).rgb), Array.from(image.dataSync()));
  image.dispose();
});

Deno.test("a grey picture has three equal channels", async () => {
  const { rgb } = decodeJpeg(await halves([70], [180]));
  near(rgb.subarray(0, 3), [70, 70, 70]);
  near(rgb.subarray(23 * 3, 24 * 3), [180, 180, 180]);
});

Deno.test("what is no JPEG, or half of one, is an error", async () => {
  assert.throws(() => decodeJpeg(Uint8Array.of(1, 2, 3, 4)), /TF_Status/);
  const jpeg = await halves([200, 40, 90], [10, 220, 60]);
  assert.throws(() => decodeJpeg(jpeg.subarray(0, 200)), /TF_Status/);
});
