import { type ByteSource, unsound } from "./byte_source.ts";
import { BYTES } from "./elements.ts";
import { type PickleTable, readPickle, type Value } from "./pickle.ts";
import { LONGEST_PICKLE, type PytorchFile } from "./pytorch_file.ts";
import { pytorchTable, type Storage } from "./pytorch_objects.ts";
import { quoted } from "./quoted.ts";

/** The first value of a file, and the second: the version of the form. */
const MAGIC = 0x1950a86a20f9469cfc6cn, VERSION = 1001;
/** A pickle of protocol 2 or later whose value is an integer of ten bytes: the magic number, or none of PyTorch's. */
export const isStream = (head: Uint8Array): boolean =>
  head[0] === 0x80 && head[1] >= 2 && head[1] <= 5 && findMagic(head);

const NO_NAMES: PickleTable = { names: new Map() };

function findMagic(head: Uint8Array): boolean {
  const magic = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  // Protocol 4 puts a frame's length in between.
  return [4, 13].some((at) => magic.every((byte, k) => head[at + k] === byte));
}

/**
 * Where each storage begins: after the pickles each has its number of elements (8 bytes), then its bytes, in the
 * order of `keys`.
 */
function layOut(
  source: ByteSource,
  { keys, storages, start }: { keys: Value; storages: Map<string, Storage>; start: number },
): Map<string, number> {
  const fault = unsound(source);
  if (!Array.isArray(keys)) throw fault("its list of storages is none");
  const begins = new Map<string, number>();
  let position = start;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage || begins.has(storage.key)) throw fault("its list of storages does not fit its tensors");
    if (source.size - position < 8) throw fault(`it is cut short before the storage ${quoted(storage.key)}`);
    const length = Number(new DataView(source.read(position, 8).buffer).getBigInt64(0, true));
    if (length !== storage.length) {
      throw fault(`the storage ${quoted(storage.key)} has ${length} elements in place of ${storage.length}`);
    }
    begins.set(storage.key, position + 8);
    position += 8 + length * BYTES[storage.dtype];
    if (position > source.size) throw fault(`it is cut short by ${position - source.size} bytes`);
  }
  if (position < source.size) throw fault(`${source.size - position} bytes follow its last storage`);
  return begins;
}

/**
 * Reads the form that PyTorch wrote before 1.6: five pickles one after the other (magic number, version, facts of
 * the machine, the saved value, the keys of the storages), then the storages, little-endian whatever the machine.
 * Throws KitError for a damaged file.
 */
export function readPytorchStream(source: ByteSource): PytorchFile {
  const fault = unsound(source);
  let position = 0;
  const next = (table: PickleTable): Value => {
    const end = Math.min(source.size, position + LONGEST_PICKLE);
    const { value, next } = readPickle(source, { start: position, end, table });
    position = next;
    return value;
  };
  if (next(NO_NAMES) !== MAGIC) throw fault("it has another magic number");
  const version = next(NO_NAMES);
  if (version !== VERSION) throw fault("it is of another version of PyTorch's older form");
  next(NO_NAMES);
  const { table, storages } = pytorchTable(fault);
  const value = next(table), keys = next(NO_NAMES);
  const begins = layOut(source, { keys, storages, start: position });
  return {
    form: "PyTorch's older stream form",
    value,
    bigEndian: false,
    locate({ key }) {
      const begin = begins.get(key);
      if (begin === undefined) throw fault(`the storage ${quoted(key)} is not there`);
      return begin;
    },
  };
}
