/** prepared.json: how a prepared folder was made. */
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, writeAtomic } from "../base/files.ts";

/**
 * Version of the prepared folder's layout: prepared.json, filters.json, clips/, manifest.parquet, rejects.parquet.
 * 2: parts of split videos, landmarks in the clips, measures, filters and offsets in the manifest.
 */
export const PREPARED_VERSION = 2;

/** Clips or speakers, as they are dealt, that are held out by name: by their hashes val or test had too little. */
export type HeldOut = Record<"val" | "test", string[]>;

/** What prepared.json says. */
export interface Prepared {
  version: number;
  /** What decides, beside the videos, what the clips hold. */
  config: unknown;
  /** What was dealt into train, val and test: whole speakers or clips. */
  splitUnit?: "speaker" | "clip";
  heldOut?: HeldOut;
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
