/** Processes that work beside this one. */

/** The processes share the cores, so each one's TensorFlow keeps to one, and off a GPU they would all fill. */
export const ONE_CORE = {
  OMP_NUM_THREADS: "1",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  CUDA_VISIBLE_DEVICES: "-1",
};

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

/** Of what a process says on standard error, so much is kept. */
const TAIL = 2000;

/** The last three lines of a process's standard error in one, to say why it died; known once it has ended. */
export async function lastWordsOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = "";
  for await (const line of linesOf(stream)) tail = `${tail}\n${line}`.slice(-TAIL);
  return tail.trim().split("\n").slice(-3).join(" | ");
}

/** Keeps standard output for answers alone; the result writes one as a line of JSON. */
export function openAnswers(): (answer: unknown) => void {
  console.log = console.info = console.debug = console.error;
  return (answer) => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(answer)}\n`));
}

/**
 * Answers the lines of standard input one after the other, and leaves with its end: all is done then, or the process that
 * gave them is gone.
 */
export async function serveLines(answer: (line: string) => Promise<void>): Promise<never> {
  let work = Promise.resolve();
  for await (const line of linesOf(Deno.stdin.readable)) work = work.then(() => answer(line));
  Deno.exit(0);
}
