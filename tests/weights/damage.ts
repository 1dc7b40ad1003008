import { Buffer } from "node:buffer";
import type { Random } from "../../lib/base/random.ts";
import { memorySource } from "../../lib/weights/byte_source.ts";
import { listZip } from "../../lib/weights/zip.ts";
import { type MadeEntry, makeZip } from "./made_zip.ts";

/** A sound file, and the parts of it that are worth damaging by themselves. */
export interface Seed {
  name: string;
  bytes: Uint8Array;
  /** The entries of a zip file that can be put together anew. */
  entries?: MadeEntry[];
  /** Bytes of a safetensors header's JSON. */
  header?: number;
}

/** Finds the parts of a file. */
export async function splitSeed(name: string, bytes: Uint8Array): Promise<Seed> {
  if (name.endsWith(".safetensors")) {
    return { name, bytes, header: Number(new DataView(bytes.buffer).getBigUint64(0, true)) };
  }
  if (bytes[0] !== 0x50) return { name, bytes };
  const listed = await listZip(memorySource(name, bytes));
  const entries = [...listed].map(([name, { start, size }]) => ({
    name,
    data: bytes.slice(start, start + size),
  }));
  return { name, bytes, entries };
}

/** Numbers at which readers err. */
const NUMBERS = [0, 1, 2, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 2];
/** All instructions of pickles, those that must be refused among them. */
const INSTRUCTIONS = Buffer.from(
  "()}]NIJKMLGFSTUVXBCtlduaeshjgpqr012QPRbcoi.\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98",
  "latin1",
);
/** Whole pieces of pickles: names that must not be called, and calls of what is there. */
const PIECES = [
  "cos\nsystem\n(X\x04\x00\x00\x00exitt",
  "cbuiltins\neval\n(X\x01\x00\x00\x001tR",
  "\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R",
  "ctorch._utils\n_rebuild_tensor_v2\n",
  "ccollections\nOrderedDict\n)R",
  "((((((((",
  "]]]]]]]]aaaaaaa",
  "X\xff\xff\xff\xff",
  "\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
  "r\xff\xff\xff\x7f",
  "2222tttt",
].map((piece) => Buffer.from(piece, "latin1"));

const pick = <T>(list: ArrayLike<T>, r: Random): T => list[r.below(list.length)];
const range = (length: number, r: Random): [number, number] => {
  const start = r.below(length + 1);
  return [start, Math.min(length, start + 1 + r.below(r.below(4) === 0 ? length + 1 : 16))];
};
/** `bytes` with those from `start` to `end` replaced. */
const spliced = (bytes: Uint8Array, [start, end]: [number, number], by: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);

/** Ways to change bytes once. */
const CHANGES: ((bytes: Uint8Array, r: Random, other: Uint8Array) => Uint8Array)[] = [
  (bytes, r) => { // one bit
    bytes[r.below(bytes.length)] ^= 1 << r.below(8);
    return bytes;
  },
  (bytes, r) => { // one byte
    bytes[r.below(bytes.length)] = r.below(256);
    return bytes;
  },
  (bytes, r) => { // an instruction
    bytes[r.below(bytes.length)] = pick(INSTRUCTIONS, r);
    return bytes;
  },
  (bytes, r) => { // a number of 1, 2, 4 or 8 bytes
    const size = 1 << r.below(4), at = r.below(Math.max(1, bytes.length - size)), value = pick(NUMBERS, r);
    for (let k = 0; k < size && at + k < bytes.length; k++) {
      bytes[at + k] = k < 4 ? value >>> (8 * k) : r.below(4) === 0 ? 0xff : 0;
    }
    return bytes;
  },
  (bytes, r) => bytes.subarray(0, r.below(bytes.length + 1)), // cut
  (bytes, r) => spliced(bytes, range(bytes.length, r), new Uint8Array()), // left out
  (bytes, r) => { // repeated
    const [start, end] = range(bytes.length, r);
    return spliced(bytes, [start, start], bytes.slice(start, end));
  },
  (bytes, r) => { // moved
    const [start, end] = range(bytes.length, r), at = r.below(bytes.length + 1);
    return spliced(bytes, [at, at], bytes.slice(start, end));
  },
  (bytes, r, other) => spliced(bytes, range(bytes.length, r), other.slice(...range(other.length, r))), // of another
  (bytes, r) => { // a piece of pickle put in
    const at = r.below(bytes.length + 1);
    return spliced(bytes, [at, at], pick(PIECES, r));
  },
];

function changed(audio: Uint8Array, r: Random, other: Uint8Array): Uint8Array {
  let bytes: Uint8Array = audio.slice();
  for (let times = 1 + r.below(r.below(3) === 0 ? 8 : 2); times > 0 && bytes.length > 0; times--) {
    bytes = pick(CHANGES, r)(bytes, r, other);
  }
  return bytes;
}

/** A zip file put together anew: its pickle damaged, or its entries, or what they claim. */
function changedZip(entries: MadeEntry[], r: Random, other: Uint8Array): Uint8Array {
  const made = entries.map((entry): MadeEntry => ({ ...entry }));
  const victim = r.below(3) > 0 ? made.find(({ name }) => name.endsWith("data.pkl"))! : pick(made, r);
  switch (r.below(8)) {
    case 0: {
      const sizes = () => [pick(NUMBERS, r), pick(NUMBERS, r)] as [number, number];
      if (r.below(2)) victim.sizes = sizes();
      if (r.below(2)) victim.localSizes = sizes();
      break;
    }
    case 1:
      victim.offset = r.below(2) ? pick(NUMBERS, r) : r.below(6000);
      break;
    case 2:
      made.splice(r.below(made.length), 1, ...(r.below(2) ? [pick(made, r)] : []));
      break;
    case 3:
      victim.name = pick(
        ["../x", "/x", "a/../b", "a\\b", "", victim.name + "/", "x/data.pkl", "x/data/0"],
        r,
      );
      break;
    default:
      victim.data = changed(victim.data, r, other);
  }
  return makeZip(made, r.below(20) === 0 ? { count: pick(NUMBERS, r) & 0xffff } : {});
}

/** A safetensors file whose header is damaged and whose length of the header says so. */
function changedHeader(bytes: Uint8Array, length: number, r: Random, other: Uint8Array): Uint8Array {
  const header = changed(bytes.subarray(8, 8 + length), r, other);
  const file = new Uint8Array(8 + header.length + bytes.length - 8 - length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(bytes.subarray(8 + length), 8 + header.length);
  return file;
}

/** One of the seeds, damaged: its bytes wherever they lie, or a part of it with the rest kept sound. */
export function damage(seeds: Seed[], r: Random): Uint8Array {
  const { bytes, entries, header } = pick(seeds, r), other = pick(seeds, r).bytes;
  if (r.below(3) > 0) {
    if (entries) return changedZip(entries, r, other);
    if (header) return changedHeader(bytes, header, r, other);
  }
  return changed(bytes, r, other);
}
