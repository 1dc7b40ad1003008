import { join } from "node:path";
import { writeAtomic } from "../base/files.ts";
import { escapeHtml, type Shown, shown } from "../base/jupyter.ts";
import { columnsOf, type Row, writeParquet } from "../base/parquet.ts";
import { FIGURES } from "../base/root.ts";

/** A table as text, and how to show it in a notebook. */
export interface Table extends Shown {
  markdown: string;
}

export interface TableOptions {
  caption?: string;
  columns?: string[];
}

type Value = Row[string];

/** A number to four figures, without trailing zeros; whole numbers in full; what is missing as a dash. */
function inWords(value: Value): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string" || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

/** Decimals that a column's numbers share, so that they align: as many as its largest needs for four figures. */
function decimalsOf(values: Value[]): number | undefined {
  const numbers = values.filter((value) => typeof value === "number" && Number.isFinite(value)) as number[];
  if (numbers.length === 0 || numbers.every(Number.isInteger)) return;
  const largest = Math.max(...numbers.map(Math.abs));
  if (largest >= 1e6 || largest < 1e-3) return;
  return Math.max(0, 3 - Math.floor(Math.log10(largest)));
}

const escapeMarkdown = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/**
 * Rows as a table for a notebook and as Markdown. Columns are the union of the rows' keys (or `columns`), numbers
 * are shown to four figures and aligned on the right; the caption stands above the table.
 */
export function table(
  rows: Row[],
  { caption = "", columns = columnsOf(rows) }: TableOptions = {},
): Table {
  const numeric = columns.map((name) => rows.some((row) => typeof row[name] === "number"));
  const decimals = columns.map((name) => decimalsOf(rows.map((row) => row[name])));
  const cells = rows.map((row) =>
    columns.map((name, column) => {
      const value = row[name];
      const fixed = decimals[column] !== undefined && typeof value === "number" && Number.isFinite(value);
      return fixed ? value.toFixed(decimals[column]) : inWords(value);
    })
  );

  const align = (column: number) =>
    `style="text-align:${numeric[column] ? "right" : "left"};padding:2px 12px"`;
  const line = (tag: string, texts: string[]) =>
    `<tr>${
      texts.map((text, column) => `<${tag} ${align(column)}>${escapeHtml(text)}</${tag}>`).join("")
    }</tr>`;
  const above = caption &&
    `<caption style="text-align:left;padding:4px 12px">${escapeHtml(caption)}</caption>`;
  const html = `<table style="border-collapse:collapse">${above}<thead style="border-bottom:1px solid">` +
    `${line("th", columns)}</thead><tbody>${
      cells.map((texts) => line("td", texts)).join("")
    }</tbody></table>`;

  const markdownLine = (texts: string[]) => `| ${texts.map(escapeMarkdown).join(" | ")} |`;
  const markdown = [
    ...(caption ? [caption, ""] : []),
    markdownLine(columns),
    `| ${numeric.map((isNumber) => isNumber ? "---:" : "---").join(" | ")} |`,
    ...cells.map(markdownLine),
  ].join("\n") + "\n";

  return { markdown, ...shown({ "text/html": html, "text/markdown": markdown, "text/plain": markdown }) };
}

/**
 * Writes rows as `<folder>/<name>.md` for readers and `<name>.parquet` for programs, and returns the table to show.
 * Throws KitError when the folder is not writable.
 */
export async function writeTable(
  name: string,
  rows: Row[],
  { folder = FIGURES, ...options }: TableOptions & { folder?: string } = {},
): Promise<Table> {
  const made = table(rows, options);
  await writeAtomic(join(folder, `${name}.md`), made.markdown);
  await writeParquet(join(folder, `${name}.parquet`), rows);
  return made;
}
