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
