// Runs the notebooks and writes what they draw: `deno task reproduce`.
import { readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { KitError } from "../base/errors.ts";
import { expectedSeconds, type Timed } from "../base/expected_time.ts";
import { exists, makeFolder, writeJson } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import { FIGURES, ROOT } from "../base/root.ts";
import { codeCells, listNotebooks, notebookName } from "./cells.ts";
import firstTimes from "./first_times.json" with { type: "json" };
import { type NotebookOptions, parametersOf } from "./parameters.ts";
import { runNotebook } from "./run.ts";

const NOTEBOOKS = join(ROOT, "notebooks");

/** Where notebooks go once they were run: out of git, and beside lib, as `../lib` in their cells wants it. */
const RUN_NOTEBOOKS = join(ROOT, "runs");

export interface ReproduceOptions extends NotebookOptions {
  /** Names of notebooks, or how they begin: "02" or "02-cbam". */
  only?: string[];
  /** Where the notebooks are. */
  notebooks?: string;
  /** Where they go with their outputs. */
  outputs?: string;
  /** They are written with their outputs in their own place instead. */
  write?: boolean;
}

/** A file that the notebooks wrote. */
export interface Written {
  path: string;
  bytes: number;
}

/** The walk through the paper; a notebook without a number is for experiments of one's own. */
const isNumbered = (path: string): boolean => /^\d/.test(notebookName(path));

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
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name)).sort()
    .map((path) => ({ path, ...Deno.statSync(path) }))
    .filter(({ mtime }) => mtime && mtime.getTime() >= since)
    .map(({ path, size }) => ({ path, bytes: size }));
}

/**
 * Seconds left of notebooks of which the first has run for `running` seconds: what they took before, by how those that
 * have ended compare with it (another machine, another load). Undefined where one was never timed.
 */
export function secondsLeft(
  { ended, running, rest }: { ended: Timed[]; running: number; rest: Pick<Timed, "name" | "steps">[] },
  before: Timed[],
): number | undefined {
  const timed = ended.filter(({ name }) => before.some((row) => row.name === name));
  const scale = timed.length > 0
    ? timed.reduce((sum, { seconds }) => sum + seconds, 0) / expectedSeconds(timed, before)!
    : 1;
  const [now, later] = [rest.slice(0, 1), rest.slice(1)].map((work) => expectedSeconds(work, before));
  if (now === undefined || later === undefined) return;
  return Math.max(0, scale * now - running) + scale * later;
}

/** Runs the notebooks one after the other, in their order, showing notebook, cells and time left; returns their times. */
async function runAll(
  paths: string[],
  { env, before, outOf }: {
    env: Record<string, string>;
    before: Timed[];
    /** Where a notebook goes once it was run. */
    outOf: (path: string) => string;
  },
): Promise<Timed[]> {
  const plan = paths.map((path) => ({ name: notebookName(path), steps: codeCells(path).length }));
  const ended: Timed[] = [];
  for (const [index, path] of paths.entries()) {
    const { name, steps } = plan[index], begun = performance.now();
    const running = () => (performance.now() - begun) / 1000;
    using progress = new Progress(`${index + 1}/${paths.length} ${name}`, steps, {
      unit: "cells",
      secondsLeft: () => secondsLeft({ ended, running: running(), rest: plan.slice(index) }, before),
    });
    let done = 0;
    const tell = (note?: string) => progress.update(done, note);
    const clock = setInterval(tell, 1000); // a cell may take long and say nothing
    try {
      await runNotebook(path, {
        env,
        out: outOf(path),
        onNote: tell,
        onCell: (cell) => {
          done = cell - 1;
          tell("");
        },
      });
    } finally {
      clearInterval(clock);
    }
    progress.update(steps, "");
    ended.push({ name, steps, seconds: running() });
  }
  return ended;
}

/**
 * Runs all notebooks top to bottom; figures and tables go into figures/, the notebooks with their outputs into runs/, or with
 * `write` into their own place.
 * @returns the files that were written, by path from the project's folder, notebooks first
 * @throws KitError naming notebook and cell when a cell fails, or an option that names nothing
 */
export async function reproduce(
  options: ReproduceOptions = {},
): Promise<{ written: Written[]; seconds: number }> {
  const { data, preset = "small", only = [], stored = false, notebooks = NOTEBOOKS } = options;
  const figures = resolve(options.figures ?? FIGURES), own = notebooks === NOTEBOOKS;
  const outputs = options.write ? notebooks : options.outputs ?? RUN_NOTEBOOKS;
  const env = await parametersOf({ ...options, figures });
  const paths = choose(listNotebooks(notebooks).filter(isNumbered), only);
  await makeFolder(figures);
  await makeFolder(outputs);
  const outOf = (path: string) => join(outputs, basename(path));

  // Times differ by preset and data, and belong to this machine: they stay out of git, but for those of a first run.
  const kind = `${preset}${data === undefined ? "" : "-data"}${stored ? "-stored" : ""}`;
  const timesPath = join(ROOT, "runs", "notebook-seconds", `${kind}.json`);
  const before: Timed[] = await exists(timesPath)
    ? JSON.parse(await Deno.readTextFile(timesPath))
    : (firstTimes as Record<string, Timed[]>)[kind] ?? [];
  const begun = Date.now(), times = await runAll(paths, { env, before: own ? before : [], outOf });
  const others = before.filter(({ name }) => !times.some((row) => row.name === name));
  if (own) await writeJson(timesPath, [...others, ...times]);
  const ran = paths.map(outOf).map((path) => ({ path, bytes: Deno.statSync(path).size }));
  const written = [...ran, ...writtenSince(figures, begun)].map((file) => ({
    ...file,
    path: relative(ROOT, file.path),
  }));
  // A whole run of the kit's own notebooks has trained all that they show.
  if (own && only.length === 0 && !stored) {
    // Brings TensorFlow, which nothing else here needs.
    const { openExperiment, storeExperiment } = await import("./experiment.ts");
    await storeExperiment(await openExperiment({ env }));
  }
  return { written, seconds: (Date.now() - begun) / 1000 };
}
