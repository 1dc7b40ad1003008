import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { KitError } from "../../lib/base/errors.ts";
import { memorySource } from "../../lib/weights/byte_source.ts";
import { openSafetensors } from "../../lib/weights/safetensors.ts";
import { openWeights, type StoredWeights } from "../../lib/weights/stored_weights.ts";
import { dictionary, int, name, type Part, pickle, storage, tensor, text, tuple } from "./made_pickle.ts";
import { type MadeEntry, makeZip } from "./made_zip.ts";
import { listZip } from "../../lib/weights/zip.ts";

const goldens = new URL("../goldens/pytorch/", import.meta.url);
const pathOf = (file: string) => new URL(file, goldens).pathname;
const expected = await openSafetensors(pathOf("expected.safetensors"));

const straight = (shape: number[]) => shape.map((_, k) => k);

/** Every tensor equals the one that PyTorch held, and there are no others. */
async function assertHolds(weights: StoredWeights, as: string): Promise<void> {
  const names = Object.keys(expected.header.tensors).filter((key) => key.startsWith(`${as}/`))
    .map((key) => key.slice(as.length + 1));
  assert.ok(names.length > 0);
  assert.deepEqual([...weights.tensors.keys()].sort(), names.sort());
  for (const [name, { shape, read }] of weights.tensors) {
    assert.deepEqual(shape, expected.header.tensors[`${as}/${name}`].shape, name);
    assert.deepEqual([...await read(straight(shape))], [...await expected.readF32(`${as}/${name}`)], name);
  }
}

Deno.test("PyTorch's zip and stream forms hold what PyTorch says", async () => {
  for (const as of ["checkpoint", "state", "protocol4", "dtypes", "views"]) {
    for (const form of ["zip", "stream"]) {
      const weights = await openWeights(pathOf(`${as}_${form}.pt`));
      assert.match(weights.form, form === "zip" ? /zip form/ : /older stream form/);
      assert.deepEqual(
        weights.besides,
        as === "checkpoint" ? ["optimizer", "global_step", "global_epoch", "losses", "settings"] : [],
      );
      await assertHolds(weights, as);
      weights.close();
    }
  }
});

Deno.test("zip64, big-endian numbers, parts of storages, and safetensors of several GPUs", async () => {
  for (
    const [file, as] of [
      ["zip64_zip.pt", "zip64"],
      ["big_endian_zip.pt", "big_endian"],
      ["parts_stream.pt", "parts"],
      ["state.safetensors", "state"],
    ]
  ) {
    const weights = await openWeights(pathOf(file));
    await assertHolds(weights, as);
    weights.close();
  }
});

Deno.test("the optimizer's state is not read: with its bytes spoilt the weights are the same", async () => {
  const file = await Deno.readFile(pathOf("checkpoint_zip.pt"));
  const entries = await listZip(memorySource("whole", file));
  const held = [...entries].filter(([name]) => name.startsWith("checkpoint_zip/data/"));
  // The storages are numbered as they appear: first those of the 12 tensors of the state dict.
  const optimizer = held.filter(([name]) => Number(name.split("/").at(-1)) >= 12);
  assert.ok(optimizer.length > 20);
  for (const [, { start, size }] of optimizer) file.fill(0x55, start, start + size);
  await assertHolds(await openWeights(memorySource("spoilt", file)), "checkpoint");
  const [, { start }] = held.find(([name]) => name.endsWith("/data/11"))!;
  file[start] ^= 1;
  assert.match(await refusal(memorySource("spoilt", file)), /"data\/11" do not fit its checksum/);
});

async function refusal(source: Parameters<typeof openWeights>[0]): Promise<string> {
  try {
    const { tensors } = await openWeights(source);
    for (const { shape, read } of tensors.values()) await read(straight(shape));
  } catch (error) {
    assert.ok(error instanceof KitError, String((error as Error).stack));
    return error.message;
  }
  return "none";
}

Deno.test("TorchScript, whole modules and forms that are no weights are refused by name", async () => {
  for (
    const [file, message] of [
      ["script.pt", /script\.pt is TorchScript/],
      ["module_zip.pt", /asks for "__main__\.Net"/],
      ["list_zip.pt", /holds no dictionary/],
      ["several_zip.pt", /several state dicts: "a", "b"/],
      ["no_tensors_zip.pt", /holds no state dict/],
      ["plain.pkl", /is a pickle, but none that torch\.save wrote/],
      ["arrays.npz", /is a zip file but not PyTorch's \(it holds "a\.npy"\)/],
      ["absent.pt", /does not exist/],
      ["", /is a folder/],
    ] as const
  ) {
    assert.match(await refusal(pathOf(file)), message, file);
  }
  for (
    const [begins, message] of [
      ["", /is empty/],
      ["\n<!DOCTYPE html><html>", /is a web page/],
      ["version https://git-lfs.github.com/spec/v1\n", /pointer of Git LFS/],
      ["\x89HDF\r\n\x1a\n", /is HDF5/],
      ["\x1f\x8b\x08", /compressed by gzip/],
      ["storages".padEnd(257, "\0") + "ustar", /is a tar archive/],
      ["something else entirely", /form that is not known/],
    ] as const
  ) {
    assert.match(await refusal(memorySource("f", Buffer.from(begins, "latin1"))), message, begins);
  }
});

/** A zip file as PyTorch writes it, of a pickle and of the storage "0" of four floats. */
const madeZip = (saved: Part, more: MadeEntry[] = []) =>
  memorySource(
    "made.pt",
    makeZip([
      { name: "m/data.pkl", data: pickle(saved) },
      { name: "m/data/0", data: new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer) },
      ...more,
    ]),
  );

