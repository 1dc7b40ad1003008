import { type ByteSource, unsound } from "./byte_source.ts";
import { BYTES, type DType, elements, MOST_AXES } from "./elements.ts";
import { quoted } from "./quoted.ts";

/*
 * The safetensors format (version 0.3 and later): eight bytes of header length, a JSON header that names each
 * tensor's type, shape and byte range, then the tensors' bytes without gaps. Numbers are little-endian.
 * https://github.com/huggingface/safetensors
 */

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

const LONGEST_HEADER = 100_000_000;
/** The header is an object of objects that hold lists. */
const DEEPEST_HEADER = 3;

export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object without a prototype, so that a tensor named `__proto__` is only a name. */
export const emptyRecord = <T>(): Record<string, T> => Object.create(null);

export const damaged = (path: string, what: string) => unsound({ name: path }, "safetensors")(what);

/** Where a JSON string ends that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end;
  }
  throw new SyntaxError("A string has no end");
}

/**
 * How deep JSON nests (no deeper than one beyond what is allowed is looked at), and a key that one object holds
 * twice. Looked at before JSON.parse, which needs many times the text's size for lists in lists.
 */
function surveyJson(text: string): { depth: number; twice?: string } {
  const open: Set<string>[] = [];
  let depth = 0, string = "";
  for (let at = 0; at < text.length; at++) {
    const token = text[at];
    if (token === '"') {
      const end = endOfString(text, at);
      string = text.slice(at, end + 1);
      at = end;
    } else if (token === ":") { // outside of strings only keys precede one
      const key = JSON.parse(string);
      if (open.at(-1)?.has(key)) return { depth, twice: key };
      open.at(-1)?.add(key);
    } else if (token === "{" || token === "[") {
      depth = Math.max(depth, open.push(new Set()));
      if (depth > DEEPEST_HEADER) return { depth };
    } else if (token === "}" || token === "]") open.pop();
  }
  return { depth };
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  let parsed: unknown, survey: ReturnType<typeof surveyJson>;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    survey = surveyJson(text);
    parsed = survey.depth > DEEPEST_HEADER ? {} : JSON.parse(text);
  } catch {
    throw damaged(path, "its header is not JSON");
  }
  const { depth, twice } = survey;
  if (depth > DEEPEST_HEADER) throw damaged(path, `its header nests deeper than ${DEEPEST_HEADER} levels`);
  if (!isObject(parsed)) throw damaged(path, "its header is not a JSON object");
  if (twice !== undefined) throw damaged(path, `its header names ${quoted(twice)} twice`);
  return parsed;
}

function checkMetadata(path: string, value: unknown): Record<string, string> {
  const metadata = emptyRecord<string>();
  if (value === undefined) return metadata;
  if (!isObject(value)) throw damaged(path, "its __metadata__ is not an object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw damaged(path, `the metadata ${quoted(key)} is not text`);
    metadata[key] = text;
  }
  return metadata;
}

function checkTensor(path: string, name: string, value: unknown): TensorRange {
  const fault = (what: string) => damaged(path, `tensor ${quoted(name)} ${what}`);
  if (!isObject(value)) throw fault("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype)) {
    throw fault(`has type ${quoted(String(dtype))}, known are ${Object.keys(BYTES).join(", ")}`);
  }
  if (!Array.isArray(shape) || shape.length > MOST_AXES || !shape.every(isCount)) {
    throw fault("has no valid shape");
  }
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
      throw damaged(path, `tensor ${quoted(name)} starts at byte ${start} in place of ${position}`);
    }
    position = end;
  }
  if (position > available) throw damaged(path, `it is cut short by ${position - available} bytes`);
  if (position < available) throw damaged(path, `${available - position} bytes follow the last tensor`);
}

/** Reads and checks the header of an open file; throws KitError naming it. */
export function headerOf(source: ByteSource): Header {
  const { name: path, size } = source;
  if (size < 8) throw damaged(path, `it has ${size} bytes`);
  const length = Number(new DataView(source.read(0, 8).buffer).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw damaged(path, `it claims a header of ${length} bytes`);
  if (8 + length > size) throw damaged(path, `its header of ${length} bytes is cut short`);

  const tensors = emptyRecord<TensorRange>();
  const { __metadata__, ...described } = parseHeader(path, source.read(8, length));
  for (const [name, value] of Object.entries(described)) tensors[name] = checkTensor(path, name, value);
  checkLayout(path, tensors, size - 8 - length);
  return { metadata: checkMetadata(path, __metadata__), tensors, dataStart: 8 + length, size };
}

/**
 * The bytes of a header that lays tensors out one after the other, in the order given; where each begins, in bytes
 * after the header; and the bytes of all.
 */
export function encodeHeader(
  tensors: [name: string, tensor: { dtype: DType; shape: number[] }][],
  metadata?: Record<string, string>,
): { bytes: Uint8Array<ArrayBuffer>; begins: Record<string, number>; size: number } {
  const header = emptyRecord<unknown>(), begins = emptyRecord<number>();
  if (metadata) header.__metadata__ = metadata;
  let position = 0;
  for (const [name, { dtype, shape }] of tensors) {
    begins[name] = position;
    position += elements(shape) * BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [begins[name], position] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20); // so that tensors are aligned
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return { bytes, begins, size: bytes.length + position };
}
