import { KitError } from "../errors.ts";
import { replaceFile } from "../files.ts";

/**
 * The safetensors format (version 0.3 and later): eight bytes of header length, a JSON header that names each
 * tensor's type, shape and byte range, then the tensors' bytes without gaps. Numbers are little-endian.
 * https://github.com/huggingface/safetensors
 */
export type DType = "F32" | "F16" | "I32" | "I64" | "I16" | "U8" | "F64" | "BF16";

/** One tensor to write: `data` holds its elements row-major, either as raw bytes or as a typed array. */
export interface Entry {
  dtype: DType;
  shape: number[];
  data: ArrayBufferView;
}

/** Where one tensor lies: `start` and `end` are bytes after the header, `end` exclusive. */
export interface TensorRange {
  dtype: DType;
  shape: number[];
  start: number;
  end: number;
}

export interface Header {
  metadata: Record<string, string>;
  tensors: Record<string, TensorRange>;
  /** Byte at which the tensors begin. */
  dataStart: number;
  /** Bytes of the whole file. */
  size: number;
}

export interface OpenSafetensors {
  header: Header;
  /** One tensor's bytes. */
  read(name: string): Promise<Uint8Array>;
  /** Bytes `startByte` to `endByte` (exclusive) of one tensor, without reading the rest of it. */
  readRange(name: string, startByte: number, endByte: number): Promise<Uint8Array>;
  /** One tensor's elements as 32-bit floats; the stored type must be a float. */
  readF32(name: string): Promise<Float32Array>;
  close(): void;
}

const BYTES: Record<DType, number> = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, I16: 2, U8: 1 };
const LONGEST_HEADER = 100_000_000;

const elements = (shape: number[]) => shape.reduce((product, axis) => product * axis, 1);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object without a prototype, so that a tensor named `__proto__` is only a name. */
const emptyRecord = <T>(): Record<string, T> => Object.create(null);

const damaged = (path: string, what: string) =>
  new KitError(`${path} is not a sound safetensors file: ${what}`, "Make or copy the file again");

/** Finds a key that one JSON object holds twice; `text` must be valid JSON, where only keys precede a colon. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, key] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key);
      if (open.at(-1)!.has(name)) return name;
      open.at(-1)!.add(name);
    }
  }
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  let text: string, parsed: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    parsed = JSON.parse(text);
  } catch {
    throw damaged(path, "its header is not JSON");
  }
  if (!isObject(parsed)) throw damaged(path, "its header is not a JSON object");
  const twice = repeatedKey(text);
  if (twice !== undefined) throw damaged(path, `its header names ${JSON.stringify(twice)} twice`);
  return parsed;
}

function checkMetadata(path: string, value: unknown): Record<string, string> {
  const metadata = emptyRecord<string>();
  if (value === undefined) return metadata;
  if (!isObject(value)) throw damaged(path, "its __metadata__ is not an object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw damaged(path, `the metadata ${JSON.stringify(key)} is not text`);
    metadata[key] = text;
  }
  return metadata;
}

function checkTensor(path: string, name: string, value: unknown): TensorRange {
  const fault = (what: string) => damaged(path, `tensor ${JSON.stringify(name)} ${what}`);
  if (!isObject(value)) throw fault("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype)) {
    throw fault(`has type ${JSON.stringify(dtype)}, known are ${Object.keys(BYTES).join(", ")}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fault("has no valid shape");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fault("has no valid data_offsets");
  }
  const [start, end] = offsets;
  const bytes = elements(shape) * BYTES[dtype as DType];
  if (bytes !== end - start) {
    throw fault(`has shape [${shape}] of ${dtype}, ${bytes} bytes, but its offsets hold ${end - start}`);
  }
  return { dtype: dtype as DType, shape, start, end };
}

/** Each tensor must begin where the one before it ended, and the last must end with the file. */
function checkLayout(path: string, tensors: Record<string, TensorRange>, available: number): void {
  let position = 0;
  for (
    const [name, { start, end }] of Object.entries(tensors).sort((a, b) =>
      a[1].start - b[1].start || a[1].end - b[1].end
    )
  ) {
    if (start !== position) {
      throw damaged(path, `tensor ${JSON.stringify(name)} starts at byte ${start} in place of ${position}`);
    }
    position = end;
  }
  if (position > available) throw damaged(path, `it is cut short by ${position - available} bytes`);
  if (position < available) throw damaged(path, `${available - position} bytes follow the last tensor`);
}

