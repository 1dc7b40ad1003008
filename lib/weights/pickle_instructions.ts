import type { KitError } from "../base/errors.ts";
import type { ByteSource } from "./byte_source.ts";
import { quoted } from "./quoted.ts";

/** One instruction: its name in Python's pickletools (grouped where the machine treats them alike), its operand. */
export interface Instruction {
  name: string;
  operand: number | bigint | string | string[] | Uint8Array | null;
}

/** Reads bytes in order and throws a fault where they end. */
interface Reader {
  unsigned(bytes: 1 | 2 | 4 | 8): number;
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /** Text up to a line's end. */
  line(): string;
  fault: (what: string) => KitError;
}

type Operand = (reader: Reader) => Instruction["operand"];

const WINDOW = 65_536;
const LONGEST_LINE = 1000, LONGEST_TEXT = 1_000_000;

const none: Operand = () => null;
const unsigned = (bytes: 1 | 2 | 4 | 8): Operand => (reader) => reader.unsigned(bytes);

const text = (lengthBytes: 1 | 4 | 8): Operand => (reader) => {
  const length = reader.unsigned(lengthBytes);
  if (length > LONGEST_TEXT) throw reader.fault(`its pickle claims a text of ${length} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reader.bytes(length));
  } catch (error) {
    throw error instanceof TypeError ? reader.fault("its pickle has a text that is not UTF-8") : error;
  }
};

const bytes = (lengthBytes: 1 | 4 | 8): Operand => (reader) => reader.bytes(reader.unsigned(lengthBytes));

/** A little-endian integer in two's complement; a number where it is exact. */
const long = (lengthBytes: 1 | 4): Operand => (reader) => {
  const length = reader.unsigned(lengthBytes);
  if (length > 255) throw reader.fault(`its pickle claims a number of ${length} bytes`);
  const digits = [...reader.bytes(length)].reverse().map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  const value = BigInt.asIntN(8 * length, BigInt(`0x${digits || "0"}`));
  return BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
};

/** By opcode: Python's name for it and how its operand is read. */
const INSTRUCTIONS = new Map<number, [name: string, operand: Operand]>();
const define = (code: string | number, name: string, operand = none) =>
  INSTRUCTIONS.set(typeof code === "string" ? code.charCodeAt(0) : code, [name, operand]);

define(0x80, "PROTO", unsigned(1));
define(0x95, "FRAME", unsigned(8));
define(".", "STOP");
define("N", "NONE");
define(0x88, "NEWTRUE");
define(0x89, "NEWFALSE");
define("J", "NUMBER", (reader) => reader.unsigned(4) | 0);
define("K", "NUMBER", unsigned(1));
define("M", "NUMBER", unsigned(2));
define(0x8a, "NUMBER", long(1));
define(0x8b, "NUMBER", long(4));
define("G", "NUMBER", (reader) => new DataView(reader.bytes(8).buffer).getFloat64(0));
define("X", "TEXT", text(4));
define(0x8c, "TEXT", text(1));
define(0x8d, "TEXT", text(8));
// Python 2 wrote its strings, and so the names of tensors, by these two.
define("T", "TEXT", text(4));
define("U", "TEXT", text(1));
define("B", "BYTES", bytes(4));
define("C", "BYTES", bytes(1));
define(0x8e, "BYTES", bytes(8));
define(0x96, "BYTES", bytes(8));
define("]", "EMPTY_LIST");
define(")", "EMPTY_TUPLE");
define("}", "EMPTY_DICT");
define(0x8f, "EMPTY_SET");
define("(", "MARK");
define("t", "TUPLE");
define(0x85, "TUPLE1");
define(0x86, "TUPLE2");
define(0x87, "TUPLE3");
define("a", "APPEND");
define("e", "APPENDS");
define(0x90, "ADDITEMS");
define("s", "SETITEM");
define("u", "SETITEMS");
define("0", "POP");
define("1", "POP_MARK");
define("2", "DUP");
define("q", "PUT", unsigned(1));
define("r", "PUT", unsigned(4));
define(0x94, "MEMOIZE");
define("h", "GET", unsigned(1));
define("j", "GET", unsigned(4));
define("c", "GLOBAL", (reader) => [reader.line(), reader.line()]);
define(0x93, "STACK_GLOBAL");
define("R", "REDUCE");
define(0x81, "NEWOBJ");
define("b", "BUILD");
define("Q", "BINPERSID");

/** Instructions that Python knows and weights do not need, by opcode. */
const UNUSED: Record<number, string> = {
  ...{ 0x46: "FLOAT", 0x49: "INT", 0x4c: "LONG", 0x53: "STRING", 0x56: "UNICODE", 0x50: "PERSID" },
  ...{ 0x64: "DICT", 0x6c: "LIST", 0x67: "GET", 0x70: "PUT", 0x69: "INST", 0x6f: "OBJ" },
  ...{ 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x91: "FROZENSET", 0x92: "NEWOBJ_EX" },
  ...{ 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER" },
};

/** A reader of the bytes `start` to `end` that fetches them in windows, since a pickle's length is not known before. */
function openReader(
  source: ByteSource,
  { start, end, fault }: { start: number; end: number; fault: Reader["fault"] },
) {
  let window = new Uint8Array(), windowStart = start, at = start;
  const view = (length: number): Uint8Array<ArrayBuffer> => {
    if (length > end - at) throw fault(`its pickle is cut short at byte ${end}`);
    if (at + length > windowStart + window.length) {
      window = source.read(at, Math.min(Math.max(length, WINDOW), end - at));
      windowStart = at;
    }
    at += length;
    return window.subarray(at - length - windowStart, at - windowStart);
  };
  const reader: Reader = {
    fault,
    unsigned(length) {
      const part = view(length);
      let value = 0;
      for (let k = length - 1; k >= 0; k--) value = value * 256 + part[k];
      return value;
    },
    bytes: (length) => view(length).slice(),
    line() {
      let line = "";
      for (let byte = view(1)[0]; byte !== 0x0a; byte = view(1)[0]) {
        line += String.fromCharCode(byte);
        if (line.length > LONGEST_LINE) throw fault("its pickle has a name without an end");
      }
      return line;
    },
  };
  return { reader, position: () => at };
}

/** The instructions of a pickle, one after the other; `fault` makes the error for what cannot be read. */
export function openInstructions(
  source: ByteSource,
  options: { start: number; end: number; fault: (what: string) => KitError },
): { next(): Instruction; position(): number } {
  const { reader, position } = openReader(source, options);
  return {
    position,
    next() {
      const code = reader.unsigned(1);
      const found = INSTRUCTIONS.get(code);
      if (found) return { name: found[0], operand: found[1](reader) };
      const unused = UNUSED[code];
      throw options.fault(
        unused
          ? `its pickle uses the instruction ${unused}, which weights do not need`
          : `its pickle holds no instruction at byte ${position() - 1} (${
            quoted(String.fromCharCode(code))
          })`,
      );
    },
  };
}
