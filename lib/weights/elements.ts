/** Types of tensor elements, by safetensors' names. */
export type DType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** Bytes of one element. */
export const BYTES: Record<DType, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A tensor with more axes than this is a damaged description. */
export const MOST_AXES = 32;

export const isFloat = (dtype: DType): boolean => dtype.includes("F");

/** The number of elements of a shape (0 for one with an empty axis, whatever the others claim). */
export const elements = (shape: readonly number[]): number =>
  shape.includes(0) ? 0 : shape.reduce((product, axis) => product * axis, 1);

/** Turns each element's bytes around, in place: big-endian numbers become little-endian ones. */
export function swapBytes(bytes: Uint8Array, dtype: DType): void {
  const size = BYTES[dtype];
  if (size > 1) { for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse(); }
}

/**
 * Elements as 32-bit floats, rounded to the nearest where they do not fit; `bytes` is little-endian and a whole
 * buffer of its own, and is returned as it is when it holds 32-bit floats already.
 */
export function toF32({ buffer }: Uint8Array<ArrayBuffer>, dtype: DType): Float32Array<ArrayBuffer> {
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return new Float32Array(new Float64Array(buffer));
    case "F16":
      return new Float32Array(new Float16Array(buffer));
    case "BF16": // the upper half of a 32-bit float
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case "I64":
      return Float32Array.from(new BigInt64Array(buffer), Number);
    case "I32":
      return new Float32Array(new Int32Array(buffer));
    case "I16":
      return new Float32Array(new Int16Array(buffer));
    case "I8":
      return new Float32Array(new Int8Array(buffer));
    case "U8":
    case "BOOL":
      return new Float32Array(new Uint8Array(buffer));
  }
}