/** Fills a new array from `position` on. Seek and read are one synchronous step, so reads may overlap. */
function readAt(file: Deno.FsFile, path: string, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(position, Deno.SeekMode.Start);
  for (let filled = 0; filled < length;) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) throw damaged(path, "it ends early");
    filled += count;
  }
  return bytes;
}

function headerOf(file: Deno.FsFile, path: string): Header {
  const size = file.statSync().size;
  if (size < 8) throw damaged(path, `it has ${size} bytes`);
  const length = Number(new DataView(readAt(file, path, 0, 8).buffer).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw damaged(path, `it claims a header of ${length} bytes`);
  if (8 + length > size) throw damaged(path, `its header of ${length} bytes is cut short`);

  const tensors = emptyRecord<TensorRange>();
  const { __metadata__, ...described } = parseHeader(path, readAt(file, path, 8, length));
  for (const [name, value] of Object.entries(described)) tensors[name] = checkTensor(path, name, value);
  checkLayout(path, tensors, size - 8 - length);
  return { metadata: checkMetadata(path, __metadata__), tensors, dataStart: 8 + length, size };
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new KitError(`${path} does not exist`, "Check the path");
    throw new KitError(`${path} cannot be read (${(error as Error).message})`, "Check the path", {
      cause: error,
    });
  }
}

/** The float32 value of an IEEE half, given its 16 bits. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function toF32(bytes: Uint8Array, dtype: DType): Float32Array | undefined {
  const { buffer, length } = bytes; // `bytes` is always a whole buffer of its own, so it is aligned.
  if (dtype === "F32") return new Float32Array(buffer as ArrayBuffer);
  if (dtype === "F64") return Float32Array.from(new Float64Array(buffer));
  if (dtype !== "F16" && dtype !== "BF16") return;
  const halves = new Uint16Array(buffer);
  if (dtype === "BF16") return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
  const floats = new Float32Array(length / 2);
  for (let index = 0; index < floats.length; index++) floats[index] = halfToFloat(halves[index]);
  return floats;
}

/** Reads a file's header and checks every claim in it against the file's size; throws KitError naming the file. */
export async function readHeader(path: string): Promise<Header> {
  using file = await openFile(path);
  return headerOf(file, path);
}

/** Opens a file for reading single tensors or parts of them; throws KitError naming a damaged file. */
export async function openSafetensors(path: string): Promise<OpenSafetensors> {
  const file = await openFile(path);
  let header: Header;
  try {
    header = headerOf(file, path);
  } catch (error) {
    file.close();
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
    return readAt(file, path, header.dataStart + start + startByte, endByte - startByte);
  };
  const read = (name: string) => {
    const { start, end } = rangeOf(name);
    return readRange(name, 0, end - start);
  };
  const readF32 = (name: string) => {
    const { dtype } = rangeOf(name);
    const floats = toF32(read(name), dtype);
    if (!floats) {
      throw new KitError(`Tensor "${name}" of ${path} is ${dtype}, not a float`, "Read its bytes instead");
    }
    return floats;
  };
  // Wrapped so that a fault is a rejected promise, never a throw before the caller can await.
  return {
    header,
    read: async (name) => await read(name),
    readRange: async (name, startByte, endByte) => await readRange(name, startByte, endByte),
    readF32: async (name) => await readF32(name),
    close: () => file.close(),
  };
}

/** The header's bytes and the order of the tensors: larger types first, so that each stays aligned. */
function layOut(path: string, tensors: Record<string, Entry>, metadata?: Record<string, string>) {
  const order = Object.entries(tensors).sort((a, b) => BYTES[b[1].dtype] - BYTES[a[1].dtype]);
  const header = emptyRecord<unknown>();
  if (metadata) header.__metadata__ = metadata;
  let position = 0;
  for (const [name, { dtype, shape, data }] of order) {
    if (name === "__metadata__" || elements(shape) * BYTES[dtype] !== data.byteLength) {
      throw new Error(`${path}: tensor ${name} of ${dtype} [${shape}] got ${data.byteLength} bytes`);
    }
    header[name] = { dtype, shape, data_offsets: [position, position += data.byteLength] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  padded.set(json, 8);
  return { header: padded, order };
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

/**
 * Writes tensors one after the other under a temporary name, then renames the file into place.
 * Throws KitError when the place is not writable or the disk is full.
 */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, Entry>,
  metadata?: Record<string, string>,
): Promise<void> {
  const { header, order } = layOut(path, tensors, metadata);
  await replaceFile(path, async (part) => {
    using file = await Deno.open(part, { write: true, create: true, truncate: true });
    await writeAll(file, header);
    for (const [, { data }] of order) {
      await writeAll(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}
