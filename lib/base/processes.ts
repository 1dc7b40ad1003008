/** Programs that run beside this one. */

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** A script of the kit, to be run by the Deno that runs now. */
export const kitScript = (script: string, ...args: string[]): Command => [
  Deno.execPath(),
  ...["run", "-A", "--quiet", script, ...args],
];

/** Starts a program; unless told otherwise it is given no input, and its two outputs are piped. */
export const startProgram = (
  [program, ...args]: Command,
  options: Omit<Deno.CommandOptions, "args"> = {},
): Deno.ChildProcess =>
  new Deno.Command(program, { stdin: "null", stdout: "piped", stderr: "piped", ...options, args }).spawn();

/** How a program ended, and what it wrote; `stderr` is empty where it was not piped. */
export interface Ended {
  success: boolean;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export async function runProgram(
  command: Command,
  options: Omit<Deno.CommandOptions, "args"> = {},
): Promise<Ended> {
  const output = await startProgram(command, options).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const stderr = (options.stderr ?? "piped") === "piped" ? text(output.stderr) : "";
  return { success: output.success, stdout: text(output.stdout), stderr };
}

/** Runs a program that speaks with the person itself; returns its exit status. */
export async function runHere(command: Command): Promise<number> {
  const here = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  return (await startProgram(command, here).status).code;
}

/** Stops a child, and with it its own children, when this process is told to stop; the result lets go of it. */
export function stopWith(child: Deno.ChildProcess): () => void {
  const stop = () => {
    try {
      child.kill("SIGINT");
    } catch { /* it has ended */ }
    child.status.then(() => Deno.exit(130));
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  signals.forEach((signal) => Deno.addSignalListener(signal, stop));
  return () => signals.forEach((signal) => Deno.removeSignalListener(signal, stop));
}

/** The lines of a process's output, as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** The last of a program's lines. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1)!;
