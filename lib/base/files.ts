import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { KitError } from "./errors.ts";

/** Says in one line why a file operation failed, or returns undefined for an error that is none. */
function remedy(error: unknown): string | undefined {
  const code = (error as { code?: string }).code;
  if (code === "ENOSPC") return "The disk is full: free some space and run the same command again";
  if (
    code === "EACCES" || code === "EPERM" || code === "EROFS" || error instanceof Deno.errors.PermissionDenied
  ) {
    return "The place is not writable: choose another folder or change its permissions";
  }
  if (code === "ENOTDIR" || error instanceof Deno.errors.NotADirectory) {
    return "A part of that path is a file: choose another folder";
  }
  if (code === "EEXIST" || error instanceof Deno.errors.AlreadyExists) {
    return "A file of that name is in the way: choose another folder";
  }
}

/** Runs a writing operation on `path`, turning the faults of disk and permission into a KitError. */
export async function writing<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const what = remedy(error);
    if (what) throw new KitError(`Cannot write ${path}`, what, { cause: error });
    throw error;
  }
}

/** Makes a folder and its parents; throws KitError when it cannot be written. */
export async function makeFolder(path: string): Promise<void> {
  await writing(path, () => Deno.mkdir(path, { recursive: true }));
}

/**
 * Has a file written under a temporary name and renames it, so that a killed process leaves the old file; what a
 * failed one had written is removed. Throws KitError for the faults of disk and permission.
 */
export async function replaceFile(
  path: string,
  write: (part: string) => Promise<void> | void,
): Promise<void> {
  const part = `${path}.part`;
  await makeFolder(dirname(path));
  await writing(path, async () => {
    try {
      await write(part);
      await Deno.rename(part, path);
    } catch (error) {
      await Deno.remove(part).catch(() => {});
      throw error;
    }
  });
}

/** Writes a file, whole or not at all; throws KitError for the faults of disk and permission. */
export async function writeAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await replaceFile(path, (part) => Deno.writeFile(part, bytes));
}

/** Copies a file, whole or not at all; throws KitError for the faults of disk and permission. */
export async function copyFile(from: string, to: string): Promise<void> {
  await replaceFile(to, (part) => Deno.copyFile(from, part));
}

/** Writes a value as indented JSON, whole or not at all; throws KitError for the faults of disk and permission. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Keeps a folder, which is made where there is none, to this call until the answer is disposed of. The system lets go
 * of it when a process dies. Where another call works in the folder, throws KitError, or waits for it if `wait` says
 * so, with a notice if it is one. Throws KitError when the folder cannot be written.
 * @param options name: the file in the folder that is locked
 */
export async function holdFolder(
  folder: string,
  { name = ".lock", wait = false }: { name?: string; wait?: boolean | string } = {},
): Promise<Disposable> {
  await makeFolder(folder);
  const path = join(folder, name);
  const file = await writing(path, () => Deno.open(path, { create: true, write: true }));
  if (await file.tryLock(true)) return file;
  if (wait === false) {
    file.close();
    throw new KitError(
      `Another call is at work in ${folder}`,
      "Wait until it has ended, or give another folder",
    );
  }
  if (typeof wait === "string") console.error(wait);
  await file.lock(true);
  return file;
}

/** A new folder in the system's place for such, removed with what is in it when the answer is disposed of. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "kit-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Bytes of all files below a folder, which may change or vanish while it is read. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  try {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      bytes += isDirectory ? folderBytes(path) : Deno.lstatSync(path).size;
    }
  } catch { /* gone between listing and reading */ }
  return bytes;
}

/** Whether a file or folder is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** The first 12 digits of a file's SHA-256. Throws KitError when it is absent. */
export async function fileHash(path: string): Promise<string> {
  if (!await exists(path)) throw new KitError(`There is no checkpoint ${path}`, "Check the run's folder");
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const bytes of file.readable) hash.update(bytes);
  return hash.digest("hex").slice(0, 12);
}
