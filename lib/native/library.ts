import { join } from "node:path";
import { ROOT } from "../base/root.ts";
import { existsSync } from "node:fs";
import { KitError } from "../base/errors.ts";

export type Pointer = Deno.PointerValue;
export type Bytes = Uint8Array<ArrayBuffer>;

/** A TF_Output by value: the operation and the index of its output. */
const OUTPUT = { struct: ["pointer", "i32"] } as const;

/** The part of TensorFlow's C API that the binding and the recorder call. */
const SYMBOLS = {
  TF_Version: { parameters: [], result: "pointer" },
  TF_NewStatus: { parameters: [], result: "pointer" },
  TF_GetCode: { parameters: ["pointer"], result: "i32" },
  TF_Message: { parameters: ["pointer"], result: "pointer" },
  TF_SetStatus: { parameters: ["pointer", "i32", "buffer"], result: "void" },
  TFE_NewContextOptions: { parameters: [], result: "pointer" },
  TFE_DeleteContextOptions: { parameters: ["pointer"], result: "void" },
  TFE_ContextOptionsSetConfig: { parameters: ["pointer", "buffer", "usize", "pointer"], result: "void" },
  TFE_NewContext: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_ContextListDevices: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_ContextAddFunction: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  TF_DeviceListCount: { parameters: ["pointer"], result: "i32" },
  TF_DeviceListType: { parameters: ["pointer", "i32", "pointer"], result: "pointer" },
  TF_DeviceListName: { parameters: ["pointer", "i32", "pointer"], result: "pointer" },
  TF_DeleteDeviceList: { parameters: ["pointer"], result: "void" },
  TF_AllocateTensor: { parameters: ["i32", "buffer", "i32", "usize"], result: "pointer" },
  TF_TensorData: { parameters: ["pointer"], result: "pointer" },
  TF_TensorByteSize: { parameters: ["pointer"], result: "usize" },
  TF_TensorElementCount: { parameters: ["pointer"], result: "i64" },
  TF_DeleteTensor: { parameters: ["pointer"], result: "void" },
  TFE_NewTensorHandle: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_DeleteTensorHandle: { parameters: ["pointer"], result: "void" },
  TFE_TensorHandleDataType: { parameters: ["pointer"], result: "i32" },
  TFE_TensorHandleNumDims: { parameters: ["pointer", "pointer"], result: "i32" },
  TFE_TensorHandleDim: { parameters: ["pointer", "i32", "pointer"], result: "i64" },
  TFE_TensorHandleResolve: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_TensorHandleCopyToDevice: {
    parameters: ["pointer", "pointer", "buffer", "pointer"],
    result: "pointer",
  },
  TFE_NewOp: { parameters: ["pointer", "buffer", "pointer"], result: "pointer" },
  TFE_DeleteOp: { parameters: ["pointer"], result: "void" },
  TFE_OpAddInput: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  TFE_OpSetAttrType: { parameters: ["pointer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrTypeList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrBool: { parameters: ["pointer", "buffer", "u8"], result: "void" },
  TFE_OpSetAttrInt: { parameters: ["pointer", "buffer", "i64"], result: "void" },
  TFE_OpSetAttrFloat: { parameters: ["pointer", "buffer", "f32"], result: "void" },
  TFE_OpSetAttrString: { parameters: ["pointer", "buffer", "buffer", "usize"], result: "void" },
  TFE_OpSetAttrStringList: { parameters: ["pointer", "buffer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrIntList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrFloatList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrBoolList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrShape: { parameters: ["pointer", "buffer", "buffer", "i32", "pointer"], result: "void" },
  TFE_OpSetAttrTensor: { parameters: ["pointer", "buffer", "pointer", "pointer"], result: "void" },
  TFE_Execute: { parameters: ["pointer", "buffer", "buffer", "pointer"], result: "void" },
  TF_StringInit: { parameters: ["pointer"], result: "void" },
  TF_StringCopy: { parameters: ["pointer", "buffer", "usize"], result: "void" },
  TF_StringDealloc: { parameters: ["pointer"], result: "void" },
  TF_StringGetDataPointer: { parameters: ["pointer"], result: "pointer" },
  TF_StringGetSize: { parameters: ["pointer"], result: "usize" },
  // Graphs, for recording a step (recorder.ts).
  TF_NewGraph: { parameters: [], result: "pointer" },
  TF_DeleteGraph: { parameters: ["pointer"], result: "void" },
  TF_NewOperation: { parameters: ["pointer", "buffer", "buffer"], result: "pointer" },
  TF_FinishOperation: { parameters: ["pointer", "pointer"], result: "pointer" },
  TF_AddInput: { parameters: ["pointer", OUTPUT], result: "void" },
  TF_AddInputList: { parameters: ["pointer", "buffer", "i32"], result: "void" },
  TF_OperationOutputType: { parameters: [OUTPUT], result: "i32" },
  TF_GraphGetTensorNumDims: { parameters: ["pointer", OUTPUT, "pointer"], result: "i32" },
  TF_GraphGetTensorShape: { parameters: ["pointer", OUTPUT, "buffer", "i32", "pointer"], result: "void" },
  TF_GraphGetOpDef: { parameters: ["pointer", "buffer", "pointer", "pointer"], result: "void" },
  TF_NewBuffer: { parameters: [], result: "pointer" },
  TF_DeleteBuffer: { parameters: ["pointer"], result: "void" },
  TF_SetAttrType: { parameters: ["pointer", "buffer", "i32"], result: "void" },
  TF_SetAttrTypeList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrBool: { parameters: ["pointer", "buffer", "u8"], result: "void" },
  TF_SetAttrInt: { parameters: ["pointer", "buffer", "i64"], result: "void" },
  TF_SetAttrFloat: { parameters: ["pointer", "buffer", "f32"], result: "void" },
  TF_SetAttrString: { parameters: ["pointer", "buffer", "buffer", "usize"], result: "void" },
  TF_SetAttrIntList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrFloatList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrBoolList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrShape: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrTensor: { parameters: ["pointer", "buffer", "pointer", "pointer"], result: "void" },
  TF_GraphToFunction: {
    parameters: [
      "pointer",
      "buffer",
      "u8",
      "i32",
      "pointer",
      "i32",
      "buffer",
      "i32",
      "buffer",
      "pointer",
      "pointer",
      "pointer",
      "pointer",
    ],
    result: "pointer",
  },
  TF_DeleteFunction: { parameters: ["pointer"], result: "void" },
} as const;

/** Read by TensorFlow as it loads. Without oneDNN the gradients of a 7x7 convolution take seven times longer. */
const SETTINGS = { TF_ENABLE_ONEDNN_OPTS: "1", TF_CPP_MIN_LOG_LEVEL: "2" };

export type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** TensorFlow's DataType numbers and the attribute kinds of tfjs-node's binding. */
export const CONSTANTS = {
  TF_FLOAT: 1,
  TF_INT32: 3,
  TF_UINT8: 4,
  TF_STRING: 7,
  TF_COMPLEX64: 8,
  TF_INT64: 9,
  TF_BOOL: 10,
  TF_RESOURCE: 20,
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
  TF_ATTR_TENSOR: 6,
  TF_ATTR_PLACEHOLDER: 7,
  TF_ATTR_FUNC: 8,
} as const;

const encoder = new TextEncoder();
const names = new Map<string, Bytes>();

/** A string's UTF-8 bytes. */
export const utf8 = (text: string): Bytes => encoder.encode(text) as Bytes;

/** A name as a C string; kept, since op and attribute names repeat at every call. */
export function cString(text: string): Bytes {
  let bytes = names.get(text);
  if (!bytes) names.set(text, bytes = utf8(text + "\0"));
  return bytes;
}

export const readCString = (pointer: Pointer): string =>
  pointer === null ? "" : new Deno.UnsafePointerView(pointer).getCString();

/** The memory behind a pointer, not copied. */
export const memory = (pointer: Pointer, byteLength: number): Bytes =>
  byteLength === 0
    ? new Uint8Array()
    : new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer as Deno.PointerObject, byteLength));

export const offset = (pointer: Pointer, bytes: number): Pointer =>
  Deno.UnsafePointer.offset(pointer as Deno.PointerObject, bytes);

export const int64s = (values: ArrayLike<number>): BigInt64Array<ArrayBuffer> =>
  BigInt64Array.from(values as number[], BigInt) as BigInt64Array<ArrayBuffer>;

/** Where set-up puts the library, or where KIT_TENSORFLOW says it is. */
export function libraryPath(): string {
  const named = Deno.env.get("KIT_TENSORFLOW");
  if (named) return named;
  const file = Deno.build.os === "darwin" ? "libtensorflow_cc.2.dylib" : "libtensorflow_cc.so.2";
  return join(ROOT, ".native", "tensorflow", file);
}

const LIBC = {
  setenv: { parameters: ["buffer", "buffer", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  dlopen: { parameters: ["buffer", "i32"], result: "pointer", optional: true }, // elsewhere before glibc 2.34
} as const;
const RTLD_LAZY = 1;

/**
 * Loads the library with its settings in the environment and standard error closed: while it loads, and
 * whatever its log level, TensorFlow prints two lines to say that oneDNN is on.
 */
function loadQuietly(path: string): Symbols {
  const libc = Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.dylib" : "libc.so.6", LIBC);
  const { setenv, open, dup, dup2, close, dlopen } = libc.symbols;
  for (const [name, value] of Object.entries(SETTINGS)) setenv(cString(name), cString(value), 0);
  const standardError = dup(2), nowhere = open(cString("/dev/null"), 1);
  dup2(nowhere, 2);
  try {
    const { symbols } = Deno.dlopen(path, SYMBOLS);
    // A second hold, never let go: Deno unloads its libraries as the process ends, before the C library calls what
    // they have left to be called at exit. Beside skia-canvas that is a segmentation fault.
    dlopen?.(cString(path), RTLD_LAZY);
    return symbols;
  } finally {
    dup2(standardError, 2);
    close(nowhere);
    close(standardError);
    libc.close();
  }
}

/**
 * Opens libtensorflow.
 * @throws KitError when the library is absent or does not load
 */
export function openLibrary(path = libraryPath()): Symbols {
  if (!existsSync(path)) {
    throw new KitError(
      `TensorFlow's library is not at ${path}`,
      "Run `npx -y deno@2.9.6 task setup`, which fetches it",
    );
  }
  try {
    return loadQuietly(path);
  } catch (error) {
    throw new KitError(
      `TensorFlow's library ${path} does not load (${(error as Error).message.slice(0, 200)})`,
      "Delete the folder .native and run `npx -y deno@2.9.6 task setup`",
      { cause: error },
    );
  }
}
