import { dirname } from "node:path";
import { makeFolder, writing } from "../base/files.ts";

/** A safetensors file that is filled row by row, so that tensors larger than the memory can be written. */
export interface RowWriter {
  /** Writes rows of one tensor from row `first` on; values are rounded to 16-bit floats. */
  write(name: string, first: number, values: Float32Array): Promise<void>;
  /** Finishes the file under its own name. */
  close(): Promise<void>;
  /** Gives up and leaves nothing behind. */
  abort(): Promise<void>;
}

const HALF = 2;
const product = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

/** The header of F16 tensors [rows, ...shape] one after the other, and where each begins in the file. */
function layOut(shapes: Record<string, number[]>, rows: number, metadata: Record<string, string>) {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const begins: Record<string, number> = {};
  let position = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    begins[name] = position;
    const end = position + HALF * rows * product(shape);
    header[name] = { dtype: "F16", shape: [rows, ...shape], data_offsets: [position, end] };
    position = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return { bytes, begins, size: bytes.length + position };
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
  const { bytes: head, begins, size } = layOut(shapes, rows, metadata);
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
      const row = HALF * product(shapes[name]);
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
