import assert from "node:assert/strict";
import { join } from "node:path";
import { openPreparedClip } from "../../lib/dataset/prepared_clip.ts";
import { windowsOf } from "../../lib/dataset/windows.ts";
import { KitError } from "../../lib/base/errors.ts";
import { FACE_BYTES } from "../../lib/base/shapes.ts";
import { type Tensor3D, tf } from "../../lib/native/tf.ts";
import { writeSafetensors } from "../../lib/weights/safetensors.ts";
import { inFolder } from "../prepared.ts";

/** A JPEG image of one grey, square. */
async function grey(value: number, size = 96): Promise<Uint8Array> {
  const image = tf.fill([size, size, 3], value, "int32");
  const jpeg = await tf.node.encodeJpeg(image as Tensor3D, "rgb", 95);
  image.dispose();
  return jpeg;
}

/** Writes a clip of these images, whose mel [columns, 80] is `loud` in columns 32 to 63 and silent elsewhere. */
async function writeClipOf(
  path: string,
  images: Uint8Array[],
  { columns = 96, loud = 0, offsets }: { columns?: number; loud?: number; offsets?: number[] } = {},
): Promise<void> {
  const ends = [0];
  for (const { length } of images) ends.push(ends.at(-1)! + length);
  const frames = new Uint8Array(ends.at(-1)!);
  images.forEach((image, k) => frames.set(image, ends[k]));
  const places = BigInt64Array.from(offsets ?? ends, BigInt);
  const mel = new Float32Array(columns * 80).fill(-4).fill(loud, 32 * 80, 64 * 80);
  await writeSafetensors(path, {
    frames: { dtype: "U8", shape: [frames.length], data: frames },
    frame_offsets: { dtype: "I64", shape: [places.length], data: places },
    mel: { dtype: "F32", shape: [columns, 80], data: mel },
    sound: { dtype: "I16", shape: [4], data: Int16Array.of(1, -2, 3, -4) },
    mouth: { dtype: "F32", shape: [images.length, 2], data: new Float32Array(2 * images.length) },
  });
}

const greys = (count: number) => Promise.all(Array.from({ length: count }, (_, k) => grey(10 * k)));

Deno.test("a window of 5 frames and of 16 columns must fit", () => {
  assert.equal(windowsOf(4, 100), 0);
  assert.equal(windowsOf(30, 96), 26, "the last one starts at frame 25, column 80, and ends at column 96");
  assert.equal(windowsOf(30, 95), 25);
});

Deno.test("speech is where the mean of a window's mel is above -2.9", () =>
  inFolder(async (folder) => {
    const path = join(folder, "clip.safetensors");
    // A window with n loud columns of 16 has mean -4 + n / 4 (loud is 0): n >= 5 is speech. The window of frame f has
    // columns int(3.2 f) to + 15 and columns 32 to 63 are loud: 21 <= int(3.2 f) <= 59, so frames 7 to 18.
    await writeClipOf(path, await greys(30));
    const { voiced, frames, columns } = await openPreparedClip(path);
    assert.deepEqual([frames, columns, voiced.length], [30, 96, 26]);
    assert.deepEqual(voiced.flatMap((speaks, f) => speaks ? [f] : []), [
      7,
      8,
      9,
      10,
      11,
      12,
      13,
      14,
      15,
      16,
      17,
      18,
    ]);
  }));

Deno.test("only the frames asked for are decoded, once", () =>
  inFolder(async (folder) => {
    const path = join(folder, "clip.safetensors"), images = await greys(12);
    images[7] = images[7].fill(0);
    await writeClipOf(path, images);
    let bytes = 0;
    const clip = await openPreparedClip(path, { grown: (more) => bytes += more });
    const opened = 96 * 80 * 4 + 13 * 8 + 2 * 12 * 4; // mel, places of the pictures, mouth
    assert.equal(bytes, opened);
    const [five, three, again] = await clip.faces([5, 3, 5]);
    assert.deepEqual([five.length, five[0], three[FACE_BYTES - 1], again], [FACE_BYTES, 50, 30, five]);
    assert.equal(bytes, opened + 2 * FACE_BYTES);
    assert.equal((await clip.faces([3]))[0], three);
    assert.equal(bytes, opened + 2 * FACE_BYTES);
    await assert.rejects(clip.faces([6, 7]), (error) => {
      assert.ok(error instanceof KitError);
      assert.match(error.message, /^Frame 7 of .*clip\.safetensors is no whole JPEG picture\. Prepare/);
      return true;
    });
    await assert.rejects(clip.whole(), /Frame 7 of/);
  }));

Deno.test("the whole clip has all frames in one piece, and nothing is held twice", () =>
  inFolder(async (folder) => {
    const path = join(folder, "clip.safetensors");
    await writeClipOf(path, await greys(6));
    let bytes = 0;
    const clip = await openPreparedClip(path, { grown: (more) => bytes += more });
    await clip.faces([2]);
    const whole = await clip.whole();
    assert.deepEqual([whole.faces.length, whole.faces[0], whole.faces[5 * FACE_BYTES]], [
      6 * FACE_BYTES,
      0,
      50,
    ]);
    assert.deepEqual(Array.from(whole.audio), [1, -2, 3, -4]);
    assert.equal(whole.mouth.length, 12);
    assert.equal(bytes, 96 * 80 * 4 + 7 * 8 + 6 * FACE_BYTES + 8 + 12 * 4);
    assert.equal((await clip.faces([4]))[0].buffer, whole.faces.buffer);
    assert.equal(await clip.whole(), whole);
  }));

Deno.test("clips whose parts do not fit are named", () =>
  inFolder(async (folder) => {
    const path = join(folder, "clip.safetensors"), images = await greys(3);
    const rejects = (work: Promise<unknown>, message: RegExp) =>
      assert.rejects(work, (error) => error instanceof KitError && message.test(error.message));
    for (const offsets of [[0, 900, 500, 1000], [0, 1, 2, 1e9], [-5, 1, 2, 3]]) {
      await writeClipOf(path, images, { offsets });
      await rejects(openPreparedClip(path), /frame offsets of .*clip\.safetensors do not fit its frames/);
    }
    await writeClipOf(path, [...images, await grey(9, 64)]);
    await rejects((await openPreparedClip(path)).faces([3]), /Frame 3 of .* is 64 x 64, not 96 pixels/);
    await rejects(openPreparedClip(join(folder, "none.safetensors")), /none\.safetensors does not exist/);
    const clip = await openPreparedClip(path);
    await Deno.remove(path);
    await rejects(clip.faces([0]), /clip\.safetensors does not exist/);
  }));
