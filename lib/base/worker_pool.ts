import { availableParallelism, freemem } from "node:os";
import { KitError } from "./errors.ts";
import { kitScript, linesOf, startProgram } from "./processes.ts";

/*
 * Work in processes of its own. A worker reads one JSON job a line and writes one JSON message a line: that it is
 * ready, how far it is, and what became of each job. Other lines of its standard output are the libraries'.
 */

/** What became of a job: the worker's answer, or how the worker failed or died over it. */
export type Outcome<Answer> = { answer: Answer } | { crash: string };

/** What a worker says; a fault is a KitError, which the next job would meet too. */
type Message =
  | { ready: true }
  | { progress: unknown }
  | { answer: unknown }
  | { fault: string; remedy: string }
  | { crash: string };

/** As many processes as there are cores, and memory for, when each takes so many bytes. */
export const workersFor = (bytes: number): number =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / bytes)));

/** The processes share the cores, so each one's TensorFlow keeps to one, and off a GPU they would all fill. */
export const ONE_CORE = {
  OMP_NUM_THREADS: "1",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  CUDA_VISIBLE_DEVICES: "-1",
};

/** Of what a worker says on standard error, or of a crash, so much is kept. */
const TAIL = 2000, LONGEST_CRASH = 1000;

/** The last three lines of a process's standard error in one, to say why it died; known once it has ended. */
async function lastWordsOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = "";
  for await (const line of linesOf(stream)) tail = `${tail}\n${line}`.slice(-TAIL);
  return tail.trim().split("\n").slice(-3).join(" | ");
}

/**
 * What a worker process does: opens what its jobs need, then answers the jobs of its standard input one after the
 * other. It leaves with its input, even amid a job: all is done then, or the process that gave the jobs is gone, and
 * one that goes on may be at the same job already.
 */
export async function serveJobs<Job, Progress = never>(
  open: () => Promise<(job: Job, tell: (progress: Progress) => void) => Promise<unknown>>,
): Promise<never> {
  console.log = console.info = console.debug = console.error; // standard output is for messages alone
  const say = (message: Message) =>
    Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  const answer = await open();
  say({ ready: true });
  const work = async (line: string) => {
    try {
      say({ answer: await answer(JSON.parse(line), (progress) => say({ progress })) ?? null });
    } catch (error) {
      if (error instanceof KitError) say({ fault: error.what, remedy: error.remedy });
      else say({ crash: String((error as Error).stack ?? error).slice(0, LONGEST_CRASH) });
    }
  };
  let before = Promise.resolve();
  for await (const line of linesOf(Deno.stdin.readable)) before = before.then(() => work(line));
  Deno.exit(0);
}

/** A worker process, for those who give it jobs. */
export class WorkerProcess<Job, Answer, Progress = never> {
  private readonly process;
  private readonly input: WritableStreamDefaultWriter<Uint8Array>;
  private readonly output: AsyncGenerator<string>;
  private readonly lastWords: Promise<string>;
  /** Whether it has died over a job. */
  dead = false;

  constructor(script: string, env: Record<string, string>) {
    this.process = startProgram(kitScript(script), { env, stdin: "piped" });
    this.input = this.process.stdin.getWriter();
    this.output = linesOf(this.process.stdout);
    this.lastWords = lastWordsOf(this.process.stderr);
  }

  /** The next message, or undefined when the process ended. */
  private async next(): Promise<Message | undefined> {
    while (true) {
      const { value, done } = await this.output.next();
      if (done) return;
      if (value.startsWith("{")) return JSON.parse(value);
    }
  }

  private async death(): Promise<string> {
    this.dead = true;
    const { code, signal } = await this.process.status;
    const words = await this.lastWords;
    return `the worker ended with ${signal ?? `exit status ${code}`}${words ? `: ${words}` : ""}`;
  }

  /** Waits until the worker is ready; throws KitError when it cannot start at all. */
  async start(): Promise<void> {
    if (await this.next()) return;
    throw new KitError(
      `A preparing process did not start: ${await this.death()}`,
      "Run `deno task setup`, then try again",
    );
  }

  /** Gives it one job; throws the worker's KitError. */
  async run(job: Job, onProgress?: (progress: Progress) => void): Promise<Outcome<Answer>> {
    try {
      await this.input.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`));
    } catch {
      return { crash: await this.death() };
    }
    while (true) {
      const message = await this.next();
      if (!message) return { crash: await this.death() };
      if ("fault" in message) throw new KitError(message.fault, message.remedy);
      if ("answer" in message) return { answer: message.answer as Answer };
      if ("crash" in message) return message;
      if ("progress" in message) onProgress?.(message.progress as Progress);
    }
  }

  /** Lets it end, its jobs being done. */
  async stop(): Promise<void> {
    await this.input.close().catch(() => {});
    await this.output.return(undefined);
    await this.process.status;
  }

  kill(): void {
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It had ended by itself.
    }
  }
}

/**
 * Runs jobs in `workers` processes of a script that calls `serveJobs`. A worker that dies over a job is replaced and
 * the job's outcome says how it died. Throws KitError when a worker cannot start, and the first that one threw.
 */
export async function runJobs<Job, Answer>(
  script: string,
  jobs: Job[],
  { workers, env = {}, onOutcome }: {
    workers: number;
    env?: Record<string, string>;
    onOutcome: (job: Job, outcome: Outcome<Answer>) => Promise<void>;
  },
): Promise<void> {
  const alive = new Set<WorkerProcess<Job, Answer>>();
  let next = 0;
  const startOne = async () => {
    const worker = new WorkerProcess<Job, Answer>(script, env);
    alive.add(worker);
    await worker.start();
    return worker;
  };
  const work = async () => {
    let worker: WorkerProcess<Job, Answer> | undefined;
    while (next < jobs.length) {
      const job = jobs[next++];
      worker ??= await startOne();
      const outcome = await worker.run(job);
      if (worker.dead) {
        alive.delete(worker);
        worker = undefined;
      }
      await onOutcome(job, outcome);
    }
    if (!worker) return;
    alive.delete(worker);
    await worker.stop();
  };
  try {
    await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, work));
  } finally {
    for (const worker of alive) worker.kill();
  }
}
