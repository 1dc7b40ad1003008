import { KitError } from "../base/errors.ts";
import { type ByteSource, openSource } from "./byte_source.ts";
import { BYTES, type DType, elements, swapBytes, toF32 } from "./elements.ts";
import type { PytorchFile } from "./pytorch_file.ts";
import type { TensorView } from "./pytorch_objects.ts";
import { stateDict } from "./pytorch_state.ts";
import { isStream, readPytorchStream } from "./pytorch_stream.ts";
import { isZip, readPytorchZip } from "./pytorch_zip.ts";
import { quoted } from "./quoted.ts";
import { openSafetensors } from "./safetensors.ts";
import { rowMajor, toRowMajor } from "./strided.ts";
import { nameForm } from "./unknown_form.ts";

/** One tensor of another project's file, with the axes as they are there. */
export interface StoredTensor {
  dtype: DType;
  shape: number[];
  /** Its elements as 32-bit floats, row-major; axis k of the result is axis `axes[k]` of the tensor. */
  read(axes: readonly number[]): Promise<Float32Array<ArrayBuffer>>;
}

/** A file of weights, open: nothing of a tensor is in memory before it is read. */
export interface StoredWeights {
  /** What the file is, in words. */
  form: string;
  /** By name, in the file's order, without `module.` in front. */
  tensors: Map<string, StoredTensor>;
  /** What lies beside the weights and is not read, such as `optimizer`. */
  besides: string[];
  close(): void;
}

/** Names without the `module.` that training on several GPUs puts in front. */
function withoutModule<T>(source: ByteSource, tensors: Iterable<[string, T]>): Map<string, T> {
  const stripped = new Map<string, T>();
  for (const [full, tensor] of tensors) {
    const name = full.replace(/^(module\.)+/, "");
    if (stripped.has(name)) {
      throw new KitError(`${source.name} holds ${quoted(name)} with and without "module."`, "Save it again");
    }
    stripped.set(name, tensor);
  }
  return stripped;
}

/** Reads the elements that a view touches, and nothing else of its storage. */
function readView(source: ByteSource, file: PytorchFile, view: TensorView): StoredTensor {
  const { storage, offset, shape, strides } = view;
  const { dtype } = storage, size = BYTES[dtype];
  return {
    dtype,
    shape,
    read(axes) {
      if (elements(shape) === 0) return Promise.resolve(new Float32Array());
      const span = shape.reduce((sum, axis, k) => sum + (axis - 1) * strides[k], 1);
      const bytes = source.read(file.locate(storage) + offset * size, span * size);
      if (file.bigEndian) swapBytes(bytes, dtype);
      return Promise.resolve(toRowMajor({ data: toF32(bytes, dtype), shape, strides }, axes));
    },
  };
}

function fromPytorch(source: ByteSource, file: PytorchFile): StoredWeights {
  const { tensors, besides } = stateDict(source, file.value);
  return {
    form: file.form,
    tensors: withoutModule(
      source,
      tensors.entries().map(([name, view]) => [name, readView(source, file, view)]),
    ),
    besides,
    close: () => source.close(),
  };
}

async function fromSafetensors(source: ByteSource): Promise<StoredWeights> {
  const file = await openSafetensors(source);
  const tensors = Object.entries(file.header.tensors).map((
    [name, { dtype, shape }],
  ): [string, StoredTensor] => [
    name,
    {
      dtype,
      shape,
      read: async (axes) =>
        toRowMajor({ data: toF32(await file.read(name), dtype), shape, strides: rowMajor(shape) }, axes),
    },
  ]);
  return { form: "safetensors", tensors: withoutModule(source, tensors), besides: [], close: file.close };
}

const isSafetensors = (head: Uint8Array, size: number): boolean => {
  const length = Number(new DataView(head.buffer).getBigUint64(0, true));
  return head[8] === 0x7b && length >= 2 && length <= size;
};

async function open(source: ByteSource): Promise<StoredWeights> {
  const head = source.read(0, Math.min(source.size, 512));
  if (isZip(head)) return fromPytorch(source, await readPytorchZip(source));
  if (isStream(head)) return fromPytorch(source, readPytorchStream(source));
  if (head.length > 8 && isSafetensors(head, source.size)) return await fromSafetensors(source);
  throw new KitError(
    `${source.name} is ${nameForm(head)}`,
    "Weights are read from what torch.save writes and from safetensors",
  );
}

/**
 * Opens another project's weights: PyTorch's zip form, its older stream form, or safetensors. Nothing of the file is
 * run. Throws KitError for every other form, named where it is known, and for a file that is cut short, damaged, or
 * asks for anything but tensors.
 */
export async function openWeights(file: string | ByteSource): Promise<StoredWeights> {
  const source = typeof file === "string" ? await openSource(file) : file;
  try {
    return await open(source);
  } catch (error) {
    source.close();
    throw error;
  }
}
