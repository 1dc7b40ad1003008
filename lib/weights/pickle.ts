import { KitError } from "../base/errors.ts";
import { type ByteSource, unsound } from "./byte_source.ts";
import { openInstructions } from "./pickle_instructions.ts";
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

type Run = (machine: Machine, operand: Value) => void;

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

const recall: Run = (machine, index) => {
  const { memo, fault } = machine;
  if (!memo.has(index as number)) throw fault(`its pickle recalls value ${index}, which it never stored`);
  push(machine, memo.get(index as number)!);
};

const persistentId: Run = (machine) => {
  const { persistent } = machine.table;
  if (!persistent) throw machine.fault("its pickle refers to something outside where nothing is");
  push(machine, persistent(pop(machine)));
};

/** What each instruction does, by Python's names for them. */
const RUN: Record<string, Run> = {
  PROTO: ({ fault }, version) => {
    if ((version as number) > 5) throw fault(`its pickle is of protocol ${version}, known are 2 to 5`);
  },
  FRAME: () => {},
  NONE: (machine) => push(machine, null),
  NEWTRUE: (machine) => push(machine, true),
  NEWFALSE: (machine) => push(machine, false),
  NUMBER: push,
  TEXT: push,
  BYTES: push,
  EMPTY_LIST: (machine) => push(machine, []),
  EMPTY_TUPLE: (machine) => push(machine, []),
  EMPTY_DICT: (machine) => push(machine, new Map()),
  EMPTY_SET: (machine) => push(machine, []),
  MARK: (machine) => {
    if (machine.below.push(machine.stack) > DEEPEST) {
      throw machine.fault(`its pickle nests deeper than ${DEEPEST} levels`);
    }
    machine.stack = [];
  },
  TUPLE: (machine) => push(machine, popMark(machine)),
  TUPLE1: (machine) => push(machine, popSome(machine, 1)),
  TUPLE2: (machine) => push(machine, popSome(machine, 2)),
  TUPLE3: (machine) => push(machine, popSome(machine, 3)),
  APPEND: (machine) => append(machine, [pop(machine)]),
  APPENDS: (machine) => append(machine, popMark(machine)),
  ADDITEMS: (machine) => append(machine, popMark(machine)), // a set is an array here
  SETITEM: (machine) => setItems(machine, popSome(machine, 2)),
  SETITEMS: (machine) => setItems(machine, popMark(machine)),
  POP: (machine) => void (machine.stack.length > 0 ? machine.stack.pop() : popMark(machine)),
  POP_MARK: (machine) => void popMark(machine),
  DUP: (machine) => push(machine, top(machine)),
  PUT: (machine, index) => void machine.memo.set(index as number, top(machine)),
  MEMOIZE: (machine) => void machine.memo.set(machine.memo.size, top(machine)),
  GET: recall,
  GLOBAL: (machine, names) => push(machine, known(machine, names as string[])),
  STACK_GLOBAL: (machine) => push(machine, known(machine, popSome(machine, 2))),
  REDUCE: call,
  NEWOBJ: call,
  BUILD: build,
  BINPERSID: persistentId,
};

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
  const instructions = openInstructions(source, { start, end, fault });
  for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
    const { name, operand } = instructions.next();
    if (name === "STOP") return { value: pop(machine), next: instructions.position() };
    RUN[name](machine, operand);
  }
  throw fault(`its pickle has more than ${MOST_INSTRUCTIONS} instructions`);
}
