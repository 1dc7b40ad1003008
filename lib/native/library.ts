import { join } from "node:path";
import { ROOT } from "../base/root.ts";
import { existsSync } from "node:fs";
import { KitError } from "../base/errors.ts";

export type Pointer = Deno.PointerValue;
export type Bytes = Uint8Array<ArrayBuffer>;

const P = "pointer", B = "buffer";
/** A TF_Output by value: the operation and the index of its output. */
const OUTPUT = { struct: [P, "i32"] } as const;

/** The part of TensorFlow's C API that the binding and the recorder call. */
const SYMBOLS = {
  TF_Version: { parameters: [], result: P },
  TF_NewStatus: { parameters: [], result: P },
  TF_GetCode: { parameters: [P], result: "i32" },
  TF_Message: { parameters: [P], result: P },
  TF_SetStatus: { parameters: [P, "i32", B], result: "void" },
  TFE_NewContextOptions: { parameters: [], result: P },
  TFE_DeleteContextOptions: { parameters: [P], result: "void" },
  TFE_ContextOptionsSetConfig: { parameters: [P, B, "usize", P], result: "void" },
  TFE_NewContext: { parameters: [P, P], result: P },
  TFE_ContextListDevices: { parameters: [P, P], result: P },
  TFE_ContextAddFunction: { parameters: [P, P, P], result: "void" },
  TF_DeviceListCount: { parameters: [P], result: "i32" },
  TF_DeviceListType: { parameters: [P, "i32", P], result: P },
  TF_DeviceListName: { parameters: [P, "i32", P], result: P },
  TF_DeleteDeviceList: { parameters: [P], result: "void" },
  TF_AllocateTensor: { parameters: ["i32", B, "i32", "usize"], result: P },
  TF_TensorData: { parameters: [P], result: P },
  TF_TensorByteSize: { parameters: [P], result: "usize" },
  TF_TensorElementCount: { parameters: [P], result: "i64" },
  TF_DeleteTensor: { parameters: [P], result: "void" },
  TFE_NewTensorHandle: { parameters: [P, P], result: P },
  TFE_DeleteTensorHandle: { parameters: [P], result: "void" },
  TFE_TensorHandleDataType: { parameters: [P], result: "i32" },
  TFE_TensorHandleNumDims: { parameters: [P, P], result: "i32" },
  TFE_TensorHandleDim: { parameters: [P, "i32", P], result: "i64" },
  TFE_TensorHandleResolve: { parameters: [P, P], result: P },
  TFE_TensorHandleCopyToDevice: { parameters: [P, P, B, P], result: P },
  TFE_NewOp: { parameters: [P, B, P], result: P },
  TFE_DeleteOp: { parameters: [P], result: "void" },
  TFE_OpAddInput: { parameters: [P, P, P], result: "void" },
  TFE_OpSetAttrType: { parameters: [P, B, "i32"], result: "void" },
  TFE_OpSetAttrTypeList: { parameters: [P, B, B, "i32"], result: "void" },
  TFE_OpSetAttrBool: { parameters: [P, B, "u8"], result: "void" },
  TFE_OpSetAttrInt: { parameters: [P, B, "i64"], result: "void" },
  TFE_OpSetAttrFloat: { parameters: [P, B, "f32"], result: "void" },
  TFE_OpSetAttrString: { parameters: [P, B, B, "usize"], result: "void" },
  TFE_OpSetAttrStringList: { parameters: [P, B, B, B, "i32"], result: "void" },
  TFE_OpSetAttrIntList: { parameters: [P, B, B, "i32"], result: "void" },
  TFE_OpSetAttrFloatList: { parameters: [P, B, B, "i32"], result: "void" },
  TFE_OpSetAttrBoolList: { parameters: [P, B, B, "i32"], result: "void" },
  TFE_OpSetAttrShape: { parameters: [P, B, B, "i32", P], result: "void" },
  TFE_OpSetAttrTensor: { parameters: [P, B, P, P], result: "void" },
  TFE_Execute: { parameters: [P, B, B, P], result: "void" },
  TF_StringInit: { parameters: [P], result: "void" },
  TF_StringCopy: { parameters: [P, B, "usize"], result: "void" },
  TF_StringDealloc: { parameters: [P], result: "void" },
  TF_StringGetDataPointer: { parameters: [P], result: P },
  TF_StringGetSize: { parameters: [P], result: "usize" },
  // Graphs, for recording a step (recorder.ts).
  TF_NewGraph: { parameters: [], result: P },
  TF_DeleteGraph: { parameters: [P], result: "void" },
  TF_NewOperation: { parameters: [P, B, B], result: P },
  TF_FinishOperation: { parameters: [P, P], result: P },
  TF_AddInput: { parameters: [P, OUTPUT], result: "void" },
  TF_AddControlInput: { parameters: [P, P], result: "void" },
  TF_AddInputList: { parameters: [P, B, "i32"], result: "void" },
  TF_OperationOutputType: { parameters: [OUTPUT], result: "i32" },
  TF_GraphGetTensorNumDims: { parameters: [P, OUTPUT, P], result: "i32" },
  TF_GraphGetTensorShape: { parameters: [P, OUTPUT, B, "i32", P], result: "void" },
  TF_SetAttrType: { parameters: [P, B, "i32"], result: "void" },
  TF_SetAttrTypeList: { parameters: [P, B, B, "i32"], result: "void" },
  TF_SetAttrBool: { parameters: [P, B, "u8"], result: "void" },
  TF_SetAttrInt: { parameters: [P, B, "i64"], result: "void" },
  TF_SetAttrFloat: { parameters: [P, B, "f32"], result: "void" },
  TF_SetAttrString: { parameters: [P, B, B, "usize"], result: "void" },
  TF_SetAttrIntList: { parameters: [P, B, B, "i32"], result: "void" },
  TF_SetAttrFloatList: { parameters: [P, B, B, "i32"], result: "void" },
  TF_SetAttrBoolList: { parameters: [P, B, B, "i32"], result: "void" },
  TF_SetAttrShape: { parameters: [P, B, B, "i32"], result: "void" },
  TF_SetAttrTensor: { parameters: [P, B, P, P], result: "void" },
  TF_GraphToFunction: { parameters: [P, B, "u8", "i32", P, "i32", B, "i32", B, P, P, P, P], result: P },
  TF_DeleteFunction: { parameters: [P], result: "void" },
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
  TF_BFLOAT16: 14,
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
