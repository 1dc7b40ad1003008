import { Buffer } from "node:buffer";

/** A pickle put together by hand: text is its bytes as they are, numbers are bytes, arrays are parts. */
export type Part = string | number | Uint8Array | Part[];

function bytesOf(part: Part): Uint8Array {
  if (typeof part === "number") return new Uint8Array([part]);
  if (typeof part === "string") return Buffer.from(part, "latin1");
  if (part instanceof Uint8Array) return part;
  return Buffer.concat(part.map(bytesOf));
}

export const assemble = (...parts: Part[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(parts.map(bytesOf)));

const u32 = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);

/** Pushes a text (BINUNICODE). */
export const text = (value: string): Part => ["X", u32(Buffer.byteLength(value)), Buffer.from(value)];
/** Pushes a number from 0 to 2^31 - 1 (BININT). */
export const int = (value: number): Part => ["J", u32(value)];
/** Pushes a name (GLOBAL). */
export const name = (module: string, name: string): Part => `c${module}\n${name}\n`;
/** Pushes a tuple. */
export const tuple = (...parts: Part[]): Part => ["(", ...parts, "t"];
/** Pushes a dictionary of keys and values. */
export const dictionary = (...items: Part[]): Part => ["}(", ...items, "u"];

/** A whole pickle of protocol 2. */
export const pickle = (...parts: Part[]): Uint8Array<ArrayBuffer> => assemble("\x80\x02", ...parts, ".");

/** Pushes a reference to a storage. */
export const storage = ({ key = "0", type = "FloatStorage", length = 4 }: {
  key?: string;
  type?: string;
  length?: number;
} = {}): Part => [
  tuple(text("storage"), name("torch", type), text(key), text("cpu"), int(length)),
  "Q",
];

/** Pushes a tensor that is a view of a storage. */
export const tensor = (
  on: Part,
  { offset = 0, shape = [4], strides = [1] }: { offset?: number; shape?: number[]; strides?: number[] } = {},
): Part => [
  name("torch._utils", "_rebuild_tensor_v2"),
  tuple(on, int(offset), tuple(...shape.map(int)), tuple(...strides.map(int)), 0x89, "}"),
  "R",
];
