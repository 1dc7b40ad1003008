import { KitError } from "../base/errors.ts";

/** Bytes that are read by position: a file, or bytes in memory. */
export interface ByteSource {
  /** What faults call it: the file's path. */
  name: string;
  size: number;
  /** A new array of `length` bytes from `position` on; throws KitError when they are not all there. */
  read(position: number, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** Makes the errors for a file that is damaged; `form` is what it ought to be. */
export const unsound =
  ({ name }: { name: string }, form = "PyTorch") => (what: string, cause?: unknown): KitError =>
    new KitError(`${name} is not a sound ${form} file: ${what}`, "Make or copy the file again", { cause });

/** Throws KitError unless `length` bytes from `position` on lie inside the source. */
function checkRange({ name, size }: ByteSource, position: number, length: number): void {
  if (Number.isSafeInteger(position) && position >= 0 && length >= 0 && length <= size - position) return;
  throw new KitError(
    `${name} ends early: ${length} bytes at byte ${position} are asked for, it has ${size}`,
    "Make or copy the file again",
  );
}

/** Bytes in memory as a source. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  const source: ByteSource = {
    name,
    size: bytes.length,
    read(position, length) {
      checkRange(source, position, length);
      return new Uint8Array(bytes.subarray(position, position + length)); // a copy, of Node's buffers too
    },
    close() {},
  };
  return source;
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new KitError(`${path} does not exist`, "Check the path");
    throw new KitError(`${path} cannot be read (${(error as Error).message})`, "Check the path", {
      cause: error,
    });
  }
}

/** Opens a file as a source; throws KitError when it is absent, a folder or not readable. */
export async function openSource(path: string): Promise<ByteSource> {
  const file = await openFile(path);
  const { isDirectory, size } = file.statSync();
  if (isDirectory) {
    file.close();
    throw new KitError(`${path} is a folder`, "Name a file");
  }
  const source: ByteSource = {
    name: path,
    size,
    // Seek and read are one synchronous step, so reads may overlap.
    read(position, length) {
      checkRange(source, position, length);
      const bytes = new Uint8Array(length);
      file.seekSync(position, Deno.SeekMode.Start);
      for (let filled = 0; filled < length;) {
        const count = file.readSync(bytes.subarray(filled));
        if (count === null) {
          throw new KitError(`${path} ends early: it became shorter`, "Make or copy the file again");
        }
        filled += count;
      }
      return bytes;
    },
    close: () => file.close(),
  };
  return source;
}
