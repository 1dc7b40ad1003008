// What set-up has finished, one small JSON file for each part below .native/done/.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeJson } from "../base/files.ts";

/** A finished part: its version, and the files it left (path from the root -> bytes, or null for any size). */
export interface Stamp {
  version: string;
  files: Record<string, number | null>;
}

const stampPath = (root: string, part: string) => join(root, ".native", "done", `${part}.json`);

/** Files of a stamp whose sizes do not matter. */
export const ofAnySize = (paths: string[]): Stamp["files"] =>
  Object.fromEntries(paths.map((path) => [path, null]));

/** Records that `part` is finished; written last, so that a killed set-up leaves no stamp. */
export async function markDone(root: string, part: string, stamp: Stamp): Promise<void> {
  await writeJson(stampPath(root, part), stamp);
}

/** Forgets that `part` was finished; called before its files change. */
export async function unmark(root: string, part: string): Promise<void> {
  await Deno.remove(stampPath(root, part)).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Whether `part` was finished in this version and all its files are still there, with their sizes. */
export function isDone(root: string, part: string, version: string): boolean {
  try {
    const stamp: Stamp = JSON.parse(Deno.readTextFileSync(stampPath(root, part)));
    return stamp.version === version &&
      Object.entries(stamp.files).every(([path, size]) => {
        const found = Deno.statSync(join(root, path)).size;
        return size === null || size === found;
      });
  } catch {
    return false; // no stamp, a damaged stamp or a missing file all mean the same: do it again
  }
}

/** The first 16 hex digits of the SHA-256 of some text: a version for content that has none. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
