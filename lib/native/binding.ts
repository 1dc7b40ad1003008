import { type Attribute, bytesOf, setAttribute } from "./attributes.ts";
import {
  type Bytes,
  CONSTANTS,
  cString,
  int64s,
  memory,
  offset,
  openLibrary,
  type Pointer,
  readCString,
  type Symbols,
  utf8,
} from "./library.ts";

/** What the backend is told of a tensor that an operation made. */
export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/** A TF_TString, TensorFlow's string, takes 24 bytes in a tensor. */
const STRING_BYTES = 24;
/** TensorFlow's ConfigProto that says device_count { "GPU": 0 }. */
const NO_GPU = Uint8Array.of(0x0a, 7, 0x0a, 3, ...utf8("GPU"), 0x10, 0);

/** What takes operations in place of TensorFlow while a step is recorded: see recorder.ts. */
interface OperationRecorder {
  add(name: string, attributes: Attribute[], ids: number[], outputs: number): TensorMetadata[];
  /** Whether the id stood for a node, which is now forgotten. */
  forget(id: number): boolean;
  /** Throws an error when the id stands for a node, which has no value. */
  refuseValue(id: number): void;
}

type TensorData = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint8Array[];

/** What a tensor's values are read as; bytes where nothing is named. */
const ARRAYS: Record<number, new (buffer: ArrayBuffer) => Float32Array | Int32Array | BigInt64Array> = {
  [CONSTANTS.TF_FLOAT]: Float32Array,
  [CONSTANTS.TF_COMPLEX64]: Float32Array,
  [CONSTANTS.TF_INT32]: Int32Array,
  [CONSTANTS.TF_INT64]: BigInt64Array,
};

/**
 * What tfjs-node's compiled addon gives its backend, on TensorFlow's C API through Deno's FFI.
 * Ids name either a tensor handle (a value) or, while a step is recorded, a node of its graph.
 */
export class Binding {
  readonly TF_Version: string;
  /** The recorder of the step being compiled; while it is set, operations are recorded, not run. */
  recorder: OperationRecorder | null = null;
  readonly #handles = new Map<number, Pointer>();
  readonly status: Pointer;
  readonly #context: Pointer;
  readonly #device: Bytes;
  readonly #gpu: boolean;
  #outputs = new BigUint64Array(new ArrayBuffer(8 * 64));
  readonly #count = new Int32Array(new ArrayBuffer(4));
  #nextId = 0;

