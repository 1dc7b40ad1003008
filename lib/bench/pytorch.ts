// PyTorch for comparisons: an environment of its own with pinned packages, and programs that answer in JSON.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { type Command, lastLine, runProgram } from "../base/processes.ts";
import { ROOT } from "../base/root.ts";
import { findPython, openUv, pythonIn } from "../setup/python.ts";
import { digest } from "../setup/stamp.ts";

const REQUIREMENTS = fileURLToPath(new URL("./bench_pytorch.txt", import.meta.url));

/**
 * Python with PyTorch, and what a further list names, in an environment of the bench's own, made on the first call and
 * when the list of what it holds has changed.
 */
export async function pytorch(further?: string): Promise<string> {
  const folder = join(ROOT, ".native", "bench"), site = { root: ROOT, signal: new AbortController().signal };
  const install = async (requirements: string, done: string) => {
    const version = digest(await Deno.readTextFile(requirements));
    if (existsSync(done) && await Deno.readTextFile(done) === version) return;
    const uv = openUv(site, await findPython(site), { part: "bench" });
    if (requirements === REQUIREMENTS) {
      console.error("Fetching PyTorch for the comparison (about 600 MB) into .native/bench");
      await uv.makeEnvironment(folder);
    }
    await uv.install(folder, requirements, "--no-deps");
    await Deno.writeTextFile(done, version);
  };
  await install(REQUIREMENTS, join(folder, "done"));
  if (further) await install(further, join(folder, `done ${basename(further)}`));
  return pythonIn(folder);
}

/** The PyTorch of a Python that the caller names; throws KitError when it has none. */
export async function checkPython(python: string): Promise<string> {
  const { success, stderr } = await runProgram([python, "-c", "import torch"]).catch((cause) => {
    const remedy = "Name a Python with PyTorch by --python, or none";
    throw new KitError(`${python} cannot be run (${(cause as Error).message})`, remedy, { cause });
  });
  if (success) return python;
  throw new KitError(
    `${python} cannot load PyTorch (${lastLine(stderr)})`,
    "Name another by --python, or none",
  );
}

/** Throws KitError where the C++ compiler that torch.compile calls, which CXX may name, does not run. */
export async function checkCompiler(): Promise<void> {
  const compiler = Deno.env.get("CXX") || (Deno.build.os === "darwin" ? "clang++" : "g++");
  const runs = await runProgram([compiler, "--version"]).then(({ success }) => success, () => false);
  if (runs) return;
  throw new KitError(
    `torch.compile needs a C++ compiler, and ${compiler} does not run`,
    "Install one (Debian, Ubuntu: `apt install g++`; Fedora: `dnf install gcc-c++`; macOS: `xcode-select --install`)",
  );
}

/** Throws KitError where a Python has come without the headers that torch.compile's programs include. */
export async function checkHeaders(python: string): Promise<void> {
  const folder = "import sysconfig; print(sysconfig.get_path('include'))";
  const header = join((await runProgram([python, "-c", folder])).stdout.trim(), "Python.h");
  if (existsSync(header)) return;
  throw new KitError(
    `torch.compile needs Python's headers, and there is no ${header}`,
    "Install them (Debian, Ubuntu: `apt install python3-dev`; Fedora: `dnf install python3-devel`)",
  );
}

/** A program's JSON on standard output; throws KitError with the end of what it said when it fails. */
export async function answerOf<Answer>(
  command: Command,
  { what, remedy }: { what: string; remedy: string },
): Promise<Answer> {
  const { success, stdout, stderr } = await runProgram(command, { cwd: ROOT });
  if (success) return JSON.parse(stdout);
  throw new KitError(`${what} failed (${lastLine(stderr)})`, remedy);
}
