// Notebooks as files: which there are, what their cells hold, and whether the cells are sound TypeScript.
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { KitError } from "../base/errors.ts";
import { temporaryFolder } from "../base/files.ts";
import { runProgram } from "../base/processes.ts";

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

interface Cell {
  cell_type: "code" | "markdown" | "raw";
  source: string | string[];
}

/** A notebook's name without .ipynb, such as "02-cbam". */
export const notebookName = (path: string): string => basename(path, ".ipynb");

/** The notebooks of a folder in the order of their names, which is the order they are read and run in. */
export function listNotebooks(folder: string): string[] {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".ipynb") && !name.startsWith(".")).sort().map((name) =>
    join(folder, name)
  );
}

const joined = (text: string | string[]) => Array.isArray(text) ? text.join("") : text;

/** A notebook's cells; throws KitError when the file is no notebook. */
export function readCells(path: string): Cell[] {
  try {
    const { cells } = JSON.parse(Deno.readTextFileSync(path));
    if (Array.isArray(cells)) return cells;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new KitError(`${path} is not a notebook`, "Save it again in JupyterLab, or restore it from git");
}

/** The sources of the code cells that hold something, in order: cell n of a message is item n - 1. */
export function codeCells(path: string): string[] {
  const code = readCells(path).filter((cell) => cell.cell_type === "code").map((cell) => joined(cell.source));
  return code.filter((source) => source.trim() !== "");
}

/** The code cells joined into one module; each cell is marked, so that a fault's line leads to its cell. */
export function cellsAsModule(path: string): string {
  const cells = codeCells(path).map((source, index) => `// cell ${index + 1}\n${source}\n;`);
  return `${cells.join("\n")}\nexport {};\n`;
}

/** Rules that a notebook breaks by nature: a later cell may use what looks unused, or change what looks constant. */
const NOT_FOR_CELLS = ["no-unused-vars", "prefer-const", "no-import-prefix"];

/** A source with its relative imports led to the files they mean, seen from a notebook's folder. */
const fromFolder = (source: string, folder: string): string =>
  source.replace(/(["'])(\.\.?\/[^"'\n]*)\1/g, (_, quote, path) => quote + join(folder, path) + quote);

/**
 * Type-checks and lints the cells of notebooks, and checks their format. Deno does not do so for .ipynb, so each
 * notebook's cells stand for a moment as one module. Its `fmt --check` calls every notebook unformatted whose cells do
 * not end with an empty line, which Jupyter's do not; so copies are formatted and compared.
 * @returns what deno says, empty when all is well
 */
export async function checkNotebooks(paths: string[]): Promise<string> {
  if (paths.length === 0) return "";
  await using folder = await temporaryFolder();
  const as = (extension: string) =>
    paths.map((path) => join(folder.path, `${notebookName(path)}${extension}`));
  const modules = as(".ts"), copies = as(".ipynb");
  for (const [index, path] of paths.entries()) {
    await Deno.writeTextFile(modules[index], fromFolder(cellsAsModule(path), dirname(path)));
    await Deno.copyFile(path, copies[index]);
  }
  const results = await Promise.all([
    ["check", "--quiet", "--config", CONFIG, ...modules],
    ["lint", "--config", CONFIG, `--rules-exclude=${NOT_FOR_CELLS}`, ...modules],
    ["fmt", "--quiet", "--config", CONFIG, ...copies],
  ].map((args) => runProgram([Deno.execPath(), ...args], { env: { NO_COLOR: "1" } })));
  const faults = results.filter(({ success }) => !success).map(({ stdout, stderr }) => stdout + stderr);
  const sources = (path: string) => readCells(path).map(({ source }) => joined(source).trimEnd());
  const untidy = paths.filter((path, index) => !isDeepStrictEqual(sources(path), sources(copies[index])));
  if (untidy.length > 0) faults.push(`Not formatted, mend with \`deno fmt\`: ${untidy.join(", ")}`);
  return faults.join("\n");
}
