import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** One entry of a zip file to make; what is given beside `name` and `data` is written in place of the truth. */
export interface MadeEntry {
  name: string;
  data: Uint8Array;
  localName?: string;
  method?: number;
  flags?: number;
  crc?: number;
  /** Sizes in the directory, compressed and not. */
  sizes?: [number, number];
  localSizes?: [number, number];
  /** Where the directory says that the entry begins. */
  offset?: number;
}

const u16 = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer);
const u32 = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer);

/** A zip file of stored entries, honest unless told otherwise. */
export function makeZip(
  entries: MadeEntry[],
  { count = entries.length, comment = "" } = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let position = 0;
  for (const entry of entries) {
    const { data, method = 0, flags = 0x800, crc = crc32(data), offset = position } = entry;
    const sizes = entry.sizes ?? [data.length, data.length], localSizes = entry.localSizes ?? sizes;
    const name = Buffer.from(entry.name), localName = Buffer.from(entry.localName ?? entry.name);
    const common = [u16(20, flags, method, 0, 0), u32(crc)];
    const local = [u32(0x04034b50), ...common, u32(...localSizes), u16(localName.length, 0), localName, data];
    parts.push(...local);
    directory.push(u32(0x02014b50), u16(20), ...common, u32(...sizes));
    directory.push(u16(name.length, 0, 0, 0, 0), u32(0, offset), name);
    position += local.reduce((sum, { length }) => sum + length, 0);
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = [u32(0x06054b50), u16(0, 0, count, count), u32(length, position), u16(comment.length)];
  return new Uint8Array(Buffer.concat([...parts, ...directory, ...end, Buffer.from(comment)]));
}
