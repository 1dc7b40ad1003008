import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { KitError } from "../base/errors.ts";
import { exists, makeFolder, replaceFile } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import { readFilters, writeFilters } from "./filters.ts";
import { decideRows, type Finished, writeTables } from "./finish.ts";
import { byName } from "./layouts/listing.ts";
import { type ManifestRow, readManifest, readRejects, type RejectRow } from "../dataset/manifest.ts";
import { type Prepared, PREPARED_VERSION, readPrepared } from "../dataset/prepared.ts";

/** Puts a file into another folder: as a second name where both are on one disk, otherwise as a copy. */
async function place(from: string, to: string): Promise<void> {
  await replaceFile(to, async (part) => {
    await Deno.remove(part).catch(() => {}); // it may be a second name itself, which must not be written over
    await Deno.link(from, part).catch(() => Deno.copyFile(from, part));
  });
}

/** The files of a folder and those below it, as paths from it on; none when it is absent. */
async function filesBelow(folder: string, path = ""): Promise<string[]> {
  const files: string[] = [];
  const entries = await Array.fromAsync(Deno.readDir(join(folder, path))).catch(() => []);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) files.push(...await filesBelow(folder, join(path, name)));
    else if (!name.endsWith(".part")) files.push(join(path, name));
  }
  return files;
}

/** Throws KitError unless all parts were prepared alike. */
async function commonConfig(parts: string[]): Promise<Prepared> {
  const all = await Promise.all(parts.map(readPrepared));
  const how = ({ config, splitUnit, heldOut }: Prepared) => ({ config, splitUnit, heldOut });
  const other = all.findIndex((part) => !isDeepStrictEqual(how(part), how(all[0])));
  if (other < 0) return { version: PREPARED_VERSION, ...how(all[0]) };
  throw new KitError(
    `${parts[0]} and ${parts[other]} were not prepared alike: ${JSON.stringify(how(all[0]))} and ` +
      JSON.stringify(how(all[other])),
    "Prepare all parts from the whole data set with the same options and --shard",
  );
}

/** The rows of all parts by id; the same clip in two parts is one, two clips of one name are a fault. */
function union(
  tables: { part: string; rows: ManifestRow[] }[],
): Map<string, { part: string; row: ManifestRow }> {
  const found = new Map<string, { part: string; row: ManifestRow }>();
  for (const { part, rows } of tables) {
    for (const row of rows) {
      const before = found.get(row.id);
      if (!before) found.set(row.id, { part, row });
      else if (before.row.sound_hash !== row.sound_hash || before.row.picture_hash !== row.picture_hash) {
        throw new KitError(
          `${before.part} and ${part} have different clips of the name ${row.id}`,
          "Merge shards of one data set only",
        );
      }
    }
  }
  return found;
}

/**
 * Merges prepared parts of one data set (`prepare --shard i/n`) into a prepared folder. On one disk the clips are not
 * copied: they get a second name, so the parts may be removed afterwards or kept. An `out` that is a prepared folder
 * already takes the parts in. Videos that are there twice are looked for across all parts, and `out`'s filters decide,
 * or the first part's. Throws KitError when the parts were not prepared alike.
 */
export async function mergePrepared(out: string, parts: string[]): Promise<Finished> {
  const old = await exists(join(out, "prepared.json"));
  const all = old ? [out, ...parts.filter((part) => part !== out)] : parts;
  if (all.length === 0) throw new KitError("There is nothing to merge", "Name the prepared parts");
  const prepared = await commonConfig(all);
  const tables: { part: string; rows: ManifestRow[] }[] = [], rejects = new Map<string, RejectRow>();
  for (const part of all) {
    tables.push({ part, rows: await readManifest(part) });
    for (const row of await readRejects(part)) rejects.set(`${row.id} ${row.reason} ${row.source}`, row);
  }
  const found = union(tables);
  await makeFolder(out);
  if (!old) await writeFilters(out, await readFilters(all[0]));

  const progress = new Progress("merging", found.size, { unit: "clips" });
  let done = 0;
  for (const { part, row } of found.values()) {
    if (part !== out) await place(join(part, row.path), join(out, row.path));
    progress.update(++done);
  }
  // What is remembered of videos that became no clip, so that preparing can go on here.
  for (const part of all) {
    if (part === out) continue;
    for (const file of await filesBelow(part, "settled")) await place(join(part, file), join(out, file));
  }
  progress.stop();

  const order = (a: { id: string }, b: { id: string }) => byName(a.id, b.id);
  const rows = [...found.values()].map(({ row }) => row).sort(order);
  const clips = await decideRows(out, rows);
  return await writeTables(out, { clips, rejects: [...rejects.values()].sort(order), prepared });
}
