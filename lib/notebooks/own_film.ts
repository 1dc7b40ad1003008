// One film of a reader's own, prepared so that a notebook can show it step by step.
import { createHash } from "node:crypto";
import { basename, dirname, extname, join, resolve } from "node:path";
import { KitError } from "../base/errors.ts";
import { copyFile, exists, makeFolder } from "../base/files.ts";
import { ROOT } from "../base/root.ts";
import { type Clip, loadClip } from "../dataset/dataset.ts";
import { readManifest, readRejects } from "../dataset/manifest.ts";
import { prepare } from "../prepare/prepare.ts";

/** Files of words that may lie beside a film. */
const WORDS = [".align", ".txt"];

/**
 * Prepares one film in a folder of its own below `runs`, where a second call finds it done; words beside it (`.align`, `.txt`)
 * come along. Of a film of several shots it is the longest one.
 * Throws KitError when there is no such film, or when no clip comes of it, with the reason.
 * @returns the clip, and the prepared folder that it lies in
 */
export async function openFilm(
  film: string,
  { runs = join(ROOT, "runs") }: { runs?: string } = {},
): Promise<{ clip: Clip; prepared: string }> {
  const path = resolve(film);
  if (!await exists(path)) {
    throw new KitError(`There is no film ${film}`, "Give the path of a film of a speaking person");
  }
  const { size, mtime } = await Deno.stat(path);
  const stamp = createHash("sha1").update(`${path} ${size} ${mtime?.getTime()}`).digest("hex").slice(0, 8);
  const extension = extname(path), stem = basename(path, extension);
  const folder = join(runs, "films", `${stem}-${stamp}`),
    videos = join(folder, "film"),
    prepared = join(folder, "prepared");
  await makeFolder(videos);
  for (const each of [extension, ...WORDS]) {
    const from = join(dirname(path), stem + each), to = join(videos, stem + each);
    if (await exists(from) && !await exists(to)) await copyFile(from, to);
  }
  await prepare(videos, prepared, { split: "100,0,0", workers: 1 });
  const rows = await readManifest(prepared);
  if (rows.length > 0) {
    const row = rows.reduce((a, b) => a.frames >= b.frames ? a : b);
    return { clip: await loadClip(prepared, row), prepared };
  }
  const [reject] = await readRejects(prepared);
  throw new KitError(
    `Nothing in ${film} can be used: ${
      reject ? `${reject.reason}, ${reject.detail}` : "no face and sound were found"
    }`,
    "Give a film of one person who is seen and heard speaking",
  );
}
