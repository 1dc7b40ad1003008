import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import yauzl from "yauzl"; // has no types of its own
import { KitError } from "../base/errors.ts";
import { type ByteSource, unsound } from "./byte_source.ts";
import { printable, quoted } from "./quoted.ts";

/** Where the bytes of one entry lie. */
export interface ZipEntry {
  start: number;
  size: number;
  compressed: boolean;
  /** 0 when none was computed (PyTorch can be told so). */
  crc32: number;
}

/** What yauzl tells of an entry (its readme, "Class: Entry" and "Class: LocalFileHeader"). */
interface CentralHeader {
  fileName: string;
  fileNameRaw: Buffer;
  compressionMethod: number;
  compressedSize: number;
  uncompressedSize: number;
  relativeOffsetOfLocalHeader: number;
  crc32: number;
  isEncrypted(): boolean;
}
interface LocalHeader {
  fileDataStart: number;
  generalPurposeBitFlag: number;
  compressionMethod: number;
  compressedSize: number;
  uncompressedSize: number;
  fileName: Buffer;
}

/** The largest networks have some ten thousand tensors. */
const MOST_ENTRIES = 100_000;
/** Sizes follow the data and are zero in the local header. */
const SIZES_FOLLOW = 8;
/** In a local header whose true sizes are in its zip64 field. */
const IN_ZIP64 = 0xffffffff;

/** Bytes that are read at once to compute a checksum. */
const CHUNK = 1 << 20;

const damaged = (source: ByteSource) => unsound(source, "zip");

/** yauzl reads a source through this. */
class SourceReader extends yauzl.RandomAccessReader {
  constructor(readonly source: ByteSource) {
    super();
  }
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: unknown, count?: number) => void,
  ) {
    let bytes: Uint8Array;
    try {
      bytes = this.source.read(position, length);
    } catch (error) {
      return done(error);
    }
    buffer.set(bytes, offset);
    done(null, length);
  }
}

/** The local header must say what the central directory says, or two readers would see two files. */
function checkLocal(central: CentralHeader, local: LocalHeader): string | undefined {
  if (!local.fileName.equals(central.fileNameRaw)) return "has another name in its own header";
  if (local.compressionMethod !== central.compressionMethod) {
    return "is compressed otherwise by its own header";
  }
  for (const key of ["compressedSize", "uncompressedSize"] as const) {
    if (local[key] === central[key] || local[key] === IN_ZIP64) continue;
    if (local[key] === 0 && local.generalPurposeBitFlag & SIZES_FOLLOW) continue;
    return `has ${central[key]} bytes, its own header says ${local[key]}`;
  }
}

/** No two entries may share bytes. */
function checkOverlap(ranges: { name: string; from: number; to: number }[]): string | undefined {
  ranges.sort((a, b) => a.from - b.from);
  for (let k = 1; k < ranges.length; k++) {
    if (ranges[k].from < ranges[k - 1].to) {
      return `its entries ${quoted(ranges[k - 1].name)} and ${quoted(ranges[k].name)} overlap`;
    }
  }
}

/**
 * Lists the entries of a zip file (zip64 too) by name, reading only its directory and the entries' headers. Throws
 * KitError for one that is cut short or damaged, whose entries are encrypted, overlap, appear twice,
 * have names that lead out of their folder, or sizes that do not agree.
 */
export async function listZip(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const fault = damaged(source);
  const entries = new Map<string, ZipEntry>();
  const ranges: { name: string; from: number; to: number }[] = [];
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(new SourceReader(source), source.size, {
      strictFileNames: true,
      autoClose: false,
    });
    if (zip.entryCount > MOST_ENTRIES) throw fault(`it claims ${zip.entryCount} entries`);
    for await (const central of zip.eachEntry() as AsyncIterable<CentralHeader>) {
      const { fileName: name, compressedSize: size, relativeOffsetOfLocalHeader: from, crc32 } = central;
      const compressed = central.compressionMethod !== 0;
      const refuse = (what: string) => fault(`its entry ${quoted(name)} ${what}`);
      if (entries.has(name)) throw refuse("is there twice");
      if (central.isEncrypted()) throw refuse("is encrypted");
      const local: LocalHeader = await zip.readLocalFileHeaderPromise(central);
      const disagreement = checkLocal(central, local);
      if (disagreement) throw refuse(disagreement);
      entries.set(name, { start: local.fileDataStart, size, compressed, crc32 });
      ranges.push({ name, from, to: local.fileDataStart + size });
    }
  } catch (error) {
    if (error instanceof KitError) throw error;
    throw fault(printable((error as Error).message, 160), error);
  }
  const overlap = checkOverlap(ranges);
  if (overlap) throw fault(overlap);
  return entries;
}

/** Checks an entry before it is read; throws KitError when it is compressed or its bytes do not fit its checksum. */
export function checkEntry(source: ByteSource, { name, entry }: { name: string; entry: ZipEntry }): void {
  if (entry.compressed) {
    throw damaged(source)(`its entry ${quoted(name)} is compressed, which PyTorch's never are`);
  }
  if (entry.crc32 === 0) return;
  let crc = 0;
  for (let done = 0; done < entry.size; done += CHUNK) {
    crc = crc32(source.read(entry.start + done, Math.min(CHUNK, entry.size - done)), crc);
  }
  if (crc !== entry.crc32) {
    throw damaged(source)(`the bytes of its entry ${quoted(name)} do not fit its checksum`);
  }
}
