import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { memorySource } from "../../lib/weights/byte_source.ts";
import { type Entry, openSafetensors, readHeader, writeSafetensors } from "../../lib/weights/safetensors.ts";
import { inFolder } from "../in_folder.ts";

const golden = new URL("../goldens/safetensors.safetensors", import.meta.url).pathname;

Deno.test("a file written by the reference library is read", async () => {
  const file = await openSafetensors(golden);
  assert.deepEqual({ ...file.header.metadata }, { speaker: "s1", "ünï": "“quoted”" });
  assert.deepEqual(file.header.tensors["audio/0/kernel"].shape, [2, 3]);
  assert.deepEqual([...await file.readF32("audio/0/kernel")], [0, 0.25, 0.5, 0.75, 1, 1.25]);
  assert.deepEqual([...await file.readF32("scalar")], [-1.5]);
  assert.deepEqual([...await file.readF32("halves")], [
    ...[0, -0, 1, -2, 65504, 2 ** -24, -(2 ** -14), 0.333251953125, Infinity, -Infinity, NaN],
  ]);
  assert.deepEqual([...new BigInt64Array((await file.read("steps")).buffer)], [1n, -2n, 2n ** 40n]);
  assert.deepEqual([...new Int16Array((await file.read("sound")).buffer)], [-32768, 0, 32767]);
  assert.deepEqual([...await file.readRange("frames", 1, 4)], [1, 2, 3]);
  assert.equal((await file.readF32("empty")).length, 0);
  await assert.rejects(file.readF32("counts"), /"counts".*I32, not a float/);
  await assert.rejects(file.readRange("frames", 1, 6), KitError);
  await assert.rejects(file.read("toString"), /holds no tensor "toString"/);
  file.close();
});

Deno.test("what is written is read back, also from views into larger buffers", () =>
  inFolder(async (folder) => {
    const path = join(folder, "new", "clip one.safetensors");
    const tensors: Record<string, Entry> = {
      frames: { dtype: "U8", shape: [3], data: new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4) },
      "__proto__x": { dtype: "I64", shape: [2], data: new BigInt64Array([5n, -6n]) },
      mel: { dtype: "F32", shape: [2, 1], data: new Float32Array([0.5, -4]) },
      half: { dtype: "BF16", shape: [2], data: new Uint16Array([0x3f80, 0xc040]) },
      none: { dtype: "F32", shape: [0], data: new Float32Array() },
    };
    await writeSafetensors(path, tensors, { version: "1" });
    const file = await openSafetensors(path);
    assert.equal(file.header.dataStart % 8, 0);
    assert.equal(file.header.metadata.version, "1");
    for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
      assert.equal(file.header.tensors[name].dtype, dtype);
      assert.deepEqual(file.header.tensors[name].shape, shape);
      assert.deepEqual(await file.read(name), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    assert.deepEqual([...await file.readF32("half")], [1, -3]);
    const overlapping = await Promise.all(Array.from({ length: 20 }, () => file.readF32("mel")));
    assert.ok(overlapping.every((mel) => mel[1] === -4));
    file.close();
    assert.deepEqual([...Deno.readDirSync(join(folder, "new"))].map((entry) => entry.name), [
      "clip one.safetensors",
    ]);
    await assert.rejects(
      writeSafetensors(path, { bad: { dtype: "F32", shape: [3], data: new Float32Array(2) } }),
      /tensor bad of F32 \[3\] got 8 bytes/,
    );
    await assert.rejects(writeSafetensors(join(path, "below"), {}), KitError);
  }));

Deno.test("tensors whose data is made when their turn comes, one at a time; bytes in memory are read like a file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "lazy.safetensors");
    let alive = 0, most = 0;
    const lazy = (value: number) => ({
      dtype: "F32" as const,
      shape: [3],
      make: async () => {
        most = Math.max(most, ++alive);
        await Promise.resolve();
        alive--;
        return new Float32Array(3).fill(value);
      },
    });
    const now = { dtype: "U8" as const, shape: [1], data: new Uint8Array([9]) };
    await writeSafetensors(path, { a: lazy(1), now, b: lazy(2) });
    assert.equal(most, 1);
    const file = await openSafetensors(memorySource("in memory", await Deno.readFile(path)));
    assert.deepEqual([...await file.readF32("a"), ...await file.readF32("b")], [1, 1, 1, 2, 2, 2]);
    assert.deepEqual([...await file.read("now")], [9]);
    const short = { ...lazy(3), make: () => Promise.resolve(new Float32Array(2)) };
    await assert.rejects(
      writeSafetensors(join(folder, "short"), { short }),
      /tensor short of F32 \[3\] got 8 bytes/,
    );
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["lazy.safetensors"]);
  }));

