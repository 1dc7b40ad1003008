// Runs the notebooks and writes what they draw: `deno task reproduce`.
import { ROOT } from "../base/root.ts";
import { join, relative, resolve } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, makeFolder, writeAtomic } from "../base/files.ts";
import { codeCells, listNotebooks, notebookName } from "./cells.ts";
import { runNotebook } from "./run.ts";
import { type CellSeconds, type Place, secondsLeft } from "./time_left.ts";
import { spanInWords } from "../base/progress.ts";

const NOTEBOOKS = join(ROOT, "notebooks");

export interface ReproduceOptions {
  /** A prepared folder; the embedded corpus when not given. */
  data?: string;
  preset?: string;
  /** Names of notebooks, or how they begin: "02" or "02-cbam". */
  only?: string[];
  /** Trains nothing: figures and tables are made again from the stored runs and rows. */
  stored?: boolean;
  /** Where the notebooks are. */
  notebooks?: string;
  /** Where figures go. */
  figures?: string;
}

/** A file that the notebooks wrote. */
export interface Written {
  path: string;
  bytes: number;
}

function choose(paths: string[], only: string[]): string[] {
  const unknown = only.find((start) => !paths.some((path) => notebookName(path).startsWith(start)));
  if (unknown !== undefined) {
    throw new KitError(
      `There is no notebook ${unknown}`,
      `There are ${paths.map(notebookName).join(", ")}: the first two digits are enough`,
    );
  }
  return only.length === 0
    ? paths
    : paths.filter((path) => only.some((start) => notebookName(path).startsWith(start)));
}

/** The files below a folder that were written since a moment (milliseconds of the clock), by path. */
export function writtenSince(folder: string, since: number): Written[] {
  const found: Written[] = [];
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...writtenSince(path, since));
    else {
      const { mtime, size } = Deno.statSync(path);
      if (mtime && mtime.getTime() >= since) found.push({ path, bytes: size });
    }
  }
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Milliseconds between two lines of a running cell where standard error is no terminal. */
const REPEAT = 30_000;
/** Seconds of each cell on two cores without a GPU, for the first run of the preset `small`. */
const firstTimes = (stored: boolean): string =>
  join(ROOT, "lib", "notebooks", `first_times${stored ? "_stored" : ""}.json`);

/** The line that says where the run is; redrawn every second on a terminal, else printed as cells start. */
class RunLine {
  private readonly live = Deno.stderr.isTerminal();
  private readonly timer: ReturnType<typeof setInterval>;
  private text = () => "";

  constructor() {
    this.timer = setInterval(() => this.live ? this.draw() : this.repeat(), this.live ? 1000 : REPEAT);
  }

  /** Shows a text that may change by the second. */
  show(text: () => string): void {
    this.text = text;
    if (this.live) this.draw();
    else console.error(text());
  }

  /** Prints a line that stays. */
  print(line: string): void {
    if (this.live) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[2K"));
    this.text = () => "";
    console.error(line);
  }

  stop(): void {
    clearInterval(this.timer);
    if (this.live) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[2K"));
  }

  /** A cell that takes long is heard of in a log, too. */
  private repeat(): void {
    const text = this.text();
    if (text) console.error(text);
  }

  private draw(): void {
    const line = this.text().slice(0, Deno.consoleSize().columns - 1);
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${line}`));
  }
}

/** Runs the notebooks one after the other, in their order, showing notebook, cell and time left. */
async function runAll(paths: string[], env: Record<string, string>, last: CellSeconds): Promise<CellSeconds> {
  const plan = paths.map((path) => ({ name: notebookName(path), cells: codeCells(path).length }));
  const place: Place = { plan, ended: {}, running: 0 };
  const line = new RunLine();
  try {
    for (const [index, path] of paths.entries()) {
      const { name } = plan[index], begun = performance.now();
      const ended: number[] = place.ended[name] = [];
      let cellBegun = begun, note = "", where = "starts";
      const text = () => {
        place.running = (performance.now() - cellBegun) / 1000;
        const left = spanInWords(secondsLeft(place, last));
        return `${index + 1}/${paths.length} ${name} ${where}, about ${left} left${note && `: ${note}`}`;
      };
      const endCell = () => ended.push((performance.now() - cellBegun) / 1000);
      await runNotebook(path, {
        env,
        onNote: (said) => note = said,
        onCell: (cell, cells) => {
          if (cell > 1) endCell();
          if (cell > 1) cellBegun = performance.now(); // the first cell's time includes the kernel's start
          note = "";
          where = `cell ${cell} of ${cells}`;
          line.show(text);
        },
      });
      endCell();
      line.print(`${name}: ${ended.length} cells in ${spanInWords((performance.now() - begun) / 1000)}`);
    }
  } finally {
    line.stop();
  }
  return place.ended;
}

/**
 * Runs all notebooks top to bottom and keeps their outputs; figures and tables go into figures/.
 * @returns the files that were written, by path from the project's folder
 * @throws KitError naming notebook and cell when a cell fails, or an option that names nothing
 */
export async function reproduce(
  options: ReproduceOptions = {},
): Promise<{ written: Written[]; seconds: number }> {
  const { data, preset = "small", only = [], stored = false, notebooks = NOTEBOOKS } = options;
  const figures = resolve(options.figures ?? join(ROOT, "figures"));
  if (data !== undefined && !(await exists(join(data, "prepared.json")))) {
    throw new KitError(
      `${data} is not a prepared folder`,
      "Make one with `deno task prepare <videos> <out>`",
    );
  }
  const paths = choose(listNotebooks(notebooks), only);
  await makeFolder(figures);
  const env: Record<string, string> = { KIT_PRESET: preset, KIT_FIGURES: figures };
  if (data !== undefined) env.KIT_DATA = resolve(data);
  if (stored) env.KIT_STORED = "1";

  // Times differ by preset and data, and belong to this machine: they stay out of git.
  const timesPath = join(
    ROOT,
    "runs",
    "notebook-times",
    `${preset}${data === undefined ? "" : "-data"}${stored ? "-stored" : ""}.json`,
  );
  const own = await exists(timesPath);
  const known = own ? timesPath : preset === "small" ? firstTimes(stored) : undefined;
  const last: CellSeconds = known ? JSON.parse(await Deno.readTextFile(known)) : {};
  const begun = Date.now();
  const times = await runAll(paths, env, last);
  await writeAtomic(timesPath, JSON.stringify({ ...(own ? last : {}), ...times }) + "\n");
  const written = writtenSince(figures, begun).map((file) => ({ ...file, path: relative(ROOT, file.path) }));
  // A whole run of the kit's own notebooks has trained all that they show.
  if (notebooks === NOTEBOOKS && only.length === 0 && !stored) {
    const { openExperiment } = await import("./experiment.ts");
    const { storeExperiment } = await import("./stored.ts");
    await storeExperiment(await openExperiment({ env }));
  }
  return { written, seconds: (Date.now() - begun) / 1000 };
}
