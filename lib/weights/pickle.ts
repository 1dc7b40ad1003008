import { KitError } from "../base/errors.ts";
import { type ByteSource, unsound } from "./byte_source.ts";
import { openReader, type PickleReader } from "./pickle_reader.ts";
import { quoted } from "./quoted.ts";

/*
 * Python's pickle is a program for a stack machine, and Python's own reader calls whatever function the program
 * names. This one reads the data that files of weights consist of and calls nothing but the functions of a table
 * that its caller gives. https://docs.python.org/3/library/pickletools.html
 */

/** A name that a pickle may use; `call` builds what Python's function of that name would. */
export interface Known {
  title: string;
  call?: (args: Value[]) => Value;
}

/** Something that a pickle holds and nobody needs, such as a NumPy scalar: it is not read. */
export interface Opaque {
  opaque: string;
}

/** What a pickle may hold: lists and tuples are arrays, dictionaries are maps, long integers may be bigints. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | Map<Value, Value>
  | Known
  | Opaque
  | object;

export interface PickleTable {
  /** Allowed names, by `module.name`. */
  names: ReadonlyMap<string, Known>;
  /** What a persistent id (a reference to something outside the pickle, such as a storage) stands for. */
  persistent?: (id: Value) => Value;
}

/** A pickle of a few hundred bytes a tensor never comes near these; they bound the memory that a bad one takes. */
const MOST_INSTRUCTIONS = 4_000_000, DEEPEST = 1000;

interface Machine {
  file: string;
  table: PickleTable;
  stack: Value[];
  /** The stacks below the last mark, outermost first. */
  below: Value[][];
  memo: Map<number, Value>;
  fault: (what: string) => KitError;
}

/** What an instruction does; it reads its own operand. */
type Run = (machine: Machine, read: PickleReader) => void;

function top({ stack, fault }: Machine): Value {
  if (stack.length === 0) throw fault("its pickle takes from an empty stack");
  return stack[stack.length - 1];
}

function pop(machine: Machine): Value {
  const value = top(machine);
  machine.stack.pop();
  return value;
}

/** Everything down to the last mark. */
function popMark(machine: Machine): Value[] {
  const { stack, below, fault } = machine;
  if (below.length === 0) throw fault("its pickle has no mark where one is needed");
  machine.stack = below.pop()!;
  return stack;
}

/** The last values of the stack, in the order in which they were put there. */
const popSome = (machine: Machine, count: number): Value[] =>
  Array.from({ length: count }, () => pop(machine)).reverse();

/** Puts a value on the stack that is there once the value has been made: a mark's end brings back another one. */
const push = (machine: Machine, value: Value): void => void machine.stack.push(value);

function append(machine: Machine, items: Value[]): void {
  const list = top(machine);
  if (!Array.isArray(list)) throw machine.fault("its pickle appends to what is no list");
  for (const item of items) list.push(item);
}

function setItems(machine: Machine, items: Value[]): void {
  const map = top(machine);
  if (!(map instanceof Map)) throw machine.fault("its pickle sets items of what is no dictionary");
  if (items.length % 2 !== 0) throw machine.fault("its pickle has a key without a value");
  for (let k = 0; k < items.length; k += 2) map.set(items[k], items[k + 1]);
}

/** A name is looked up as soon as it is read, so that a file with a foreign one is refused, used or not. */
function known({ table, file, fault }: Machine, [module, name]: Value[]): Known {
  if (typeof module !== "string" || typeof name !== "string") {
    throw fault("its pickle has a name that is no text");
  }
  const full = `${module}.${name}`, found = table.names.get(full);
  if (found) return found;
  throw new KitError(
    `${file} asks for ${quoted(full)}, which no file of plain weights needs`,
    "Nothing of it was run: get the weights as a state dict (PyTorch's `torch.save(model.state_dict(), ...)`)",
  );
}

const isKnown = (value: Value): value is Known =>
  typeof value === "object" && value !== null && "title" in value && !(value instanceof Map);

const call: Run = (machine) => {
  const [called, args] = popSome(machine, 2);
  if (!isKnown(called) || !called.call) throw machine.fault("its pickle calls what is no function");
  if (!Array.isArray(args)) throw machine.fault("its pickle calls a function without a tuple");
  push(machine, called.call(args));
};

/** Attributes of dictionaries (PyTorch's `_metadata`) and of what is not read anyway carry no weights. */
const build: Run = (machine) => {
  pop(machine);
  const target = top(machine);
  if (target instanceof Map || (typeof target === "object" && target !== null && "opaque" in target)) return;
  throw machine.fault("its pickle sets attributes of an object");
};

/** The value stored at an index. */
function recall({ memo, fault }: Machine, index: number): Value {
  if (!memo.has(index)) throw fault(`its pickle recalls value ${index}, which it never stored`);
  return memo.get(index)!;
}

const persistentId: Run = (machine) => {
  const { persistent } = machine.table;
  if (!persistent) throw machine.fault("its pickle refers to something outside where nothing is");
  push(machine, persistent(pop(machine)));
};

/** Puts on the stack what is read or made. */
const put = (value: (read: PickleReader, machine: Machine) => Value): Run => (machine, read) =>
  push(machine, value(read, machine));
const text = (lengthBytes: 1 | 4 | 8) => put((read) => read.text(lengthBytes));
const bytes = (lengthBytes: 1 | 4 | 8) => put((read) => read.bytes(lengthBytes));
const storeAt = (indexBytes: 1 | 4): Run => (machine, read) =>
  void machine.memo.set(read.unsigned(indexBytes), top(machine));
