// PyTorch for comparisons: an environment of its own with pinned packages, and programs that answer in JSON.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { makeFolder } from "../base/files.ts";
import { type Command, lastLine, runProgram } from "../base/processes.ts";
import { ROOT } from "../base/root.ts";
import { uvRunner } from "../setup/python.ts";

const REQUIREMENTS = fileURLToPath(new URL("./bench_pytorch.txt", import.meta.url));

/** Python with PyTorch, and what a further list names, in an environment of the bench's own, made on the first call. */
export async function pytorch(further?: string): Promise<string> {
  const folder = join(ROOT, ".native", "bench"), python = join(folder, "bin", "python");
  const install = async (requirements: string, done: string) => {
    const uv = await uvRunner(ROOT);
    await uv("pip", "install", "--no-deps", "--python", python, "--requirement", requirements);
    await Deno.writeTextFile(done, "");
  };
  if (!existsSync(join(folder, "done"))) {
    console.error("Fetching PyTorch for the comparison (about 600 MB) into .native/bench");
    await makeFolder(join(ROOT, ".native"));
    await (await uvRunner(ROOT))("venv", "--clear", "--no-project", folder);
    await install(REQUIREMENTS, join(folder, "done"));
  }
  const more = further && join(folder, `done ${basename(further)}`);
  if (more && !existsSync(more)) await install(further, more);
  return python;
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

/** A program's JSON on standard output; throws KitError with the end of what it said when it fails. */
export async function answerOf<Answer>(
  command: Command,
  { what, remedy }: { what: string; remedy: string },
): Promise<Answer> {
  const { success, stdout, stderr } = await runProgram(command, { cwd: ROOT });
  if (success) return JSON.parse(stdout);
  throw new KitError(`${what} failed (${lastLine(stderr)})`, remedy);
}
