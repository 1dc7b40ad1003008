// The Python side: uv, and with it a .venv that holds JupyterLab, nbclient, nbconvert and ffmpeg.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { makeFolder } from "../base/files.ts";
import { runProgram } from "../base/processes.ts";
import type { Report } from "./progress_lines.ts";
import { runTool, type Site } from "./command.ts";
import { digest, isDone, markDone, ofAnySize, unmark } from "./stamp.ts";
import { hasWheel, installWheel, PIP, type Wheel } from "./wheel.ts";

export const PYTHON_NEEDS = 0.5e9;

const REQUIREMENTS = fileURLToPath(new URL("./requirements.txt", import.meta.url));
const UV: Wheel = {
  part: "uv",
  requirement: "uv==0.13.9",
  members: "uv-.*\\.data/scripts/(uv)$",
  folder: ".native/uv",
};
/** The oldest Python that the pinned packages run on. */
const OLDEST = [3, 10];

const INSTALL = "Install Python 3.10 or newer with pip (Debian, Ubuntu: `apt install python3-pip`; " +
  "Fedora: `dnf install python3-pip`; macOS: `brew install python`) and run the same command again";

/** The Python that set-up runs, and how its pip reaches the package index. */
export interface Python {
  executable: string;
  /** pip's own settings by name: index-url, extra-index-url, cert, find-links, no-index. */
  pip: Record<string, string>;
}

/**
 * Finds python3 and its pip.
 * @throws KitError when either is missing or Python is too old
 */
export async function findPython({ signal }: Site): Promise<Python> {
  const ask = (...args: string[]) => runProgram(["python3", ...args], { env: PIP, signal });
  const about = "import os, sys; print(os.path.realpath(sys.executable), *sys.version_info[:2], sep='\\n')";
  const python = await ask("-c", about).catch(() => undefined);
  if (!python?.success) throw new KitError("python3 is not there or does not run", INSTALL);
  const [executable, major, minor] = python.stdout.trim().split("\n");
  if (Number(major) !== OLDEST[0] || Number(minor) < OLDEST[1]) {
    throw new KitError(`python3 (${executable}) is version ${major}.${minor}, which is too old`, INSTALL);
  }
  // The name from the PATH is asked again, not the resolved one: inside a virtual environment they differ.
  const pip = await ask("-m", "pip", "config", "list");
  if (!pip.success && /No module named/.test(pip.stderr)) {
    throw new KitError(`python3 (${executable}) has no pip`, INSTALL);
  }
  const settings = pip.stdout.matchAll(/^[^.\n]*\.([\w-]+)='(.*)'$/gm);
  return { executable, pip: Object.fromEntries(settings.map(([, name, value]) => [name, value])) };
}

/** uv's settings, with the index and certificate that pip is configured for: uv reads none of pip's files. */
function uvSettings({ pip }: Python): Record<string, string> {
  const settings: Record<string, string | undefined> = {
    UV_PYTHON_DOWNLOADS: "never",
    UV_SYSTEM_CERTS: "1",
    UV_DEFAULT_INDEX: pip["index-url"],
    UV_INDEX: pip["extra-index-url"],
    UV_FIND_LINKS: pip["find-links"],
    UV_NO_INDEX: pip["no-index"],
    SSL_CERT_FILE: pip["cert"],
  };
  const given = Object.entries(settings).filter(([name, value]) => value && !Deno.env.get(name));
  return Object.fromEntries(given) as Record<string, string>;
}

/** uv, for environments of pinned packages. */
export interface Uv {
  /** Makes an environment anew, empty. */
  makeEnvironment(folder: string): Promise<string>;
  /** Installs what a list of requirements pins. */
  install(folder: string, requirements: string, ...flags: string[]): Promise<string>;
}

/** The uv that set-up has put in place. */
export function openUv(
  site: Site,
  python: Python,
  { part, onLine }: { part: string; onLine?: (line: string) => void },
): Uv {
  const uv = join(site.root, ".native", "uv", "uv"), env = uvSettings(python);
  const run = (...args: string[]) => runTool(site, [uv, ...args], { part, env, onLine });
  return {
    makeEnvironment: (folder) =>
      run("venv", "--clear", "--no-project", "--python", python.executable, folder),
    install: (folder, requirements, ...flags) =>
      run("pip", "install", ...flags, "--python", pythonIn(folder), "--requirement", requirements),
  };
}

/** The Python of an environment. */
export const pythonIn = (folder: string): string => join(folder, "bin", "python");

/** The pins, and the folder: scripts in a virtual environment hold its absolute path. */
const version = (root: string): string =>
  `${UV.requirement} ${digest(Deno.readTextFileSync(REQUIREMENTS))} ${root}`;

export const hasVenv = (root: string): boolean => isDone(root, "python", version(root));

/** Makes .venv anew out of the pinned requirements; uv's cache keeps what an interrupted set-up fetched. */
export async function installVenv(site: Site, report: Report, python: Python): Promise<string> {
  const { root } = site;
  await unmark(root, "python");
  if (!hasWheel(root, UV)) await installWheel(site, report, UV);
  report.say("JupyterLab, nbclient, nbconvert, ffmpeg into .venv (about 80 MB to fetch)");
  const venv = join(root, ".venv");
  await makeFolder(venv); // says in one line when the place is not writable
  const uv = openUv(site, python, {
    part: "python",
    onLine: (line) => /^(Resolved|Prepared|Installed)/.test(line) && report.progress(line),
  });
  await uv.makeEnvironment(venv);
  await uv.install(venv, REQUIREMENTS);
  const binaries = ["python", "jupyter-lab", "jupyter-nbconvert"].map((name) => join(".venv", "bin", name));
  const missing = binaries.find((path) => !existsSync(join(root, path)));
  if (missing) throw new KitError(`uv left no ${missing}`, "Delete .venv and run the same command again");
  await markDone(root, "python", { version: version(root), files: ofAnySize(binaries) });
  return "JupyterLab, nbclient, nbconvert and ffmpeg in .venv";
}
