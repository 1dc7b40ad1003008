import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { KitError } from "../../lib/base/errors.ts";
import { memorySource } from "../../lib/weights/byte_source.ts";
import { checkEntry, listZip } from "../../lib/weights/zip.ts";
import { type MadeEntry, makeZip } from "./made_zip.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const list = (file: Uint8Array) => listZip(memorySource("made.zip", file));

const honest: MadeEntry[] = [
  { name: "a/data.pkl", data: bytes("first") },
  { name: "a/data/0", data: bytes("") },
  { name: "a/data/1", data: bytes("third entry") },
];

Deno.test("the entries of a zip file and where their bytes lie", async () => {
  const file = makeZip(honest, { comment: "a comment" });
  const entries = await list(file);
  assert.deepEqual([...entries.keys()], honest.map(({ name }) => name));
  for (const { name, data } of honest) {
    const { start, size } = entries.get(name)!;
    assert.deepEqual(file.slice(start, start + size), data, name);
    checkEntry(memorySource("made.zip", file), { name, entry: entries.get(name)! });
  }
});

Deno.test("zip64, as Python writes it", async () => {
  const file = Deno.readFileSync(new URL("../goldens/pytorch/zip64_zip.pt", import.meta.url));
  assert.ok(Buffer.from(file).includes("PK\x06\x06"), "the golden has no zip64 directory");
  const entries = await list(file);
  const { start, size } = entries.get("state_zip/byteorder")!;
  assert.equal(Buffer.from(file.slice(start, start + size)).toString(), "little");
});

const [first, second, third] = honest;

/** What a zip file may claim, and what the fault must say. */
const refused: [what: string, file: Uint8Array, message: RegExp][] = [
  ["a path out", makeZip([{ ...first, name: "a/../../data.pkl" }]), /invalid relative path/],
  ["an absolute path", makeZip([{ ...first, name: "/etc/passwd" }]), /absolute path/],
  ["a drive", makeZip([{ ...first, name: "C:/data.pkl" }]), /absolute path/],
  ["a backslash", makeZip([{ ...first, name: "a\\data.pkl" }]), /invalid characters/],
  ["a name twice", makeZip([first, { ...third, name: first.name }]), /"a\/data\.pkl" is there twice/],
  ["another name inside", makeZip([{ ...first, localName: "b/data.pkl" }]), /another name in its own header/],
  ["encryption", makeZip([{ ...first, flags: 0x801, sizes: [17, 5] }]), /is encrypted/],
  ["sizes that differ", makeZip([{ ...first, sizes: [5, 50] }]), /size mismatch/],
  ["another size inside", makeZip([{ ...first, localSizes: [4, 4] }]), /has 5 bytes, its own header says 4/],
  ["a size beyond the end", makeZip([{ ...first, sizes: [5000, 5000] }]), /overflows file bounds/],
  ["a size of 4 GB", makeZip([{ ...first, sizes: [0xfffffffe, 0xfffffffe] }]), /overflows file bounds/],
  ["two entries on one place", makeZip([first, { ...third, offset: 0 }]), /"a\/data\/1" has another name/],
  [
    "an entry inside another",
    makeZip([{ name: "outer", data: makeZip([second]) }, { ...second, offset: 30 + "outer".length }]),
    /"outer" and "a\/data\/0" overlap/,
  ],
  ["a place outside", makeZip([{ ...first, offset: 0xfffffff0 }]), /ends early|EOF/],
  ["more entries than there are", makeZip([first], { count: 2 }), /signature|ends early/],
  ["200,000 entries", zip64Claiming(200_000), /claims 200000 entries/],
  ["no zip file", bytes("PK\x03\x04 and nothing else, not even a directory"), /not found/],
];

/** A zip file whose zip64 directory claims so many entries. */
function zip64Claiming(count: number): Uint8Array {
  const file = Deno.readFileSync(new URL("../goldens/pytorch/zip64_zip.pt", import.meta.url));
  const at = Buffer.from(file).indexOf("PK\x06\x06");
  new DataView(file.buffer).setBigUint64(at + 32, BigInt(count), true);
  return file;
}

Deno.test("a zip file that lies is refused by name", async () => {
  for (const [what, file, message] of refused) {
    await assert.rejects(list(file), (error: Error) => {
      assert.ok(error instanceof KitError, `${what}: ${error.stack}`);
      assert.match(error.message, message, what);
      assert.match(error.message, /made\.zip/, what);
      return true;
    }, what);
  }
});

Deno.test("a zip file cut anywhere is refused", async () => {
  const file = makeZip(honest);
  for (let length = 0; length < file.length; length++) {
    await assert.rejects(list(file.slice(0, length)), KitError, `${length} bytes`);
  }
});

Deno.test("a compressed entry is listed, since TorchScript has some, and refused when it is to be read", async () => {
  const file = makeZip([{ ...first, method: 8, sizes: [5, 50], localSizes: [5, 50] }]);
  const entry = (await list(file)).get(first.name)!;
  assert.throws(
    () => checkEntry(memorySource("made.zip", file), { name: first.name, entry }),
    /"a\/data\.pkl" is compressed/,
  );
});

Deno.test("bytes that do not fit their checksum are refused, unless there is none", async () => {
  for (const [crc, refusal] of [[123, /"a" do not fit its checksum/], [0, undefined]] as const) {
    const file = makeZip([{ name: "a", data: bytes("x".repeat(3_000_000)), crc }]);
    const entry = (await list(file)).get("a")!;
    const check = () => checkEntry(memorySource("made.zip", file), { name: "a", entry });
    if (refusal) assert.throws(check, refusal);
    else check();
  }
});