  constructor(readonly symbols: Symbols, config: Bytes = new Uint8Array()) {
    Object.assign(this, CONSTANTS);
    const s = symbols;
    this.TF_Version = readCString(s.TF_Version());
    this.status = s.TF_NewStatus();
    const options = s.TFE_NewContextOptions();
    s.TFE_ContextOptionsSetConfig(options, config, BigInt(config.length), this.status);
    this.check();
    this.#context = s.TFE_NewContext(options, this.status);
    this.check();
    s.TFE_DeleteContextOptions(options);
    const devices = s.TFE_ContextListDevices(this.#context, this.status);
    this.check();
    const named = new Map(
      Array.from({ length: s.TF_DeviceListCount(devices) }, (_, k) => [
        readCString(s.TF_DeviceListType(devices, k, this.status)),
        readCString(s.TF_DeviceListName(devices, k, this.status)),
      ]),
    );
    s.TF_DeleteDeviceList(devices);
    this.#gpu = named.has("GPU");
    this.#device = cString(named.get("GPU") ?? named.get("CPU") ?? "");
  }

  /** Throws TensorFlow's own message when the last call failed. */
  check(): void {
    const code = this.symbols.TF_GetCode(this.status);
    if (code === 0) return;
    const message = readCString(this.symbols.TF_Message(this.status));
    this.symbols.TF_SetStatus(this.status, 0, cString(""));
    throw new Error(`Invalid TF_Status: ${code}\nMessage: ${message}`);
  }

  isUsingGpuDevice = (): boolean => this.#gpu;
  getNumOfTensors = (): number => this.#handles.size;
  getNumOfSavedModels = (): number => 0;
  loadSavedModel = (): never => {
    throw new Error("SavedModels are not supported: weights travel as safetensors here");
  };

  handle(id: number): Pointer {
    const handle = this.#handles.get(id);
    if (handle === undefined) throw new Error(`Tensor ID not referenced (tensor_id: ${id})`);
    return handle;
  }

  newId(): number {
    return this.#nextId++;
  }

  dtypeOf(handle: Pointer): number {
    return this.symbols.TFE_TensorHandleDataType(handle);
  }

  shapeOf(handle: Pointer): number[] {
    const rank = this.symbols.TFE_TensorHandleNumDims(handle, this.status);
    const shape = new Array<number>(rank);
    for (let j = 0; j < rank; j++) {
      shape[j] = Number(this.symbols.TFE_TensorHandleDim(handle, j, this.status));
    }
    return shape;
  }

  /** The TF_Tensor of a handle; the caller deletes it. */
  resolve(handle: Pointer): Pointer {
    const tensor = this.symbols.TFE_TensorHandleResolve(handle, this.status);
    this.check();
    return tensor;
  }

  createTensor(shape: number[], dtype: number, data: ArrayBufferView | Uint8Array[]): number {
    if (!ArrayBuffer.isView(data)) return this.#keep(this.#stringHandle(shape, data));
    const s = this.symbols, { buffer, byteOffset, byteLength } = data;
    const tensor = s.TF_AllocateTensor(dtype, int64s(shape), shape.length, BigInt(byteLength));
    memory(s.TF_TensorData(tensor), byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
    let handle = s.TFE_NewTensorHandle(tensor, this.status);
    s.TF_DeleteTensor(tensor);
    this.check();
    if (this.#gpu && dtype !== CONSTANTS.TF_INT32) {
      const copy = s.TFE_TensorHandleCopyToDevice(handle, this.#context, this.#device, this.status);
      s.TFE_DeleteTensorHandle(handle);
      this.check();
      handle = copy;
    }
    return this.#keep(handle);
  }

  #keep(handle: Pointer): number {
    const id = this.newId();
    this.#handles.set(id, handle);
    return id;
  }

  /**
   * A tensor of strings. TensorFlow does not free the strings of a tensor that was allocated from outside, and
   * other tensors may share them, so it gets a copy that is all its own and ours is freed here.
   */
  #stringHandle(shape: number[], strings: Uint8Array[]): Pointer {
    const s = this.symbols, count = strings.length;
    const size = BigInt(STRING_BYTES * count);
    const tensor = s.TF_AllocateTensor(CONSTANTS.TF_STRING, int64s(shape), shape.length, size);
    const places = strings.map((_, k) => offset(s.TF_TensorData(tensor), STRING_BYTES * k));
    places.forEach((place, k) => {
      s.TF_StringInit(place);
      s.TF_StringCopy(place, strings[k] as Bytes, BigInt(strings[k].length));
    });
    const ours = s.TFE_NewTensorHandle(tensor, this.status);
    try {
      this.check();
      const type = { name: "T", type: CONSTANTS.TF_ATTR_TYPE, value: CONSTANTS.TF_STRING };
      return this.#execute("DeepCopy", [type], [ours], 1)[0];
    } finally {
      s.TFE_DeleteTensorHandle(ours);
      places.forEach((place) => s.TF_StringDealloc(place));
      s.TF_DeleteTensor(tensor);
    }
  }

  deleteTensor(id: number): void {
    if (this.recorder?.forget(id)) return;
    this.symbols.TFE_DeleteTensorHandle(this.handle(id));
    this.#handles.delete(id);
  }

  tensorDataSync(id: number): TensorData {
    this.recorder?.refuseValue(id);
    const handle = this.handle(id), dtype = this.dtypeOf(handle), tensor = this.resolve(handle);
    const s = this.symbols;
    try {
      const data = s.TF_TensorData(tensor);
      if (dtype === CONSTANTS.TF_STRING) {
        return Array.from({ length: Number(s.TF_TensorElementCount(tensor)) }, (_, k) => {
          const string = offset(data, STRING_BYTES * k);
          return memory(s.TF_StringGetDataPointer(string), Number(s.TF_StringGetSize(string))).slice();
        });
      }
      const { buffer } = memory(data, Number(s.TF_TensorByteSize(tensor))).slice();
      return new (ARRAYS[dtype] ?? Uint8Array)(buffer);
    } finally {
      s.TF_DeleteTensor(tensor);
    }
  }

  executeOp(name: string, attributes: Attribute[], ids: number[], outputs: number): TensorMetadata[] {
    if (this.recorder) return this.recorder.add(name, attributes, ids, outputs);
    const handles = this.#execute(name, attributes, ids.map((id) => this.handle(id)), outputs);
    return handles.map((handle) => ({
      id: this.#keep(handle),
      shape: this.shapeOf(handle),
      dtype: this.dtypeOf(handle),
    }));
  }

  #execute(name: string, attributes: Attribute[], inputs: Pointer[], outputs: number): Pointer[] {
    const s = this.symbols;
    const op = s.TFE_NewOp(this.#context, cString(name), this.status);
    this.check();
    try {
      for (let k = 0; k < inputs.length; k++) s.TFE_OpAddInput(op, inputs[k], this.status);
      this.check();
      for (let k = 0; k < attributes.length; k++) this.#setAttribute(op, attributes[k]);
      if (outputs > this.#outputs.length) {
        this.#outputs = new BigUint64Array(new ArrayBuffer(8 * 2 * outputs));
      }
      this.#count[0] = outputs;
      s.TFE_Execute(op, this.#outputs, this.#count, this.status);
      this.check();
    } finally {
      s.TFE_DeleteOp(op);
    }
    return Array.from(this.#outputs.subarray(0, outputs), (address) => Deno.UnsafePointer.create(address));
  }

  /** Makes a recorded function callable by its name. */
  addFunction(func: Pointer): void {
    this.symbols.TFE_ContextAddFunction(this.#context, func, this.status);
    this.check();
  }

  #setAttribute(op: Pointer, attribute: Attribute): void {
    const s = this.symbols, { name, type, value } = attribute;
    if (setAttribute(s, { kind: "TFE_Op", at: op }, attribute)) return;
    switch (type) {
      case CONSTANTS.TF_ATTR_STRING: {
        const texts: Bytes[] = value.map(bytesOf);
        const places = texts.map((t) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(t)));
        const pointers = BigUint64Array.from(places);
        const lengths = BigUint64Array.from(texts, ({ length }) => BigInt(length));
        return s.TFE_OpSetAttrStringList(op, cString(name), pointers, lengths, texts.length);
      }
      case CONSTANTS.TF_ATTR_SHAPE:
        s.TFE_OpSetAttrShape(op, cString(name), int64s(value), value.length, this.status);
        return this.check();
      case CONSTANTS.TF_ATTR_TENSOR: {
        const tensor = this.resolve(this.handle(value));
        s.TFE_OpSetAttrTensor(op, cString(name), tensor, this.status);
        s.TF_DeleteTensor(tensor);
        return this.check();
      }
      default:
        throw new Error(`Unhandled TF_AttrType: ${type} of attribute ${name}`);
    }
  }
}

let binding: Binding | undefined;

/** The binding of this thread, made when it is first asked for; `gpu: false` then leaves the GPU to other threads. */
export function threadBinding({ gpu = true }: { gpu?: boolean } = {}): Binding {
  return binding ??= new Binding(openLibrary(), gpu ? undefined : NO_GPU);
}
