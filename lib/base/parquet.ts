import pl from "nodejs-polars";
import { KitError } from "./errors.ts";
import { replaceFile } from "./files.ts";

/** One row of a table; a column that a row lacks is null in the file. */
export type Row = Record<string, string | number | boolean | null | undefined>;

/** The union of the rows' columns, in the order in which they first appear. */
export function columnsOf(rows: Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/**
 * Writes rows as a Parquet file, whole or not at all. A column's type is that of its first value that is not null;
 * numbers are 64-bit floats. Throws KitError when the place is not writable.
 */
export async function writeParquet(path: string, rows: Row[]): Promise<void> {
  const series = columnsOf(rows).map((name) => {
    const values = rows.map((row) => row[name] ?? null);
    const type = typeof (values.find((value) => value !== null) ?? 0);
    return pl.Series(name, values, type === "string" ? pl.Utf8 : type === "boolean" ? pl.Bool : pl.Float64);
  });
  await replaceFile(path, (part) => pl.DataFrame(series).writeParquet(part));
}

/** Reads a Parquet file's rows; throws KitError when it is absent or damaged. */
export function readParquet(path: string): Row[] {
  try {
    return pl.readParquet(path).toRecords() as Row[];
  } catch (error) {
    throw new KitError(`${path} cannot be read as Parquet`, "Check the path, or make the file again", {
      cause: error,
    });
  }
}

const TYPES = { text: pl.Utf8, whole: pl.Int64, number: pl.Float64, truth: pl.Bool };

/** A column's type: text, a whole number, any number, true or false. */
export type Kind = keyof typeof TYPES;

/** A row of a table whose columns are declared with their types. */
export type RowOf<Columns extends Record<string, Kind>> = {
  [Name in keyof Columns]: { text: string; whole: number; number: number; truth: boolean }[Columns[Name]];
};

/**
 * Writes rows under declared columns, typed even where there is no row, whole or not at all.
 * Throws KitError when the place is not writable.
 */
export async function writeTable(
  path: string,
  columns: Record<string, Kind>,
  rows: object[],
): Promise<void> {
  const series = Object.entries(columns).map(([name, kind]) =>
    pl.Series(name, (rows as Row[]).map((row) => row[name] ?? null), TYPES[kind])
  );
  await replaceFile(path, (part) => pl.DataFrame(series).writeParquet(part));
}

/** Rows read at once: their text must fit one string. */
const BLOCK = 50_000;

/** The rows of a table; polars' own way to JavaScript objects takes a thousand times as long as its JSON. */
export function readTable(path: string): Row[] {
  const table = pl.readParquet(path), rows: Row[] = [];
  for (let from = 0; from < table.height; from += BLOCK) {
    const json = table.slice(from, BLOCK).writeJSON({ format: "json" }) as Uint8Array;
    for (const row of JSON.parse(new TextDecoder().decode(json))) rows.push(row);
  }
  return rows;
}
