import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { copyFile, exists, makeFolder } from "../base/files.ts";
import { launchers, whenOneEnds } from "../base/launcher.ts";
import { startProgram } from "../base/processes.ts";
import { FIGURES, ROOT } from "../base/root.ts";
import { listNotebooks } from "./cells.ts";
import { type NotebookOptions, parametersOf } from "./parameters.ts";
import { venvProgram } from "./run.ts";

const SERVER = fileURLToPath(new URL("./lab_server.py", import.meta.url));
const FIRST_PORT = 8888, TRIES = 50;
/** A terminal's window was closed: SIGHUP. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Kernels hold about a gigabyte each: one that has done nothing for so long is ended. */
const IDLE_MINUTES = 60;
const IDLE_NOTE =
  `A kernel that is idle for ${IDLE_MINUTES} minutes is ended, since each may hold a gigabyte; the notebook stays as it is`;
/** Seconds in which a kernel must answer: a busy machine may take long. */
const PATIENCE = 3600;

/** The first free port of 127.0.0.1 from `from` on. */
function freePort(from: number): number {
  for (let port = from; port < from + TRIES; port++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch { /* it is taken, or not ours to take */ }
  }
  throw new KitError(`No port from ${from} to ${from + TRIES - 1} is free`, "Give another one with --port");
}

/** Asks a server until it answers, which may take long on a busy machine; false when its process has ended before. */
async function answers(address: string, server: Deno.ChildProcess): Promise<boolean> {
  let ended = false;
  server.status.then(() => ended = true);
  while (!ended) {
    try {
      await (await fetch(address)).body?.cancel();
      return true;
    } catch {
      await new Promise((go) => setTimeout(go, 100));
    }
  }
  return false;
}

/** The notebook that is opened first. */
const FIRST = "00-tour.ipynb";

/** Copies of the notebooks to work on: out of git, and beside lib, as `../lib` in their cells wants it. */
export const COPIES = "lab";

/**
 * Copies those notebooks of a folder that another one lacks; what is there is somebody's work and stays.
 * @returns names of those that stay and whose originals have changed since
 */
export async function copyNotebooks(from: string, to: string): Promise<string[]> {
  await makeFolder(to);
  const changed: string[] = [];
  for (const path of listNotebooks(from)) {
    const copy = join(to, basename(path));
    if (!await exists(copy)) await copyFile(path, copy);
    else if ((await Deno.stat(path)).mtime! > (await Deno.stat(copy)).mtime!) changed.push(basename(path));
  }
  return changed;
}

/** Where notebooks are opened and what is said of it. */
async function openFolder({ edit, ...options }: LabOptions) {
  if (edit) return { folder: "notebooks", env: await parametersOf(options), notes: [] };
  const figures = join(ROOT, COPIES, "figures"),
    env = await parametersOf({ ...options, figures }, { keptIn: FIGURES });
  const changed = await copyNotebooks(join(ROOT, "notebooks"), join(ROOT, COPIES));
  const notes = [
    `Copies of the notebooks are in ${COPIES}/, their figures go to ${COPIES}/figures: git sees neither (--edit opens the ` +
    "notebooks themselves)",
    ...changed.map((name) =>
      `${COPIES}/${name} is older than notebooks/${name}: delete it to get the new one`
    ),
  ];
  return { folder: COPIES, env, notes };
}

export interface LabOptions extends Omit<NotebookOptions, "figures"> {
  /** The first port to try. */
  port?: number;
  browser?: boolean;
  /** The notebooks themselves, in place of copies. */
  edit?: boolean;
}

/**
 * Opens JupyterLab on copies of the notebooks, for this machine only and behind a token, prints its address once it answers,
 * and waits until it is closed. It ends with its kernels when this process does, in whichever way, or one of those by which
 * it was started (npx, `deno task`).
 * @throws KitError when no port is free, JupyterLab does not run, or the data are no prepared folder
 */
export async function openLab(options: LabOptions = {}): Promise<void> {
  const { port = FIRST_PORT, browser = true } = options, { folder, env, notes } = await openFolder(options);
  const chosen = freePort(port), base = `http://127.0.0.1:${chosen}`, above = await launchers();
  const token = crypto.randomUUID().replaceAll("-", "");
  const child = startProgram([
    venvProgram("python"),
    SERVER,
    "--allow-root", // containers; it listens on 127.0.0.1 only
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${chosen}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${ROOT}`,
    `--LabApp.default_url=/lab/tree/${folder}/${FIRST}`,
    "--MultiKernelManager.default_kernel_name=deno",
    // An open page would keep its kernel for ever.
    `--MappingKernelManager.cull_idle_timeout=${IDLE_MINUTES * 60}`,
    "--MappingKernelManager.cull_connected=True",
    `--MappingKernelManager.kernel_info_timeout=${PATIENCE}`,
    "--KernelSpecManager.ensure_native_kernel=False",
    "--KernelSpecManager.allowed_kernelspecs=deno",
    "--ServerApp.log_level=ERROR",
    "--LabApp.log_level=ERROR",
    ...(browser ? [] : ["--no-browser"]),
  ], {
    cwd: join(ROOT, folder),
    // By the environment, so that the token is not in the list of processes.
    env: { ...env, JUPYTER_TOKEN: token, JUPYTER_NO_CONFIG: "1" },
    stdin: "piped", // never written to: see lab_server.py
    stdout: "null",
    stderr: "inherit",
  });
  const stop = () => {
    try {
      child.kill("SIGTERM");
    } catch { /* it has ended */ }
  };
  SIGNALS.forEach((signal) => Deno.addSignalListener(signal, stop));
  using _watch = whenOneEnds(above, stop);
  if (await answers(`${base}/api`, child)) {
    console.error(
      `JupyterLab: ${base}/lab/tree/${folder}/${FIRST}?token=${token}  (Ctrl-C stops it and its kernels)`,
    );
    for (const note of [...notes, IDLE_NOTE]) console.error(note);
  }
  const { success, signal } = await child.status;
  SIGNALS.forEach((signal) => Deno.removeSignalListener(signal, stop));
  await child.stdin.close().catch(() => {});
  if (!success && !signal) throw new KitError("JupyterLab stopped", "What it said is above");
}
