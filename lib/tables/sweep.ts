import { join } from "node:path";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { KitError } from "../base/errors.ts";
import { exists, makeFolder, writeJson } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import { ONE_CORE, WorkerProcess } from "../base/worker_pool.ts";
import type { Config } from "../training/config.ts";
import type { SweepJob } from "./sweep_plan.ts";

const WORKER = fileURLToPath(new URL("./sweep_worker.ts", import.meta.url));
/** Changes whenever the same configuration trains otherwise than before. */
export const TRAINING_VERSION = 2;

/** What came of a training. */
interface Training {
  step: number;
  best: number;
  ended: string;
}

/** What a training of the tables leaves in its run folder, beside what every run has. */
export interface SweepRecord {
  version: number;
  config: Config;
  /** How it ended, and how long it took; absent until then. */
  done?: Training & { seconds: number; processes: number };
}

const recordPath = (run: string) => join(run, "suite.json");

/** What a job's run folder says of it; nothing when it has not begun. Throws KitError when it is of another training. */
export async function readSweepRecord({ run, config, name }: SweepJob): Promise<SweepRecord | undefined> {
  if (!await exists(recordPath(run))) return;
  const record: SweepRecord = JSON.parse(await Deno.readTextFile(recordPath(run)));
  const same = isDeepStrictEqual(record.config, JSON.parse(JSON.stringify(config)));
  if (same && record.version === TRAINING_VERSION) return record;
  throw new KitError(
    `${run} holds a training of ${name} ${
      same ? "by another version of the kit" : "with another configuration"
    }`,
    "Remove it, or train into another folder",
  );
}

const writeRecord = (run: string, record: SweepRecord) => writeJson(recordPath(run), record);

/** What a training's process is given. */
export interface TrainingJob {
  job: SweepJob;
  prepared: string;
}

/** Trains one job in a process of its own. Throws KitError with what the process said when it fails. */
async function trainJob(
  job: SweepJob,
  { prepared, processes, signal, onStep }: {
    prepared: string;
    processes: number;
    /** Stops the process. */
    signal: AbortSignal;
    onStep: (step: number) => void;
  },
): Promise<void> {
  await makeFolder(job.run);
  const record = { version: TRAINING_VERSION, config: job.config };
  await writeRecord(job.run, record);
  const begun = Date.now();
  const worker = new WorkerProcess<TrainingJob, Training, number>(WORKER, processes > 1 ? ONE_CORE : {});
  signal.addEventListener("abort", () => worker.kill());
  await worker.start();
  const outcome = await worker.run({ job, prepared }, onStep).catch((error) => {
    throw error instanceof KitError
      ? new KitError(`${job.name}, seed ${job.seed}: ${error.what}`, error.remedy)
      : error;
  });
  await worker.stop();
  if ("crash" in outcome) {
    throw new KitError(
      `The training of ${job.name}, seed ${job.seed}, ended unexpectedly: ${outcome.crash}`,
      "Run the same command again: it goes on where it was",
    );
  }
  const seconds = (Date.now() - begun) / 1000;
  await writeRecord(job.run, { ...record, done: { ...outcome.answer, seconds, processes } });
}

/** The next job to start: the first whose needs are there. */
function nextJob(waiting: SweepJob[], finished: Set<string>): SweepJob | undefined {
  const ready = (run?: string) => run === undefined || finished.has(run);
  return waiting.find(({ discriminator, from }) => ready(discriminator) && ready(from));
}

/**
 * Trains jobs, several at a time, each after those it starts from. What is trained already is left, what was begun goes
 * on, so a killed call loses no more than the steps since the last checkpoints. `processes` share the cores, one
 * each; a single one has all of them, or the GPU.
 * Throws KitError when a training fails, or a run folder holds another one; the others are stopped then.
 */
export async function runSweep(
  jobs: SweepJob[],
  { prepared, processes = availableParallelism() }: { prepared: string; processes?: number },
): Promise<void> {
  const finished = new Set<string>(), steps = new Map<string, number>();
  for (const job of jobs) if ((await readSweepRecord(job))?.done) finished.add(job.run);
  const waiting = jobs.filter(({ run }) => !finished.has(run)), running = new Map<string, Promise<void>>();
  const stopped = new AbortController();
  const total = jobs.reduce((sum, job) => sum + job.steps, 0);
  const doneSteps = () =>
    jobs.reduce((sum, job) => sum + (finished.has(job.run) ? job.steps : steps.get(job.run) ?? 0), 0);
  if (waiting.length === 0) return;
  using progress = new Progress("trainings", total, { unit: "steps", start: doneSteps() });
  const show = () => {
    const now = [...running.keys()].map((run) => jobs.find((job) => job.run === run)!);
    const names = now.map(({ name, seed }) => `${name} (seed ${seed})`).join(" and ");
    progress.update(
      doneSteps(),
      `${finished.size} of ${jobs.length} trainings done${names && `, now ${names}`}`,
    );
  };
  const start = (job: SweepJob) => {
    waiting.splice(waiting.indexOf(job), 1);
    // A branch's own steps begin where the other run ended.
    const before = job.from === undefined ? 0 : job.config.gan.steps - job.steps;
    const onStep = (step: number) => {
      steps.set(job.run, Math.max(0, step - before));
      show();
    };
    const work = trainJob(job, { prepared, processes, signal: stopped.signal, onStep }).then(() => {
      finished.add(job.run);
      running.delete(job.run);
      show();
    });
    running.set(job.run, work);
  };
  try {
    while (waiting.length > 0 || running.size > 0) {
      for (let job = nextJob(waiting, finished); job && running.size < processes;) {
        start(job);
        job = nextJob(waiting, finished);
      }
      await Promise.race(running.values());
    }
  } finally {
    stopped.abort();
  }
}
