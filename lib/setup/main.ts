// Makes the kit ready to run: npm packages, TensorFlow's library, the Python side, Deno's Jupyter kernel.
// Imports nothing from npm, since it runs before there are packages. What it makes is in node_modules, .native and .venv;
// what was fetched also stays in the caches of npm, Deno, pip and uv.
import { ROOT } from "../base/root.ts";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { fail } from "../base/exit.ts";
import { holdFolder } from "../base/files.ts";
import { bytesInWords, ProgressLines, type Report, secondsInWords } from "./progress_lines.ts";
import type { Site } from "./command.ts";
import { hasKernel, installKernel } from "./kernel.ts";
import { hasPackages, installPackages, PACKAGES_NEED } from "./packages.ts";
import { findPython, hasVenv, installVenv, type Python, PYTHON_NEEDS } from "./python.ts";
import { hasTensorflow, installTensorflow, tensorflowNeeds } from "./tensorflow.ts";

interface Step {
  name: string;
  /** Bytes on the disk while it runs. */
  needs: number;
  done: boolean;
  /** Does what is missing; returns the closing words. `python` is there for steps that need it. */
  run(site: Site, report: Report, python: Python): Promise<string>;
  needsPython?: boolean;
}

/** The steps, with what is done already looked up; the first three do not wait for each other. */
function steps(root: string): Step[] {
  const venv = hasVenv(root);
  return [
    { name: "packages", needs: PACKAGES_NEED, done: hasPackages(root), run: installPackages },
    {
      name: "tensorflow",
      needs: tensorflowNeeds(),
      needsPython: true,
      done: hasTensorflow(root),
      run: installTensorflow,
    },
    { name: "python", needs: PYTHON_NEEDS, needsPython: true, done: venv, run: installVenv },
    // A .venv that is made anew, as in a folder that was moved, takes the kernel inside it along.
    { name: "kernel", needs: 0, done: venv && hasKernel(root), run: (site) => installKernel(site.root) },
  ];
}

/** Throws KitError when the disk holds less than the steps need. */
async function checkSpace(root: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new KitError(
    `Set-up needs ${bytesInWords(needed)} at ${root} and ${bytesInWords(free)} are free: the disk is full`,
    "Free some gigabytes and run the same command again",
  );
}

/** Runs the steps that are not done, the kernel after the .venv it lives in. The first fault stops the others. */
async function runSteps(root: string, missing: Step[]): Promise<void> {
  const stop = new AbortController(), progressLines = new ProgressLines();
  const site = { root, signal: stop.signal };
  const interrupt = () => {
    stop.abort();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  try {
    await checkSpace(root, missing.reduce((sum, step) => sum + step.needs, 0));
    const python = missing.some((step) => step.needsPython) ? await findPython(site) : undefined;
    const run = async (name: string) => {
      const step = missing.find((step) => step.name === name);
      if (!step) return;
      const row = progressLines.open(name);
      row.close(await step.run(site, row, python!));
    };
    await Promise.all([
      run("packages"),
      run("tensorflow"),
      run("python").then(() => run("kernel")),
    ].map((part) =>
      part.catch((error) => {
        stop.abort();
        throw error;
      })
    ));
  } finally {
    progressLines.stop();
    Deno.removeSignalListener("SIGINT", interrupt);
    Deno.removeSignalListener("SIGTERM", interrupt);
  }
}

/**
 * Sets up the kit in a project folder; does nothing, in milliseconds, where all is done.
 * @param root the project's folder
 * @param options quiet: say nothing when there is nothing to do
 * @throws KitError with what to do: no python3 or pip, a full disk, a registry that cannot be reached
 */
export async function setup(root: string, { quiet = false } = {}): Promise<void> {
  const begun = performance.now();
  const found = steps(root);
  if (found.some((step) => !step.done)) {
    using _held = await holdFolder(join(root, ".native"), {
      name: "lock",
      wait: "Another set-up is running in this folder: waiting for it",
    });
    // Another set-up may have done it while this one waited.
    const missing = steps(root).filter((step) => !step.done);
    if (missing.length > 0) await runSteps(root, missing);
  } else if (!quiet) {
    for (const { name } of found) console.error(`${name.padEnd(12)}in place`);
  }
  if (!quiet || found.some((step) => !step.done)) {
    console.error(`Set-up done in ${secondsInWords(performance.now() - begun)}`);
  }
}

/** Written out, since commander is one of the packages that are yet to come. */
const HELP = `Usage: deno task setup [options]

fetch what the kit needs into this folder, by pinned versions: npm packages (node_modules), TensorFlow's library
(.native), JupyterLab, nbclient and ffmpeg (.venv), and Deno's notebook kernel. Every other task does so first by itself.

It takes about a minute on a fast network, and about 2 GB on the disk (5 GB more with an NVIDIA GPU), and well under a second
when all is there. One that was stopped goes on where it was. Deleting the three folders undoes it, but for what the caches
of npm, Deno, pip and uv in your home keep (about 1.1 GB).

Options:
  --quiet     say nothing when there is nothing to do
  -h, --help  display this help

Environment:
  KIT_GPU=0   TensorFlow for the CPU, where there is a GPU too
`;

if (import.meta.main) {
  if (Deno.args.some((argument) => ["--help", "-h"].includes(argument))) {
    console.log(HELP.trim());
    Deno.exit(0);
  }
  const wrong = Deno.args.find((argument) => argument !== "--quiet");
  if (wrong) {
    console.error(`error: setup knows no ${wrong}. It takes --quiet, --help, or nothing`);
    Deno.exit(2);
  }
  await setup(ROOT, { quiet: Deno.args.includes("--quiet") }).catch(fail);
}
