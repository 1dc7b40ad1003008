// Runs notebooks top to bottom with Deno's kernel, through nbclient in .venv.
import { ROOT } from "../base/root.ts";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { lastLine, linesOf, startProgram, stopWith } from "../base/processes.ts";
import { notebookName } from "./cells.ts";

const RUNNER = fileURLToPath(new URL("./run_notebook.py", import.meta.url));

/** A program of .venv; throws KitError where set-up has not been. */
export function venvProgram(name: string): string {
  const path = join(ROOT, ".venv", "bin", name);
  if (existsSync(path)) return path;
  throw new KitError(`There is no ${relative(ROOT, path)}`, "Run `npx -y deno@2.9.6 task setup`");
}

interface RunOptions {
  /** Code cell `cell` of `cells` starts, counted from 1. */
  onCell?: (cell: number, cells: number) => void;
  /** A progress output in the running cell changed. */
  onNote?: (text: string) => void;
  /** Where the run notebook goes; the notebook itself when not given. */
  out?: string;
  /** Parameters, such as KIT_PRESET. */
  env?: Record<string, string>;
  /** Where the kernel runs and relative imports start from; the notebook's folder when not given. */
  folder?: string;
}

type Message = { cell?: number; cells?: number; note?: string; error?: string };

/**
 * Runs a notebook and writes it with its outputs, whole or not at all.
 * @throws KitError naming notebook and cell when a cell fails
 */
export async function runNotebook(path: string, options: RunOptions = {}): Promise<void> {
  const { out = path, env = {}, folder = dirname(path), onCell, onNote } = options;
  const child = startProgram([venvProgram("python"), RUNNER, path, out, folder], {
    // Settings of a user's own Jupyter must not change what the notebooks do.
    env: { ...env, JUPYTER_NO_CONFIG: "1", PYTHONWARNINGS: "ignore", PYDEVD_DISABLE_FILE_VALIDATION: "1" },
  });
  const release = stopWith(child);
  const complaints = new Response(child.stderr).text();
  let failure: Message | undefined;
  for await (const line of linesOf(child.stdout)) {
    const message: Message = JSON.parse(line);
    if (message.error !== undefined) failure = message;
    else if (message.note !== undefined) onNote?.(message.note);
    else if (message.cell !== undefined) onCell?.(message.cell, message.cells!);
  }
  const { success } = await child.status;
  release();
  if (success) return;
  const cell = failure?.cell ? ` in cell ${failure.cell}` : "";
  const said = failure?.error ?? (lastLine(await complaints) || "it ended without a word");
  throw new KitError(
    `Notebook ${notebookName(path)} stopped${cell}: ${said.replace(/\s*\n\s*/g, " ").replace(/\.$/, "")}`,
    "`deno task lab` opens it to look closer",
  );
}
