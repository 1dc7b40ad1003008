import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { KitError } from "../../lib/base/errors.ts";
import { memorySource } from "../../lib/weights/byte_source.ts";
import { type Known, type PickleTable, readPickle, type Value } from "../../lib/weights/pickle.ts";
import { assemble, name, type Part, pickle, text, tuple } from "./made_pickle.ts";

const golden = JSON.parse(
  Deno.readTextFileSync(new URL("../goldens/pytorch/pickles.json", import.meta.url)),
) as { value: unknown; pickles: { protocol: number; pickle: string }[] };

const EMPTY: PickleTable = { names: new Map() };

function read(bytes: Uint8Array, table = EMPTY): Value {
  const source = memorySource("made.pt", bytes);
  const { value, next } = readPickle(source, { start: 0, end: bytes.length, table });
  assert.equal(next, bytes.length);
  return value;
}

/** Maps as objects, to compare with JSON. */
const plain = (value: Value): unknown =>
  value instanceof Map
    ? Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]))
    : Array.isArray(value)
    ? value.map(plain)
    : value;

Deno.test("plain data by Python's protocols 2 to 5 is read; the numbers in text of protocol 1 are refused", () => {
  assert.equal(golden.pickles.length, 5);
  for (const { protocol, pickle } of golden.pickles) {
    const bytes = new Uint8Array(Buffer.from(pickle, "base64"));
    if (protocol === 1) {
      // Protocol 1 writes lists, dictionaries and most numbers as 2 does, but long ones and floats as text.
      assert.throws(() => read(bytes), /uses the instruction (LONG|INT|FLOAT)/);
      continue;
    }
    const value = read(bytes);
    assert.deepEqual(plain(value), golden.value, `protocol ${protocol}`);
    const [first, second] = (value as Map<string, Value[]>).get("shared")!;
    assert.equal(first, second);
  }
});

Deno.test("a pickle cut anywhere is refused", () => {
  const bytes = new Uint8Array(Buffer.from(golden.pickles[1].pickle, "base64")).subarray(0, 3000);
  for (let length = 0; length < bytes.length; length += length < 800 ? 1 : 37) {
    assert.throws(() => read(bytes.slice(0, length)), KitError, `${length} bytes`);
  }
});

Deno.test("long numbers are exact, and bytes and numbers of other widths are read", () => {
  const long = (...digits: number[]) => pickle(0x8a, digits.length, digits);
  assert.equal(read(long()), 0);
  assert.equal(read(long(0xff)), -1);
  assert.equal(read(long(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f)), Number.MAX_SAFE_INTEGER);
  assert.equal(read(long(0, 0, 0, 0, 0, 0, 0x20)), 2n ** 53n);
  assert.equal(
    read(long(0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)),
    0x1950a86a20f9469cfc6cn,
  );
  assert.deepEqual(read(pickle("C\x03\x01\x02\xff")), new Uint8Array([1, 2, 255]));
  assert.equal(read(pickle("U\x02ab")), "ab");
  assert.equal(read(pickle("N]02", [0x88], "0")), null);
});

Deno.test("only functions of the table are called, with the arguments of the pickle", () => {
  const calls: Value[][] = [];
  const known: Known = { title: "kit.record", call: (args) => calls.push(args) };
  const table = { names: new Map([["kit.record", known]]) };
  assert.equal(read(pickle(name("kit", "record"), tuple(text("a"), "N"), "R"), table), 1);
  assert.deepEqual(calls, [["a", null]]);
});

/** What a malicious or damaged file may hold, and what the fault must say. */
const refused: [what: string, parts: Part[], message: RegExp][] = [
  ["os.system", [name("os", "system"), tuple(text("touch owned")), "R"], /asks for "os\.system"/],
  ["posix.system, unused", [name("posix", "system"), "0N"], /asks for "posix\.system"/],
  ["by the later instruction", [text("builtins"), text("eval"), 0x93], /asks for "builtins\.eval"/],
  ["a name of JavaScript's", [name("__proto__", "constructor")], /asks for "__proto__\.constructor"/],
  ["a name with a line's end", [text("os\n\x1b[2J"), text("x"), 0x93], /asks for "os\\n\\u001b\[2J\.x"/],
  ["a name of 1 MB", ["c" + "a".repeat(1_000_000)], /a name without an end/],
  ["a name that is a number", ["K\x01", text("x"), 0x93], /a name that is no text/],
  ["INST", ["(", text("ls"), "ios\nsystem\n"], /the instruction INST,/],
  ["OBJ", ["(N", "o"], /the instruction OBJ,/],
  ["EXT1", [0x82, 1], /the instruction EXT1,/],
  ["protocol 0", ["I1\n"], /the instruction INT,/],
  ["protocol 6", [0x80, 6], /of protocol 6,/],
  ["a call of a text", [text("os.system"), ")R"], /calls what is no function/],
  [
    "a call of a dictionary with a title",
    ["}", text("title"), text("x"), "s)R"],
    /calls what is no function/,
  ],
  ["attributes", ["]", "}b"], /sets attributes of an object/],
  ["a text of 4 GB", ["X\xff\xff\xff\xff"], /claims a text of 4294967295 bytes/],
  ["a text of 2^63 bytes", [0x8d, "\xff\xff\xff\xff\xff\xff\xff\x7f"], /claims a text/],
  ["bytes of 4 GB", ["B\xff\xff\xff\xff"], /is cut short/],
  ["bytes of 2^63", [0x8e, "\xff\xff\xff\xff\xff\xff\xff\x7f"], /is cut short/],
  ["a number of 2 GB", [0x8b, "\xff\xff\xff\x7f"], /claims a number of 2147483647 bytes/],
  ["text that is not UTF-8", ["X\x01\x00\x00\x00\xff"], /not UTF-8/],
  ["a memory that is empty", ["h\x00"], /recalls value 0/],
  ["an empty stack", ["a"], /empty stack/],
  ["nothing to return", [], /empty stack/],
  ["no mark", ["Nt"], /no mark/],
  ["a list that is none", ["}Na"], /what is no list/],
  ["a dictionary that is none", ["]NNs"], /what is no dictionary/],
  ["a key without a value", ["}(Nu"], /a key without a value/],
  ["no instruction", [0xff], /no instruction at byte 2/],
  ["something outside", ["NQ"], /something outside/],
  ["100,000 marks", ["(".repeat(100_000)], /deeper than 1000 levels/],
];

Deno.test("whatever is not plain data is refused, and nothing is run", () => {
  for (const [what, parts, message] of refused) {
    assert.throws(() => read(pickle(...parts)), (error: Error) => {
      assert.ok(error instanceof KitError, what);
      assert.match(error.message, message, what);
      assert.match(error.message, /^made\.pt /, what);
      assert.ok(error.message.length < 400, what);
      return true;
    });
  }
});

Deno.test("deep nesting, lists of themselves and millions of instructions take neither the stack nor the memory", () => {
  // A list in a list, 200,000 deep; nothing walks it.
  const deep = read(assemble("\x80\x02", "]".repeat(200_000), "a".repeat(199_999), "."));
  assert.equal((deep as Value[]).length, 1);
  const itself = read(pickle("]q\x00h\x00a")) as Value[];
  assert.equal(itself[0], itself);
  const before = Deno.memoryUsage().rss;
  assert.throws(() => read(pickle("]0".repeat(3_000_000))), /more than 4000000 instructions/);
  assert.throws(() => read(pickle("]".repeat(5_000_000))), /more than 4000000 instructions/);
  assert.ok(Deno.memoryUsage().rss - before < 600e6);
});