Deno.test("descriptions of tensors that reach outside their storages, or repeat them without end, are refused", async () => {
  const weight = (part: Part) => madeZip(dictionary(text("w"), part));
  assert.equal(await refusal(weight(tensor(storage()))), "none");
  const cases: [Part, RegExp][] = [
    [tensor(storage(), { shape: [5] }), /reaches element 4 of a storage of 4/],
    [tensor(storage(), { offset: 1 }), /reaches element 4/],
    [tensor(storage(), { shape: [2, 2], strides: [3, 1] }), /reaches element 4/],
    [tensor(storage(), { shape: [2], strides: [2 ** 31 - 1] }), /reaches element 2147483647/],
    [tensor(storage(), { shape: [0], offset: 5 }), /begins outside/],
    [tensor(storage(), { shape: [2 ** 30, 2 ** 30], strides: [0, 0] }), /repeats a storage/],
    [tensor(storage(), { shape: [2, 2] }), /2 axes and 1 strides/],
    [tensor(storage(), { shape: Array(40).fill(1), strides: Array(40).fill(0) }), /not described by/],
    [tensor("N"), /not described by/],
    [tensor(text("0")), /not described by/],
    [tensor(storage({ length: 5 })), /has 16 bytes in place of 20/],
    [tensor(storage({ type: "DoubleStorage" })), /has 16 bytes in place of 32/],
    [tensor(storage({ key: "1" })), /storage "1" is not there/],
    [tensor(storage({ key: "../data.pkl" })), /storage "..\/data.pkl" is not there/],
    [tensor(storage({ type: "QInt8Storage" })), /asks for "torch\.QInt8Storage"/],
    [[tensor(storage()), "0", tensor(storage({ length: 2 }))], /described in two ways/],
    [[tuple(text("module"), "N", "N", "N"), "Q"], /something else than a storage/],
    [
      [tuple(text("storage"), text("FloatStorage"), text("0"), text("cpu"), int(4)), "Q"],
      /not described well/,
    ],
    [[name("torch._utils", "_rebuild_parameter"), ")R"], /no state dict/],
    [[name("collections", "OrderedDict"), tuple("](K\x01K\x02e"), "R"], /built of what are no pairs/],
    [[name("torch._utils", "_rebuild_device_tensor_from_numpy"), ")R"], /asks for/],
  ];
  for (const [part, message] of cases) assert.match(await refusal(weight(part)), message);
});

Deno.test("a byte order that is none, a name with and without module., and a checksum that does not fit are refused", async () => {
  const saved = dictionary(text("w"), tensor(storage()));
  const order = (order: string) => [{ name: "m/byteorder", data: new Uint8Array(Buffer.from(order)) }];
  assert.equal(await refusal(madeZip(saved, order("little"))), "none");
  assert.match(await refusal(madeZip(saved, order("middle"))), /byte order is "middle"/);
  const twice = dictionary(text("w"), tensor(storage()), text("module.w"), tensor(storage()));
  assert.match(await refusal(madeZip(twice)), /"w" with and without "module\."/);
  const file = await Deno.readFile(pathOf("state_zip.pt"));
  const at = Buffer.from(file).indexOf(Buffer.from(new Float32Array([await first()]).buffer));
  file[at] ^= 1;
  assert.match(await refusal(memorySource("flipped.pt", file)), /do not fit its checksum/);
});

/** The first number of a golden. */
const first = async () => (await expected.readF32("state/conv.weight"))[0];

Deno.test("a file cut anywhere is refused", async () => {
  for (const name of ["state_zip.pt", "state_stream.pt", "protocol4_stream.pt", "state.safetensors"]) {
    const file = await Deno.readFile(pathOf(name));
    for (let length = 0; length < file.length; length += 7) {
      assert.notEqual(await refusal(memorySource("cut", file.slice(0, length))), "none", `${name} ${length}`);
    }
    assert.notEqual(await refusal(memorySource("cut", file.slice(0, -1))), "none", name);
    assert.equal(await refusal(memorySource("whole", file)), "none", name);
  }
});

Deno.test("a stream whose counts or list of storages do not fit is refused", async () => {
  const file = await Deno.readFile(pathOf("parts_stream.pt"));
  const count = file.length - 80 - 8;
  const changed = (at: number, ...bytes: number[]) => {
    const copy = file.slice();
    copy.set(bytes, at);
    return memorySource("made", copy);
  };
  assert.match(await refusal(changed(count, 19)), /"root" has 19 elements in place of 20/);
  assert.match(await refusal(changed(count, 255, 255, 255, 255, 255, 255, 255, 255)), /has -1 elements/);
  const list = Buffer.from(file).lastIndexOf("root");
  assert.match(await refusal(changed(list, 0x52)), /does not fit its tensors/);
  const part = Buffer.from(file).indexOf("part");
  assert.equal(file[part + 7], 4); // the part's offset, then its length
  assert.match(await refusal(changed(part + 7, 11)), /part of the storage "root" lies outside/);
  const longer = new Uint8Array([...file, 0]);
  assert.match(await refusal(memorySource("made", longer)), /1 bytes follow/);
});