Deno.test("what is written is, byte for byte, the file that Python's safetensors read", () =>
  inFolder(async (folder) => {
    // tests/goldens/check_safetensors.py reads that file with the reference library and compares every number.
    const path = join(folder, "written.safetensors");
    await writeSafetensors(
      path,
      {
        "audio/0/conv/kernel": {
          dtype: "F32",
          shape: [2, 3],
          data: Float32Array.from([0, 1, 2, 3, 4, 5], (k) => k / 4),
        },
        "steps": { dtype: "I64", shape: [2], data: new BigInt64Array([-1n, 2n ** 40n]) },
        "double": { dtype: "F64", shape: [], data: new Float64Array([1 / 3]) },
        "half": { dtype: "F16", shape: [3], data: new Float16Array([1.5, -65504, 2 ** -24]) },
        "brain": { dtype: "BF16", shape: [2], data: new Uint16Array([0x3f80, 0xc040]) },
        "counts": { dtype: "I32", shape: [1, 2], data: new Int32Array([-7, 8]) },
        "sound": { dtype: "I16", shape: [2], data: new Int16Array([-32768, 32767]) },
        "signs": { dtype: "I8", shape: [3], data: new Int8Array([-128, 0, 127]) },
        "frames": { dtype: "U8", shape: [5], data: new Uint8Array([0, 1, 2, 254, 255]) },
        "mask": { dtype: "BOOL", shape: [2], data: new Uint8Array([1, 0]) },
        "empty": { dtype: "F32", shape: [0, 4], data: new Float32Array() },
        '"ünï"\n': { dtype: "U8", shape: [1], data: new Uint8Array([3]) },
      },
      { network: "wav2lip", "ünï": '“quoted” "text"' },
    );
    const golden = new URL("../goldens/written_by_kit.safetensors", import.meta.url).pathname;
    assert.deepEqual(await Deno.readFile(path), await Deno.readFile(golden));
  }));

/** Each damage: the JSON header, the bytes of data that follow it, and what the fault must say. */
const lies: [string, number, RegExp][] = [
  ["{", 0, /not JSON/],
  ["[]", 0, /not a JSON object/],
  ['{"a":7}', 0, /not described by an object/],
  ['{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,4]}}', 4, /type "F7"/],
  ['{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,4]}}', 4, /type "toString"/],
  ['{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4, /no valid shape/],
  ['{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}', 6, /no valid shape/],
  ['{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}', 4, /no valid data_offsets/],
  ['{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4, /8 bytes, but its offsets hold 4/],
  [
    '{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,4]}}',
    4,
    /offsets hold 4/,
  ],
  ['{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', 8, /starts at byte 4 in place of 0/],
  [
    '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[3],"data_offsets":[2,5]}}',
    5,
    /"b" starts at byte 2 in place of 4/,
  ],
  ['{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', 3, /cut short by 1 bytes/],
  ['{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', 6, /2 bytes follow the last tensor/],
  [
    '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}, "\\u0061" :{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
    1,
    /names "a" twice/,
  ],
  ['{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1, /names "dtype" twice/],
  ['{"__metadata__":{"a":1}}', 0, /metadata "a" is not text/],
  [`${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`, 0, /nests deeper than 3 levels/],
  [`{"a":${"[".repeat(200_000)}`, 0, /nests deeper than 3 levels/],
  [`{"${"a".repeat(20_000_000)}":7}`, 0, /tensor "aaa/],
  [
    '{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],' +
    '"data_offsets":[0,1]}}',
    1,
    /no valid shape/,
  ],
];

Deno.test("a file that lies about itself is refused by name", () =>
  inFolder(async (folder) => {
    const path = join(folder, "lying.safetensors");
    for (const [header, data, message] of lies) {
      const json = new TextEncoder().encode(header);
      const bytes = new Uint8Array(8 + json.length + data);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
      bytes.set(json, 8);
      await Deno.writeFile(path, bytes);
      await assert.rejects(
        readHeader(path),
        (error: Error) =>
          error instanceof KitError && error.message.includes(path) && message.test(error.message) &&
          error.message.length < 500,
        header.slice(0, 200),
      );
    }
  }));

Deno.test("a file cut short anywhere, or with a huge header length, is refused", () =>
  inFolder(async (folder) => {
    const whole = await Deno.readFile(golden);
    const path = join(folder, "short.safetensors");
    for (const length of [0, 7, 8, 100, whole.length - 1]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      await assert.rejects(openSafetensors(path), KitError, `${length} bytes`);
    }
    await Deno.writeFile(path, new Uint8Array(64).fill(255));
    await assert.rejects(readHeader(path), /claims a header of/);
    await assert.rejects(readHeader(join(folder, "absent")), /does not exist/);
  }));

Deno.test("a tensor named __proto__ is only a name", () =>
  inFolder(async (folder) => {
    const path = join(folder, "proto.safetensors");
    const named = JSON.parse('{"__proto__":{"dtype":"U8","shape":[1],"data":{}}}');
    named["__proto__"].data = new Uint8Array([3]);
    await writeSafetensors(path, named);
    const file = await openSafetensors(path);
    assert.deepEqual(await file.read("__proto__"), new Uint8Array([3]));
    assert.equal(({} as Record<string, unknown>).dtype, undefined);
    file.close();
  }));
