import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { random } from "../../../lib/base/random.ts";
import { lse } from "../../../lib/evaluation/metrics/lse.ts";
import { openSafetensors } from "../../../lib/weights/safetensors.ts";

/** Rows of a flat array. */
const rows = (flat: Float32Array, size: number) =>
  Array.from({ length: flat.length / size }, (_, t) => flat.subarray(t * size, (t + 1) * size));

const near = (found: number, expected: number) =>
  assert.ok(Math.abs(found - expected) < 1e-5 * Math.max(1, Math.abs(expected)), `${found}, not ${expected}`);

for (const name of ["long", "short", "unrelated"]) {
  Deno.test(`curve, LSE-D, LSE-C and offset are syncnet_python's: ${name}`, async () => {
    const golden = await openSafetensors(
      fileURLToPath(new URL("../../goldens/lse.safetensors", import.meta.url)),
    );
    const size = golden.header.tensors[`${name}/video`].shape[1];
    const read = (part: string) => golden.readF32(`${name}/${part}`);
    const found = lse({ audio: rows(await read("audio"), size), video: rows(await read("video"), size) });
    const curve = await read("curve");
    assert.equal(found.distances.length, 31);
    found.distances.forEach((distance, i) => near(distance, curve[i]));
    near(found.lseD, (await read("lse_d"))[0]);
    near(found.lseC, (await read("lse_c"))[0]);
    const offset = new Int32Array((await golden.read(`${name}/offset`)).slice().buffer)[0];
    assert.equal(found.offset, offset);
    golden.close();
  });
}

Deno.test("sound delayed by n frames gives offset -n, early sound +n", () => {
  const rng = random(3);
  const course = Array.from(
    { length: 90 },
    () => Float32Array.from({ length: 8 }, () => rng.uniform() - 0.5),
  );
  const video = course.slice(20, 70);
  for (const delay of [-15, -4, 0, 1, 15]) {
    // What the lips say at t is heard at t + delay.
    const audio = course.slice(20 - delay, 70 - delay);
    const { offset, lseD, lseC } = lse({ audio, video });
    assert.equal(offset, 0 - delay);
    assert.ok(lseC > 0.1 && lseD < lseC + 0.5);
  }
});

Deno.test("equal embeddings are not quite at distance 0: PyTorch adds 1e-6 to each difference", () => {
  const same = Array.from({ length: 40 }, () => new Float32Array(1024).fill(0.5));
  const { lseD } = lse({ audio: same, video: same });
  assert.ok(Math.abs(lseD - 1e-6 * 32) < 1e-9);
});

Deno.test("what cannot be compared is refused", () => {
  const one = [new Float32Array(4)];
  assert.throws(() => lse({ audio: [...one, ...one], video: one }), /2 windows of sound .* 1 of video/);
  assert.throws(() => lse({ audio: [], video: [] }), RangeError);
});
