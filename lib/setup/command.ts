import { join } from "node:path";
import { makeFolder, writeAtomic } from "../base/files.ts";
import { type Command, startProgram } from "../base/processes.ts";
import { explain } from "./faults.ts";

/** Where a set-up works, and how it is told to stop. */
export interface Site {
  /** The project's folder, an absolute path. */
  root: string;
  /** Aborted when another step has failed. */
  signal: AbortSignal;
}

interface Options {
  /** What is being set up, as in "Set-up of <part> stopped". */
  part: string;
  env?: Record<string, string>;
  /** Sees each line of standard output and standard error as it comes, without colours. */
  onLine?: (line: string) => void;
}

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*[A-Za-z]/g;

/**
 * Runs a tool without showing what it prints.
 * @returns its standard output
 * @throws KitError made out of its output when it fails; the whole output is kept in .native/<part>.log
 */
export async function runTool({ root, signal }: Site, command: Command, options: Options): Promise<string> {
  const { part, env = {}, onLine } = options;
  const child = startProgram(command, { cwd: root, env: { NO_COLOR: "1", ...env }, signal });
  let all = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let text = "", rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const plain = chunk.replace(COLOURS, "");
      text += plain;
      all += plain;
      const lines = (rest + plain).split("\n");
      rest = lines.pop()!;
      lines.forEach((line) => onLine?.(line));
    }
    return text;
  };
  const [stdout, , status] = await Promise.all([read(child.stdout), read(child.stderr), child.status]);
  signal.throwIfAborted();
  if (status.success) return stdout;
  const log = join(".native", `${part.replaceAll(/\W+/g, "-")}.log`);
  await makeFolder(join(root, ".native")).catch(() => {});
  await writeAtomic(join(root, log), all).catch(() => {}); // a full disk must not hide the first fault
  throw explain(part, all, log);
}
