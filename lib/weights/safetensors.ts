import { KitError } from "../base/errors.ts";
import { replaceFile } from "../base/files.ts";
import { type ByteSource, openSource } from "./byte_source.ts";
import { BYTES, type DType, elements, isFloat, toF32 } from "./elements.ts";
import {
  damaged,
  encodeHeader,
  type Header,
  headerOf,
  isCount,
  type TensorRange,
} from "./safetensors_header.ts";

export type { DType } from "./elements.ts";
export type { Header, TensorRange } from "./safetensors_header.ts";

/** One tensor to write: `data` holds its elements row-major, either as raw bytes or as a typed array. */
export interface Entry {
  dtype: DType;
  shape: number[];
  data: ArrayBufferView;
}

/** One tensor to write whose data is made when its turn comes, so that only one is in memory at a time. */
export interface LazyEntry {
  dtype: DType;
  shape: number[];
  make(): Promise<ArrayBufferView>;
}

export interface OpenSafetensors extends Disposable {
  header: Header;
  /** One tensor's bytes, a buffer of their own. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes `startByte` to `endByte` (exclusive) of one tensor, without reading the rest of it. */
  readRange(name: string, startByte: number, endByte: number): Promise<Uint8Array>;
  /** One tensor's elements as 32-bit floats; the stored type must be a float. */
  readF32(name: string): Promise<Float32Array>;
  close(): void;
}

/**
 * Opens a file (or bytes in memory) for reading single tensors or parts of them; throws KitError naming a damaged
 * file.
 */
export async function openSafetensors(file: string | ByteSource): Promise<OpenSafetensors> {
  const source = typeof file === "string" ? await openSource(file) : file;
  const path = source.name;
  let header: Header;
  try {
    header = headerOf(source);
  } catch (error) {
    source.close();
    throw error;
  }
  const rangeOf = (name: string): TensorRange => {
    const range = header.tensors[name];
    if (range) return range;
    const held = Object.keys(header.tensors).slice(0, 5).join(", ");
    throw new KitError(
      `${path} holds no tensor "${name}" (it holds ${held || "none"}, ...)`,
      "Check what made it",
    );
  };
  const readRange = (name: string, startByte: number, endByte: number) => {
    const { start, end } = rangeOf(name);
    if (!isCount(startByte) || endByte < startByte || start + endByte > end) {
      throw damaged(
        path,
        `bytes ${startByte} to ${endByte} lie outside tensor "${name}" of ${end - start} bytes`,
      );
    }
    return source.read(header.dataStart + start + startByte, endByte - startByte);
  };
  const read = (name: string) => {
    const { start, end } = rangeOf(name);
    return readRange(name, 0, end - start);
  };
  const readF32 = (name: string) => {
    const { dtype } = rangeOf(name);
    if (!isFloat(dtype)) {
      throw new KitError(`Tensor "${name}" of ${path} is ${dtype}, not a float`, "Read its bytes instead");
    }
    return toF32(read(name), dtype);
  };
  // Wrapped so that a fault is a rejected promise, never a throw before the caller can await.
  return {
    header,
    read: async (name) => await read(name),
    readRange: async (name, startByte, endByte) => await readRange(name, startByte, endByte),
    readF32: async (name) => await readF32(name),
    close: () => source.close(),
    [Symbol.dispose]: () => source.close(),
  };
}

/** Reads a file's header and checks every claim in it against the file's size; throws KitError naming the file. */
export async function readHeader(path: string): Promise<Header> {
  using file = await openSafetensors(path);
  return file.header;
}

const bytesOf = ({ dtype, shape }: Entry | LazyEntry): number => elements(shape) * BYTES[dtype];

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

/**
 * Writes tensors one after the other under a temporary name, then renames the file into place.
 * Throws KitError when the place is not writable or the disk is full.
 */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, Entry | LazyEntry>,
  metadata?: Record<string, string>,
): Promise<void> {
  const checkSize = (name: string, entry: Entry | LazyEntry, { byteLength }: ArrayBufferView) => {
    if (name !== "__metadata__" && byteLength === bytesOf(entry)) return;
    throw new Error(`${path}: tensor ${name} of ${entry.dtype} [${entry.shape}] got ${byteLength} bytes`);
  };
  for (const [name, entry] of Object.entries(tensors)) {
    if ("data" in entry) checkSize(name, entry, entry.data);
  }
  // Larger types first, so that each stays aligned.
  const order = Object.entries(tensors).sort((a, b) => BYTES[b[1].dtype] - BYTES[a[1].dtype]);
  await replaceFile(path, async (part) => {
    using file = await Deno.open(part, { write: true, create: true, truncate: true });
    await writeAll(file, encodeHeader(order, metadata).bytes);
    for (const [name, entry] of order) {
      const data = "data" in entry ? entry.data : await entry.make();
      checkSize(name, entry, data);
      await writeAll(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}
