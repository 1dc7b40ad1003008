import type { KitError } from "../base/errors.ts";
import { type DType, elements, MOST_AXES } from "./elements.ts";
import type { Known, PickleTable, Value } from "./pickle.ts";
import { quoted } from "./quoted.ts";

/** A block of elements that tensors are views of. */
export interface Storage {
  key: string;
  dtype: DType;
  /** Elements. */
  length: number;
}

/** A storage, or a part of one, as a tensor is built on it; a class so that nothing else can be taken for it. */
class StorageHandle {
  constructor(readonly storage: Storage, readonly offset: number, readonly length: number) {}
}

/** A view of a storage: element [i, j, ...] lies at `offset + i * strides[0] + j * strides[1] + ...`. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: number[],
    readonly strides: number[],
  ) {}
}

const STORAGES: Record<string, DType> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** Types by PyTorch's names, which checkpoints hold among their settings. */
const TYPES = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split(" ");

/** Stands for `torch.FloatStorage` and the like inside a persistent id. */
interface StorageType extends Known {
  dtype: DType;
}

/** An expanded tensor (stride 0) may be larger than its storage, but not by much: it would fill the memory. */
const MOST_EXPANDED = 65_536;

const isCount = (value: Value): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: Value): value is number[] =>
  Array.isArray(value) && value.length <= MOST_AXES && value.every(isCount);

type Layout = Pick<TensorView, "offset" | "shape" | "strides">;

/** Checks a tensor against the storage that it is a view of; returns what is wrong with it. */
function faultOf({ offset, shape, strides }: Layout, length: number): string | undefined {
  if (shape.length !== strides.length) {
    return `a tensor has ${shape.length} axes and ${strides.length} strides`;
  }
  const count = elements(shape);
  if (count === 0) return offset <= length ? undefined : "a tensor begins outside its storage";
  const last = shape.reduce((sum, axis, k) => sum + (axis - 1) * strides[k], offset);
  if (!(last < length)) return `a tensor [${shape}] reaches element ${last} of a storage of ${length}`;
  if (count > length && count > MOST_EXPANDED) {
    return `a tensor [${shape}] repeats a storage of ${length} elements`;
  }
}

const inert = (title: string): Known => ({ title, call: () => ({ opaque: title }) });

/**
 * The names that PyTorch's files of plain weights use, with what each builds. Nothing of PyTorch or Python is run:
 * a tensor becomes a description, settings that are not needed become nothing.
 */
function knownNames(fault: (what: string) => KitError): Map<string, Known> {
  const rebuildTensor = ([storage, offset, shape, strides, ...rest]: Value[]): Value => {
    if (!(storage instanceof StorageHandle) || !isCount(offset) || !areCounts(shape) || !areCounts(strides)) {
      throw fault("a tensor is not described by a storage, an offset, a shape and strides");
    }
    const [_requiresGrad, _hooks, flags] = rest;
    if (flags instanceof Map && flags.size > 0) throw fault("a tensor is a negated or conjugated view");
    const wrong = faultOf({ offset, shape, strides }, storage.length);
    if (wrong) throw fault(wrong);
    return new TensorView(storage.storage, storage.offset + offset, shape, strides);
  };
  const map = ([pairs]: Value[]): Value => {
    if (pairs === undefined) return new Map();
    if (pairs instanceof Map) return new Map(pairs);
    if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
      throw fault("a dictionary is built of what are no pairs");
    }
    return new Map(pairs as [Value, Value][]);
  };
  const known: Known[] = [
    { title: "torch._utils._rebuild_tensor", call: rebuildTensor },
    { title: "torch._utils._rebuild_tensor_v2", call: rebuildTensor },
    { title: "torch._utils._rebuild_parameter", call: ([data]) => data ?? null },
    { title: "torch._utils._rebuild_parameter_with_state", call: ([data]) => data ?? null },
    { title: "torch.Size", call: ([sizes]) => sizes ?? [] },
    { title: "collections.OrderedDict", call: map },
    { title: "collections.defaultdict", call: ([_factory, ...rest]) => map(rest) },
    ...["builtins", "__builtin__"].flatMap((module) => [
      { title: `${module}.set`, call: ([items]: Value[]) => items ?? [] },
      ...["dict", "list", "int", "float"].map((name) => ({ title: `${module}.${name}` })),
    ]),
    ...["numpy.core", "numpy._core"].flatMap((module) =>
      ["scalar", "_reconstruct"].map((name) => inert(`${module}.multiarray.${name}`))
    ),
    ...["numpy.dtype", "numpy.ndarray", "_codecs.encode", "torch.device"].map(inert),
    ...TYPES.map((name) => ({ title: `torch.${name}` })),
    ...Object.entries(STORAGES).map(([name, dtype]): StorageType => ({ title: `torch.${name}`, dtype })),
  ];
  return new Map(known.map((entry) => [entry.title, entry]));
}

/** The part `[key, offset, length]` of a storage that the older form may name; all of it where it names none. */
function handleOf(storage: Storage, part: Value): StorageHandle | undefined {
  if (part === undefined || part === null) return new StorageHandle(storage, 0, storage.length);
  const [key, offset, length] = Array.isArray(part) ? part : [];
  if (typeof key !== "string" || !isCount(offset) || !isCount(length)) return;
  if (offset + length <= storage.length) return new StorageHandle(storage, offset, length);
}

/**
 * What PyTorch's pickles may name, and the storages by key that they refer to by persistent ids
 * `("storage", type, key, device, length)`, in the older form followed by a part of the storage or None.
 */
export function pytorchTable(fault: (what: string) => KitError): {
  table: PickleTable;
  storages: Map<string, Storage>;
} {
  const storages = new Map<string, Storage>();
  const persistent = (id: Value): Value => {
    if (!Array.isArray(id) || id[0] !== "storage") throw fault("it refers to something else than a storage");
    const [, type, key, , length, part] = id;
    const dtype = (type as StorageType | null | undefined)?.dtype;
    if (!dtype || typeof key !== "string" || !isCount(length)) throw fault("a storage is not described well");
    const storage = storages.get(key) ?? { key, dtype, length };
    if (storage.length !== length || storage.dtype !== dtype) {
      throw fault(`the storage ${quoted(key)} is described in two ways`);
    }
    storages.set(key, storage);
    const handle = handleOf(storage, part);
    if (!handle) throw fault(`a part of the storage ${quoted(key)} lies outside of it`);
    return handle;
  };
  return { table: { names: knownNames(fault), persistent }, storages };
}
