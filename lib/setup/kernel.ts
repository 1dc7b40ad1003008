// Deno's Jupyter kernel, registered inside .venv, and JupyterLab's settings beside it.
import { join } from "node:path";
import { writeAtomic } from "../base/files.ts";

/** TensorFlow's log on a kernel's standard error would only reach the terminal behind the notebook. */
const KERNEL_ENV = { TF_CPP_MIN_LOG_LEVEL: "2" };

/**
 * The kernel's two files: path from the root -> content. Deno's path is absolute, and npx may move it. The kernel runs behind
 * kernel.py, which makes it dependable.
 */
function files(root: string): Record<string, string> {
  const python = join(root, ".venv", "bin", "python"), gate = join(root, "lib", "notebooks", "kernel.py");
  const kernel = {
    argv: [python, gate, "{connection_file}", Deno.execPath()],
    display_name: "Deno",
    language: "typescript",
    interrupt_mode: "message",
    env: KERNEL_ENV,
  };
  // JupyterLab asks at its first start whether to fetch news; the notebooks should be the first thing seen.
  const lab = {
    "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
  };
  return {
    ".venv/share/jupyter/kernels/deno/kernel.json": JSON.stringify(kernel, null, 1) + "\n",
    ".venv/share/jupyter/lab/settings/overrides.json": JSON.stringify(lab, null, 1) + "\n",
  };
}

/** Whether the kernel is registered with the Deno that runs now. */
export function hasKernel(root: string): boolean {
  try {
    return Object.entries(files(root)).every(([path, content]) =>
      Deno.readTextFileSync(join(root, path)) === content
    );
  } catch {
    return false;
  }
}

/** Registers the kernel; returns the closing words. */
export async function installKernel(root: string): Promise<string> {
  for (const [path, content] of Object.entries(files(root))) await writeAtomic(join(root, path), content);
  return `Deno ${Deno.version.deno} registered in .venv`;
}
