import pl from "nodejs-polars";
import { KitError } from "./errors.ts";
import { replaceFile } from "./files.ts";

/** One row of a table; a column that a row lacks is null in the file. */
export type Row = Record<string, string | number | boolean | null | undefined>;

const TYPES = {
  text: pl.Utf8,
  whole: pl.Int64,
  number: pl.Float64,
  truth: pl.Bool,
  curve: pl.List(pl.Float64),
};

/** A column's type: text, a whole number, any number, true or false, a list of numbers. */
export type Kind = keyof typeof TYPES;

/** A row of a table whose columns are declared with their types. */
export type RowOf<Columns extends Record<string, Kind>> = {
  [Name in keyof Columns]: {
    text: string;
    whole: number;
    number: number;
    truth: boolean;
    curve: number[];
  }[Columns[Name]];
};

/** Rows read at once by `readTable`: their text must fit one string. */
const BLOCK = 50_000;

/** The union of the rows' columns, in the order in which they first appear. */
export function columnsOf(rows: Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/** The columns of rows, each typed by its first value that is not null; numbers are 64-bit floats. */
function kindsOf(rows: Row[]): Record<string, Kind> {
  const kindOf = (name: string): Kind => {
    const type = typeof rows.find((row) => (row[name] ?? null) !== null)?.[name];
    return type === "string" ? "text" : type === "boolean" ? "truth" : "number";
  };
  return Object.fromEntries(columnsOf(rows).map((name) => [name, kindOf(name)]));
}

/**
 * Writes rows as a Parquet file, whole or not at all, under the given columns, even where there is no row, or under
 * those that they have. Throws KitError when the place is not writable.
 */
export async function writeParquet(
  path: string,
  rows: object[],
  columns: Record<string, Kind> = kindsOf(rows as Row[]),
): Promise<void> {
  const series = Object.entries(columns).map(([name, kind]) =>
    pl.Series(name, rows.map((row) => (row as Record<string, unknown>)[name] ?? null), TYPES[kind])
  );
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

/**
 * Reads the rows of a large Parquet file, or one with lists, by way of JSON, which takes a thousandth of the time of
 * polars' own way to objects; NaN comes as null. Throws polars' error when it is absent or damaged.
 */
export function readTable(path: string): Record<string, unknown>[] {
  const table = pl.readParquet(path), rows: Record<string, unknown>[] = [];
  for (let from = 0; from < table.height; from += BLOCK) {
    const json = table.slice(from, BLOCK).writeJSON({ format: "json" }) as Uint8Array;
    for (const row of JSON.parse(new TextDecoder().decode(json))) rows.push(row);
  }
  return rows;
}
