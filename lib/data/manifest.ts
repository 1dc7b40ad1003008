import { createHash } from "node:crypto";
import { join } from "node:path";
import pl from "nodejs-polars";
import { KitError } from "../errors.ts";
import { exists, makeFolder, writing } from "../files.ts";

/** Version of the prepared folder's layout: prepared.json, clips/, manifest.parquet, rejects.parquet. */
export const PREPARED_VERSION = 1;

export type Split = "train" | "val" | "test";
const SPLITS: Split[] = ["train", "val", "test"];

/** What the manifest says of one prepared clip. */
export interface ManifestRow {
  /** "speaker/clip". */
  id: string;
  /** Path of the video it was made from. */
  source: string;
  speaker: string;
  /** Frames at 25 frames/s. */
  frames: number;
  duration_s: number;
  /** Frames a second of the source. */
  fps_in: number;
  /** Mean centre of the crop box, in source pixels. */
  box_x_mean: number;
  box_y_mean: number;
  /** Mean of the box's width and height, in source pixels. */
  box_size_mean: number;
  /** Mean movement of the box's centre from frame to frame, as a share of its size. */
  box_jitter: number;
  /** Share of the looked-at frames in which the speaker's face was found. */
  detection_rate: number;
  /** Mean confidence of the face detector. */
  score_mean: number;
  /** Level of the sound, dB below full scale. */
  sound_rms_db: number;
  /** What is said, as the data set has it; empty when it has nothing. */
  text: string;
  /** Words whose times are known. */
  words: number;
  split: Split;
  /** The clip's file, relative to the prepared folder. */
  path: string;
  /** What was left out or mended, in words; empty when nothing was. */
  note: string;
}

/** A video that could not be prepared, and why. */
export interface RejectRow {
  id: string;
  source: string;
  /** One machine word, such as "no-face". */
  reason: string;
  detail: string;
}

const TEXT_COLUMNS = ["id", "source", "speaker", "text", "split", "path", "note"];
const WHOLE_COLUMNS = ["frames", "words"];

/** Parses shares such as "95,2,3" of train, val and test; throws KitError unless they are three numbers >= 0. */
export function parseSplit(text: string): [number, number, number] {
  const shares = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  const sum = shares.reduce((a, b) => a + b, 0);
  if (shares.length !== 3 || !shares.every((share) => share >= 0) || !(sum > 0) || !Number.isFinite(sum)) {
    throw new KitError(`The split "${text}" is not three shares`, 'Write it as "95,2,3" (train, val, test)');
  }
  return shares.map((share) => share / sum) as [number, number, number];
}

/** A number in [0, 1) that depends on the text only. */
function hashShare(text: string): number {
  return createHash("sha1").update(text).digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * Deals a key (a clip's id, or a speaker when whole speakers are kept apart) into train, val or test.
 * It depends on the key alone, so adding clips moves none that were there.
 */
export function splitOf(key: string, [train, val]: [number, number, number]): Split {
  const share = hashShare(key);
  return share < train ? "train" : share < train + val ? "val" : "test";
}

async function writeTable(path: string, columns: Record<string, unknown[]>): Promise<void> {
  const part = `${path}.part`;
  await writing(path, async () => {
    pl.DataFrame(columns).writeParquet(part);
    await Deno.rename(part, path);
  });
}

/** A table's columns; text columns are typed even when the table has no row. */
function columnsOf<Row extends object>(rows: Row[], names: string[], text: string[]) {
  return Object.fromEntries(names.map((name) => {
    const values = rows.map((row) => row[name as keyof Row]);
    const type = text.includes(name) ? pl.Utf8 : WHOLE_COLUMNS.includes(name) ? pl.Int64 : pl.Float64;
    return [name, pl.Series(name, values, type)];
  }));
}

const MANIFEST_COLUMNS = [
  ...[
    "id",
    "source",
    "speaker",
    "frames",
    "duration_s",
    "fps_in",
    "box_x_mean",
    "box_y_mean",
    "box_size_mean",
  ],
  ...["box_jitter", "detection_rate", "score_mean", "sound_rms_db", "text", "words", "split", "path", "note"],
];
const REJECT_COLUMNS = ["id", "source", "reason", "detail"];

/** Writes manifest.parquet and rejects.parquet, each whole or not at all. */
export async function writeManifest(out: string, clips: ManifestRow[], rejects: RejectRow[]): Promise<void> {
  await makeFolder(out);
  await writeTable(join(out, "manifest.parquet"), columnsOf(clips, MANIFEST_COLUMNS, TEXT_COLUMNS) as never);
  await writeTable(
    join(out, "rejects.parquet"),
    columnsOf(rejects, REJECT_COLUMNS, REJECT_COLUMNS) as never,
  );
}

/** Reads prepared.json; throws KitError when the folder is no prepared folder or of another version. */
export async function readPrepared(folder: string): Promise<{
  version: number;
  config: unknown;
  /** What was dealt into train, val and test: whole speakers or clips. */
  splitUnit?: "speaker" | "clip";
}> {
  const path = join(folder, "prepared.json");
  const remedy = "Make it with `deno task prepare <videos> <folder>`";
  if (!(await exists(path))) throw new KitError(`${folder} is not a prepared folder`, remedy);
  let prepared;
  try {
    prepared = JSON.parse(await Deno.readTextFile(path));
  } catch {
    throw new KitError(`${path} cannot be read`, remedy);
  }
  if (prepared?.version !== PREPARED_VERSION) {
    throw new KitError(
      `${folder} was prepared in layout version ${prepared?.version}, this kit reads ${PREPARED_VERSION}`,
      "Prepare the videos again",
    );
  }
  return prepared;
}

/** Rows of one Parquet table of a prepared folder. */
function readRows(path: string): Record<string, unknown>[] {
  try {
    return pl.readParquet(path).toRecords();
  } catch {
    throw new KitError(`${path} cannot be read`, "Run the same `deno task prepare` again: it writes it anew");
  }
}

/**
 * The clips of a prepared folder, one typed row each.
 * Throws KitError when the folder is no prepared folder, of another version, or not finished.
 */
export async function readManifest(folder: string): Promise<ManifestRow[]> {
  await readPrepared(folder);
  const path = join(folder, "manifest.parquet");
  if (!(await exists(path))) {
    throw new KitError(`${folder} is not finished`, "Run the same `deno task prepare` again: it goes on");
  }
  const table = readRows(path), lacking = MANIFEST_COLUMNS.filter((name) => table[0] && !(name in table[0]));
  if (lacking.length > 0) {
    throw new KitError(
      `${path} is of an older version: it has no ${lacking.join(", ")}`,
      "Run the same `deno task prepare` again: it makes the clips anew",
    );
  }
  const rows = table.map((row) => {
    return { ...row, frames: Number(row.frames), words: Number(row.words) } as ManifestRow;
  });
  for (const row of rows) {
    if (!SPLITS.includes(row.split)) {
      throw new KitError(`${path} names a split "${row.split}"`, "Splits are train, val and test");
    }
  }
  return rows;
}

/** The videos that could not be prepared, and why. */
export async function readRejects(folder: string): Promise<RejectRow[]> {
  await readPrepared(folder);
  return readRows(join(folder, "rejects.parquet")) as unknown as RejectRow[];
}
