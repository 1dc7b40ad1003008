import { KitError } from "./errors.ts";
import { lastWordsOf, linesOf } from "./processes.ts";

/** What became of a job: the worker's answer, or how the worker died over it. */
export type Outcome<Answer> = { answer: Answer } | { crash: string };

/** A worker process: one JSON object a line goes in, one comes out for each; its first line says it is ready. */
class Worker<Job, Answer> {
  private readonly process;
  private readonly input: WritableStreamDefaultWriter<Uint8Array>;
  private readonly output: AsyncGenerator<string>;
  private readonly lastWords: Promise<string>;

  constructor(script: string, env: Record<string, string>) {
    const process = this.process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.input = process.stdin.getWriter();
    this.output = linesOf(process.stdout);
    this.lastWords = lastWordsOf(process.stderr);
  }

  /** The next answer, or undefined when the process ended. Lines that are no JSON object are the libraries'. */
  private async next(): Promise<unknown> {
    while (true) {
      const { value, done } = await this.output.next();
      if (done) return;
      if (value.startsWith("{")) return JSON.parse(value);
    }
  }

  private async death(): Promise<string> {
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

  async run(job: Job): Promise<Outcome<Answer>> {
    try {
      await this.input.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`));
    } catch {
      return { crash: await this.death() };
    }
    const answer = await this.next();
    return answer ? { answer: answer as Answer } : { crash: await this.death() };
  }

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
 * Runs jobs in `workers` processes of a script that reads one JSON job a line and writes one JSON answer a line,
 * after one line such as `{"ready":true}`. A worker that dies over a job is replaced and the job's outcome says
 * how it died. Throws KitError when a worker cannot start.
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
  const alive = new Set<Worker<Job, Answer>>();
  let next = 0;
  const startOne = async () => {
    const worker = new Worker<Job, Answer>(script, env);
    alive.add(worker);
    await worker.start();
    return worker;
  };
  const work = async () => {
    let worker: Worker<Job, Answer> | undefined;
    while (next < jobs.length) {
      const job = jobs[next++];
      worker ??= await startOne();
      const outcome = await worker.run(job);
      if ("crash" in outcome) {
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
