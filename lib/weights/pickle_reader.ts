import type { KitError } from "../base/errors.ts";
import type { ByteSource } from "./byte_source.ts";

/** Reads what a pickle's instructions are made of, in order; throws a fault where the bytes end. */
export interface PickleReader {
  /** The byte that is read next. */
  position(): number;
  /** A little-endian number of so many bytes. */
  unsigned(bytes: 1 | 2 | 4 | 8): number;
  /** What follows a length of so many bytes. */
  bytes(lengthBytes: 1 | 4 | 8): Uint8Array<ArrayBuffer>;
  text(lengthBytes: 1 | 4 | 8): string;
  /** An integer in two's complement, of any length; a number where it is exact. */
  long(lengthBytes: 1 | 4): number | bigint;
  /** A 64-bit float, big-endian. */
  double(): number;
  /** Text up to a line's end. */
  line(): string;
}

const WINDOW = 65_536;
const LONGEST_LINE = 1000, LONGEST_TEXT = 1_000_000;

/** A reader of the bytes `start` to `end` that fetches them in windows, since a pickle's length is not known before. */
export function openReader(
  source: ByteSource,
  { start, end, fault }: { start: number; end: number; fault: (what: string) => KitError },
): PickleReader {
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
  const unsigned = (length: number) => view(length).reduceRight((value, byte) => value * 256 + byte, 0);
  return {
    position: () => at,
    unsigned,
    bytes: (lengthBytes) => view(unsigned(lengthBytes)).slice(),
    text(lengthBytes) {
      const length = unsigned(lengthBytes);
      if (length > LONGEST_TEXT) throw fault(`its pickle claims a text of ${length} bytes`);
      const bytes = view(length);
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        throw fault("its pickle has a text that is not UTF-8");
      }
    },
    long(lengthBytes) {
      const length = unsigned(lengthBytes);
      if (length > 255) throw fault(`its pickle claims a number of ${length} bytes`);
      const bits = view(length).reduceRight((value, byte) => value << 8n | BigInt(byte), 0n);
      const value = BigInt.asIntN(8 * length, bits), exact = Number(value);
      return Number.isSafeInteger(exact) ? exact : value;
    },
    double: () => new DataView(view(8).slice().buffer).getFloat64(0),
    line() {
      let line = "";
      for (let byte = view(1)[0]; byte !== 0x0a; byte = view(1)[0]) {
        line += String.fromCharCode(byte);
        if (line.length > LONGEST_LINE) throw fault("its pickle has a name without an end");
      }
      return line;
    },
  };
}