const recallFrom = (indexBytes: 1 | 4) => put((read, machine) => recall(machine, read.unsigned(indexBytes)));

/** What each instruction does, by opcode, with Python's name for it. */
const INSTRUCTIONS: Record<string, Run> = {
  "\x80": ({ fault }, read) => { // PROTO
    const version = read.unsigned(1);
    if (version > 5) throw fault(`its pickle is of protocol ${version}, known are 2 to 5`);
  },
  "\x95": (_, read) => void read.unsigned(8), // FRAME
  "N": put(() => null), // NONE
  "\x88": put(() => true), // NEWTRUE
  "\x89": put(() => false), // NEWFALSE
  "J": put((read) => read.unsigned(4) | 0), // BININT
  "K": put((read) => read.unsigned(1)), // BININT1
  "M": put((read) => read.unsigned(2)), // BININT2
  "\x8a": put((read) => read.long(1)), // LONG1
  "\x8b": put((read) => read.long(4)), // LONG4
  "G": put((read) => read.double()), // BINFLOAT
  "X": text(4), // BINUNICODE
  "\x8c": text(1), // SHORT_BINUNICODE
  "\x8d": text(8), // BINUNICODE8
  "T": text(4), // BINSTRING: Python 2 wrote its strings, and so the names of tensors, by this and the next
  "U": text(1), // SHORT_BINSTRING
  "B": bytes(4), // BINBYTES
  "C": bytes(1), // SHORT_BINBYTES
  "\x8e": bytes(8), // BINBYTES8
  "\x96": bytes(8), // BYTEARRAY8
  "]": put(() => []), // EMPTY_LIST
  ")": put(() => []), // EMPTY_TUPLE
  "}": put(() => new Map()), // EMPTY_DICT
  "\x8f": put(() => []), // EMPTY_SET: a set is an array here
  "(": (machine) => { // MARK
    if (machine.below.push(machine.stack) > DEEPEST) {
      throw machine.fault(`its pickle nests deeper than ${DEEPEST} levels`);
    }
    machine.stack = [];
  },
  "t": put((_, machine) => popMark(machine)), // TUPLE
  "\x85": put((_, machine) => popSome(machine, 1)), // TUPLE1
  "\x86": put((_, machine) => popSome(machine, 2)), // TUPLE2
  "\x87": put((_, machine) => popSome(machine, 3)), // TUPLE3
  "a": (machine) => append(machine, [pop(machine)]), // APPEND
  "e": (machine) => append(machine, popMark(machine)), // APPENDS
  "\x90": (machine) => append(machine, popMark(machine)), // ADDITEMS
  "s": (machine) => setItems(machine, popSome(machine, 2)), // SETITEM
  "u": (machine) => setItems(machine, popMark(machine)), // SETITEMS
  "0": (machine) => void (machine.stack.length > 0 ? machine.stack.pop() : popMark(machine)), // POP
  "1": (machine) => void popMark(machine), // POP_MARK
  "2": put((_, machine) => top(machine)), // DUP
  "q": storeAt(1), // BINPUT
  "r": storeAt(4), // LONG_BINPUT
  "\x94": (machine) => void machine.memo.set(machine.memo.size, top(machine)), // MEMOIZE
  "h": recallFrom(1), // BINGET
  "j": recallFrom(4), // LONG_BINGET
  "c": put((read, machine) => known(machine, [read.line(), read.line()])), // GLOBAL
  "\x93": put((_, machine) => known(machine, popSome(machine, 2))), // STACK_GLOBAL
  "R": call, // REDUCE
  "\x81": call, // NEWOBJ
  "b": build, // BUILD
  "Q": persistentId, // BINPERSID
};
const STOP = ".";

/** Instructions that Python knows and weights do not need. */
const UNUSED: Record<string, string> = {
  ...{ F: "FLOAT", I: "INT", L: "LONG", S: "STRING", V: "UNICODE", P: "PERSID" },
  ...{ d: "DICT", l: "LIST", g: "GET", p: "PUT", i: "INST", o: "OBJ" },
  ...{ "\x82": "EXT1", "\x83": "EXT2", "\x84": "EXT4", "\x91": "FROZENSET", "\x92": "NEWOBJ_EX" },
  ...{ "\x97": "NEXT_BUFFER", "\x98": "READONLY_BUFFER" },
};

/** What is wrong with an opcode that is none of the instructions. */
const foreignInstruction = (code: string, position: number): string =>
  Object.hasOwn(UNUSED, code)
    ? `its pickle uses the instruction ${UNUSED[code]}, which weights do not need`
    : `its pickle holds no instruction at byte ${position} (${quoted(code)})`;

/**
 * Reads one pickle that begins at byte `start` and ends before `end`; returns what it holds and the byte after it.
 * Throws KitError for a pickle that is cut short, damaged or of the text form (protocol 0), that names what is not
 * in the table, or that does anything else than describe data.
 */
export function readPickle(
  source: ByteSource,
  { start, end, table }: { start: number; end: number; table: PickleTable },
): { value: Value; next: number } {
  const fault = unsound(source);
  const machine: Machine = { file: source.name, table, stack: [], below: [], memo: new Map(), fault };
  const read = openReader(source, { start, end, fault });
  for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
    const code = String.fromCharCode(read.unsigned(1));
    if (code === STOP) return { value: pop(machine), next: read.position() };
    if (!Object.hasOwn(INSTRUCTIONS, code)) throw fault(foreignInstruction(code, read.position() - 1));
    INSTRUCTIONS[code](machine, read);
  }
  throw fault(`its pickle has more than ${MOST_INSTRUCTIONS} instructions`);
}
