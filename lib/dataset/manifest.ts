import { join } from "node:path";
import pl from "nodejs-polars";
import { KitError } from "../base/errors.ts";
import { exists, makeFolder, writeAtomic, writing } from "../base/files.ts";
import {
  type Kind,
  MANIFEST_COLUMNS,
  type ManifestRow,
  REJECT_COLUMNS,
  type RejectRow,
  SPLITS,
} from "./manifest_row.ts";

export type { ClipRow, ManifestRow, RejectRow, Split, VideoFacts as FilmFacts } from "./manifest_row.ts";

/**
 * Version of the prepared folder's layout: prepared.json, filters.json, clips/, manifest.parquet, rejects.parquet.
 * 2: parts of split videos, landmarks in the clips, measures, filters and offsets in the manifest.
 */
export const PREPARED_VERSION = 2;

/** Rows read at once: their text must fit one string. */
const BLOCK = 50_000;

const TYPES = { text: pl.Utf8, whole: pl.Int64, number: pl.Float64, truth: pl.Bool };

/** Writes rows under the given columns, typed even when there is no row; whole or not at all. */
async function writeTable<R extends object>(path: string, columns: Record<string, Kind>, rows: R[]) {
  const series = Object.entries(columns).map(([name, kind]) =>
    pl.Series(name, rows.map((row) => row[name as keyof R] ?? null), TYPES[kind])
  );
  const part = `${path}.part`;
  await writing(path, async () => {
    pl.DataFrame(series).writeParquet(part);
    await Deno.rename(part, path);
  });
}

/** The rows of a table; polars' own way to JavaScript objects takes a thousand times as long as its JSON. */
function readTable(path: string): Record<string, unknown>[] {
  try {
    const table = pl.readParquet(path), rows: Record<string, unknown>[] = [];
    for (let from = 0; from < table.height; from += BLOCK) {
      const json = table.slice(from, BLOCK).writeJSON({ format: "json" }) as Uint8Array;
      for (const row of JSON.parse(new TextDecoder().decode(json))) rows.push(row);
    }
    return rows;
  } catch {
    throw new KitError(`${path} cannot be read`, "Run the same `deno task prepare` again: it writes it anew");
  }
}

/** Writes manifest.parquet, and rejects.parquet where rejects are given, each whole or not at all. */
export async function writeManifest(
  out: string,
  clips: ManifestRow[],
  rejects?: RejectRow[],
): Promise<void> {
  await makeFolder(out);
  await writeTable(join(out, "manifest.parquet"), MANIFEST_COLUMNS, clips);
  if (rejects) await writeTable(join(out, "rejects.parquet"), REJECT_COLUMNS, rejects);
}

/** What prepared.json says. */
export interface Prepared {
  version: number;
  /** What decides, beside the videos, what the clips hold. */
  config: unknown;
  /** What was dealt into train, val and test: whole speakers or clips. */
  splitUnit?: "speaker" | "clip";
  /** How much there is, once the work is done. */
  size?: { clips: number; hours: number; megabytes: number; megabytesPerHour: number };
}

const MAKE = "Make it with `deno task prepare <videos> <folder>`";

/** What prepared.json says, of whichever version; undefined when the folder is no prepared folder. */
export async function preparedOfAnyVersion(folder: string): Promise<Prepared | undefined> {
  const path = join(folder, "prepared.json");
  if (!(await exists(path))) return;
  try {
    const prepared = JSON.parse(await Deno.readTextFile(path));
    if (Number.isInteger(prepared?.version)) return prepared;
  } catch {
    // Told below: what cannot be parsed is of no version.
  }
  throw new KitError(`${path} cannot be read`, MAKE);
}

/** Reads prepared.json; throws KitError when the folder is no prepared folder or of another version. */
export async function readPrepared(folder: string): Promise<Prepared> {
  const prepared = await preparedOfAnyVersion(folder);
  if (!prepared) throw new KitError(`${folder} is not a prepared folder`, MAKE);
  if (prepared.version !== PREPARED_VERSION) {
    throw new KitError(
      `${folder} was prepared in layout version ${prepared.version}, this kit reads ${PREPARED_VERSION}`,
      prepared.version < PREPARED_VERSION
        ? "Run the same `deno task prepare` again: it makes the clips anew"
        : "Use the kit that made it, or prepare the videos into another folder",
    );
  }
  return prepared;
}

/** Writes prepared.json, if it says anything new. */
export async function writePrepared(folder: string, prepared: Prepared): Promise<void> {
  const path = join(folder, "prepared.json"), text = `${JSON.stringify(prepared, null, 2)}\n`;
  if (await Deno.readTextFile(path).catch(() => "") !== text) await writeAtomic(path, text);
}

/**
 * The clips of a prepared folder, one typed row each, whether the filters keep them or not.
 * Throws KitError when the folder is no prepared folder, of another version, or not finished.
 */
export async function readManifest(folder: string): Promise<ManifestRow[]> {
  await readPrepared(folder);
  const path = join(folder, "manifest.parquet");
  if (!(await exists(path))) {
    throw new KitError(`${folder} is not finished`, "Run the same `deno task prepare` again: it goes on");
  }
  const rows = readTable(path) as unknown as ManifestRow[];
  const lacking = Object.keys(MANIFEST_COLUMNS).filter((name) => rows[0] && !(name in rows[0]));
  if (lacking.length > 0) {
    throw new KitError(
      `${path} is of an older version: it has no ${lacking.join(", ")}`,
      "Run the same `deno task prepare` again: it adds what is missing",
    );
  }
  const odd = rows.find((row) => !SPLITS.includes(row.split));
  if (odd) throw new KitError(`${path} names a split "${odd.split}"`, "Splits are train, val and test");
  return rows;
}

/** The clips of a prepared folder that its filters keep. Throws KitError as `readManifest` does. */
export async function readSelected(folder: string): Promise<ManifestRow[]> {
  return (await readManifest(folder)).filter(({ kept }) => kept);
}

/** The videos that could not be prepared, and why. */
export async function readRejects(folder: string): Promise<RejectRow[]> {
  await readPrepared(folder);
  return readTable(join(folder, "rejects.parquet")) as unknown as RejectRow[];
}
