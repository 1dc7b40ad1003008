import { dirname } from "node:path";
import { makeFolder, writing } from "../base/files.ts";
import { BYTES, type DType, elements } from "./elements.ts";
import { encodeHeader } from "./safetensors_header.ts";

/** A safetensors file that is filled row by row, so that tensors larger than the memory can be written. */
export interface RowWriter {
  /** Writes rows of one tensor from row `first` on; values are rounded to 16-bit floats. */
  write(name: string, first: number, values: Float32Array): Promise<void>;
  /** Finishes the file under its own name. */
  close(): Promise<void>;
  /** Gives up and leaves nothing behind. */
  abort(): Promise<void>;
}

/**
 * Opens a safetensors file of F16 tensors [rows, ...shape] to be filled in any order; unwritten rows are zeros. It
 * carries the name `path` only once it is closed (`<path>.part` before).
 * Throws KitError when the place is not writable or the disk is full.
 */
export async function openRowWriter(
  path: string,
  shapes: Record<string, number[]>,
  { rows, metadata = {} }: { rows: number; metadata?: Record<string, string> },
): Promise<RowWriter> {
  const tensors = Object.entries(shapes).map(([name, shape]): [string, { dtype: DType; shape: number[] }] => [
    name,
    { dtype: "F16", shape: [rows, ...shape] },
  ]);
  const { bytes: head, begins, size } = encodeHeader(tensors, metadata);
  const part = `${path}.part`;
  await makeFolder(dirname(path));
  const file = await writing(path, () => Deno.open(part, { write: true, create: true, truncate: true }));
  /** Place and bytes are given in one synchronous step, so writes may overlap. */
  const writeAt = (position: number, bytes: Uint8Array) =>
    writing(path, () => {
      file.seekSync(position, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      return Promise.resolve();
    });
  await writeAt(0, head);
  await writing(path, () => file.truncate(size));
  return {
    async write(name, first, values) {
      const halves = new Float16Array(values);
      const row = BYTES.F16 * elements(shapes[name]);
      await writeAt(head.length + begins[name] + first * row, new Uint8Array(halves.buffer));
    },
    async close() {
      file.close();
      await writing(path, () => Deno.rename(part, path));
    },
    async abort() {
      file.close();
      await Deno.remove(part).catch(() => {});
    },
  };
}
