import { ROOT } from "../base/root.ts";
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { startProgram } from "../base/processes.ts";
import { venvProgram } from "./run.ts";

const FIRST_PORT = 8888, TRIES = 50;

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

/**
 * Opens JupyterLab on the notebooks, for this machine only and behind a token, prints its address once it answers, and
 * waits until it is closed.
 * @throws KitError when no port is free or JupyterLab does not run
 */
export async function openLab({ port = FIRST_PORT, browser = true } = {}): Promise<void> {
  const chosen = freePort(port), base = `http://127.0.0.1:${chosen}`;
  const token = crypto.randomUUID().replaceAll("-", "");
  const child = startProgram([
    venvProgram("jupyter-lab"),
    "--allow-root", // containers; it listens on 127.0.0.1 only
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${chosen}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${ROOT}`,
    "--LabApp.default_url=/lab/tree/notebooks",
    "--MultiKernelManager.default_kernel_name=deno",
    "--KernelSpecManager.ensure_native_kernel=False",
    "--KernelSpecManager.allowed_kernelspecs=deno",
    "--ServerApp.log_level=ERROR",
    "--LabApp.log_level=ERROR",
    ...(browser ? [] : ["--no-browser"]),
  ], {
    cwd: join(ROOT, "notebooks"),
    // By the environment, so that the token is not in the list of processes.
    env: { JUPYTER_TOKEN: token, JUPYTER_NO_CONFIG: "1" },
    stdin: "inherit",
    stdout: "null",
    stderr: "inherit",
  });
  const stop = () => child.kill("SIGTERM");
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  if (await answers(`${base}/api`, child)) {
    console.error(`JupyterLab: ${base}/lab/tree/notebooks?token=${token}  (Ctrl-C stops it)`);
  }
  const { success, signal } = await child.status;
  Deno.removeSignalListener("SIGINT", stop);
  Deno.removeSignalListener("SIGTERM", stop);
  if (!success && !signal) throw new KitError("JupyterLab stopped", "What it said is above");
}
