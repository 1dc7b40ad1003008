import { KitError } from "../base/errors.ts";
import type { ByteSource } from "./byte_source.ts";
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

function pop({ stack, fault }: Machine): Value {
  if (stack.length === 0) throw fault("its pickle takes from an empty stack");
  return stack.pop()!;
}

function top({ stack, fault }: Machine): Value {
  if (stack.length === 0) throw fault("its pickle takes from an empty stack");
  return stack[stack.length - 1];
}

/** Everything down to the last mark. */
function popMark(machine: Machine): Value[] {
  const { stack, below, fault } = machine;
  if (below.length === 0) throw fault("its pickle has no mark where one is needed");
  machine.stack = below.pop()!;
  return stack;
}

const push: Run = ({ stack }, operand) => void stack.push(operand);
const constant = (value: Value): Run => ({ stack }) => void stack.push(value);

const tuple = (length: number): Run => (machine) => {
  const items = Array.from({ length }, () => pop(machine)).reverse();
  machine.stack.push(items);
};

function listOnTop(machine: Machine): Value[] {
  const list = top(machine);
  if (!Array.isArray(list)) throw machine.fault("its pickle appends to what is no list");
  return list;
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
  const args = pop(machine), called = pop(machine);
  if (!isKnown(called) || !called.call) throw machine.fault("its pickle calls what is no function");
  if (!Array.isArray(args)) throw machine.fault("its pickle calls a function without a tuple");
  machine.stack.push(called.call(args));
};

/** Attributes of dictionaries (PyTorch's `_metadata`) and of what is not read anyway carry no weights. */
const build: Run = (machine) => {
  pop(machine);
  const target = top(machine);
  if (target instanceof Map || (typeof target === "object" && target !== null && "opaque" in target)) return;
  throw machine.fault("its pickle sets attributes of an object");
};

const recall: Run = ({ stack, memo, fault }, index) => {
  if (!memo.has(index as number)) throw fault(`its pickle recalls value ${index}, which it never stored`);
  stack.push(memo.get(index as number)!);
};

const persistentId: Run = (machine) => {
  const { persistent } = machine.table;
  if (!persistent) throw machine.fault("its pickle refers to something outside where nothing is");
  machine.stack.push(persistent(pop(machine)));
};

/** What each instruction does, by Python's names for them. */
const RUN: Record<string, Run> = {
  PROTO: ({ fault }, version) => {
    if ((version as number) > 5) throw fault(`its pickle is of protocol ${version}, known are 2 to 5`);
  },
  FRAME: () => {},
  NONE: constant(null),
  NEWTRUE: constant(true),
  NEWFALSE: constant(false),
  NUMBER: push,
  TEXT: push,
  BYTES: push,
  EMPTY_LIST: ({ stack }) => void stack.push([]),
  EMPTY_TUPLE: ({ stack }) => void stack.push([]),
  EMPTY_DICT: ({ stack }) => void stack.push(new Map()),
  EMPTY_SET: ({ stack }) => void stack.push([]),
  MARK: (machine) => {
    if (machine.below.push(machine.stack) > DEEPEST) {
      throw machine.fault(`its pickle nests deeper than ${DEEPEST} levels`);
    }
    machine.stack = [];
  },
  TUPLE: (machine) => {
    const items = popMark(machine);
    machine.stack.push(items);
  },
  TUPLE1: tuple(1),
  TUPLE2: tuple(2),
  TUPLE3: tuple(3),
  APPEND: (machine) => {
    const item = pop(machine);
    listOnTop(machine).push(item);
  },
  APPENDS: (machine) => {
    const items = popMark(machine), list = listOnTop(machine);
    for (const item of items) list.push(item);
  },
  SETITEM: (machine) => {
    const value = pop(machine), key = pop(machine);
    setItems(machine, [key, value]);
  },
  SETITEMS: (machine) => {
    const items = popMark(machine);
    setItems(machine, items);
  },
  POP: (machine) => void (machine.stack.length > 0 ? machine.stack.pop() : popMark(machine)),
  POP_MARK: (machine) => void popMark(machine),
  DUP: (machine) => void machine.stack.push(top(machine)),
  PUT: (machine, index) => void machine.memo.set(index as number, top(machine)),
  MEMOIZE: (machine) => void machine.memo.set(machine.memo.size, top(machine)),
  GET: recall,
  GLOBAL: (machine, names) => {
    machine.stack.push(known(machine, names as string[]));
  },
  STACK_GLOBAL: (machine) => {
    const name = pop(machine), module = pop(machine);
    machine.stack.push(known(machine, [module, name]));
  },
  REDUCE: call,
  NEWOBJ: call,
  BUILD: build,
  BINPERSID: persistentId,
};
// A set is an array here, so its items are appended.
RUN.ADDITEMS = RUN.APPENDS;

/**
 * Reads one pickle that begins at byte `start` and ends before `end`; returns what it holds and the byte after it.
 * Throws KitError for a pickle that is cut short, damaged or of the text form (protocol 0), that names what is not
 * in the table, or that does anything else than describe data.
 */
export function readPickle(
  source: ByteSource,
  { start, end, table }: { start: number; end: number; table: PickleTable },
): { value: Value; next: number } {
  const fault = (what: string) =>
    new KitError(`${source.name} is not a sound PyTorch file: ${what}`, "Make or copy the file again");
  const machine: Machine = { file: source.name, table, stack: [], below: [], memo: new Map(), fault };
  const instructions = openInstructions(source, { start, end, fault });
  for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
    const { name, operand } = instructions.next();
    if (name === "STOP") return { value: pop(machine), next: instructions.position() };
    RUN[name](machine, operand);
  }
  throw fault(`its pickle has more than ${MOST_INSTRUCTIONS} instructions`);
}
