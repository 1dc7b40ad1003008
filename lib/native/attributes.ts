import { type Bytes, CONSTANTS, cString, int64s, type Pointer, type Symbols, utf8 } from "./library.ts";

/** An attribute as tfjs-node's backend hands it over. */
export interface Attribute {
  name: string;
  type: number;
  // deno-lint-ignore no-explicit-any
  value: any;
}

const { TF_ATTR_INT, TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_TYPE, TF_ATTR_STRING } = CONSTANTS;

/** The C API's word for each kind of number, and how it takes one and a list of them. */
const NUMBERS: Record<number, [string, (one: number) => unknown, (list: number[]) => BufferSource]> = {
  [TF_ATTR_INT]: ["Int", (value) => BigInt(Math.trunc(value)), int64s],
  [TF_ATTR_FLOAT]: ["Float", (value) => value, (list) => new Float32Array(list)],
  [TF_ATTR_BOOL]: ["Bool", (value) => value ? 1 : 0, (list) => Uint8Array.from(list, Number)],
  [TF_ATTR_TYPE]: ["Type", (value) => value, (list) => Int32Array.from(list)],
};

/** A string's bytes, whether it comes as a text or as them. */
export const bytesOf = (text: string | Bytes): Bytes => typeof text === "string" ? utf8(text) : text;

/**
 * Sets an attribute of an operation that is run (`TFE_Op`) or of a node of a graph (`TF_`), where the C API takes both
 * alike: numbers, truth values and types, lists of them, and a string. False for any other attribute.
 */
export function setAttribute(
  symbols: Symbols,
  target: { kind: "TFE_Op" | "TF_"; at: Pointer },
  { name, type, value }: Attribute,
): boolean {
  const { kind, at } = target, n = cString(name), list = Array.isArray(value);
  if (Object.hasOwn(NUMBERS, type)) {
    // deno-lint-ignore no-explicit-any
    const [word, one, many] = NUMBERS[type], s = symbols as any;
    if (list) s[`${kind}SetAttr${word}List`](at, n, many(value), value.length);
    else s[`${kind}SetAttr${word}`](at, n, one(value));
    return true;
  }
  if (type !== TF_ATTR_STRING || list) return false;
  const text = bytesOf(value);
  symbols[`${kind}SetAttrString`](at, n, text, BigInt(text.length));
  return true;
}
