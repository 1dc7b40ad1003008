// How long pretraining takes until it tells sync from off sync: `deno task bench --learning <prepared>`.
import { max, median } from "d3-array";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { temporaryFolder } from "../base/files.ts";
import type { Row } from "../base/parquet.ts";
import { kitScript, startProgram, stopWith } from "../base/processes.ts";
import { logPath, type LogRow, readLog } from "../training/log.ts";
import { checkoutProgram } from "./checkout.ts";
import { processorSeconds } from "./processor_time.ts";

const CLI = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
/** Where checkouts keep the program behind `deno task`; the second in the kit's first versions. */
const COMMAND_LINE = { places: ["lib/cli/main.ts", "lib/cli.ts"], does: "runs commands" };

const PRESET = "small";
/** Evaluations often enough to see when the AUC is reached, none of which ends the training: every checkout knows these. */
const OFTEN = ["pretrain.evaluateEvery=50", "pretrain.patience=1000"];

/** Milliseconds between two looks at what a training has written. */
const LOOK_EVERY = 100;
/** Milliseconds in which a training that was asked to end may write its checkpoint. */
const GRACE = 20_000;

export interface LearningOptions {
  /** The held-out AUC to come to. */
  auc?: number;
  /** Settings such as `pretrain.clips=4`, which both builds must know. */
  settings?: string[];
  /** A checkout of the kit, set up, whose pretraining is put beside ours. */
  before?: string;
  /** How often each build trains, in turns. */
  rounds?: number;
}

/** How one training came to the goal, or how far it came. */
interface Learning {
  /** Whether it came to the goal. */
  reached: boolean;
  /** Steps until then, or all that it took. */
  steps: number;
  /** From the start of the process until the log said so, evaluations included. */
  seconds: number;
  /** Of all cores; NaN where the system does not say. */
  cpu: number;
  /** The held-out AUC that reached the goal, or the highest. */
  auc: number;
}

const aucOf = (row: LogRow): number => row["val/auc"] ?? NaN;

/** The first evaluation in a log that came to the goal. */
const reaching = (rows: LogRow[], goal: number): LogRow | undefined => rows.find((row) => aucOf(row) >= goal);

/** When a file was last written, milliseconds; 0 when there is none. */
const written = (path: string): Promise<number> =>
  Deno.stat(path).then(({ mtime }) => mtime!.getTime(), () => 0);

/** Ends a process: asks first, and kills it when it goes on. */
async function endProcess(child: Deno.ChildProcess): Promise<void> {
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch { /* it has ended */ }
  };
  kill("SIGINT");
  const late = setTimeout(() => kill("SIGKILL"), GRACE);
  await child.status;
  clearTimeout(late);
}

/**
 * Pretrains by a checkout's command line in a folder that is gone afterwards, until its log has the held-out AUC.
 * Throws KitError when the training fails.
 */
async function learn(program: string, prepared: string, { goal, settings }: {
  goal: number;
  settings: string[];
}): Promise<Learning> {
  await using scratch = await temporaryFolder();
  const run = join(scratch.path, "run"), flags = [...OFTEN, ...settings].flatMap((one) => ["--set", one]);
  const command = kitScript(program, "pretrain", prepared, "--run", run, "--preset", PRESET, ...flags);
  const begun = performance.now();
  const child = startProgram(command, { stdout: "null", stderr: "inherit" }), release = stopWith(child);
  let ended: Deno.CommandStatus | undefined, rows: LogRow[] = [], seen = 0, cpu = NaN;
  child.status.then((status) => ended = status);
  const look = async () => {
    const time = await written(logPath(run));
    if (time > seen) [rows, seen] = [await readLog(run), time];
    return reaching(rows, goal);
  };
  try {
    for (;;) {
      const over = ended; // asked before the log is read, so that its last rows are seen
      const found = await look(), seconds = (performance.now() - begun) / 1000;
      if (!over) cpu = processorSeconds(child.pid);
      if (found) return { reached: true, steps: found.step, seconds, cpu, auc: aucOf(found) };
      if (over && !over.success) {
        throw new KitError("Pretraining failed", "What it said stands above");
      }
      if (over) {
        return { reached: false, steps: rows.at(-1)?.step ?? 0, seconds, cpu, auc: max(rows, aucOf) ?? NaN };
      }
      await new Promise((go) => setTimeout(go, LOOK_EVERY));
    }
  } finally {
    release();
    await endProcess(child);
  }
}

/** The median of a measure over the rounds; NaN when the goal was missed in one. */
const medianOf = (all: Learning[], measure: (one: Learning) => number): number =>
  all.every(({ reached }) => reached) ? median(all, measure) ?? NaN : NaN;

/**
 * Pretrains with preset `small` until the AUC of held-out pairs is reached, each time in a process of its own by the
 * command that a person gives, which is ended then. Evaluates every 50 steps, which counts as time.
 * Returns a row a build: steps, seconds and CPU seconds to the goal (medians over the rounds; NaN when it was missed),
 * the AUC that reached it or the highest, how many steps were taken, and the ratios to before's times.
 * Throws KitError when a training fails.
 */
export async function benchLearning(prepared: string, options: LearningOptions = {}): Promise<Row[]> {
  const { auc: goal = 0.8, settings = [], before, rounds = 1 } = options;
  const programs: Record<string, string> = {
    "this": CLI,
    ...(before === undefined ? {} : { "before": resolve(checkoutProgram(before, COMMAND_LINE)) }),
  };
  const learnings: Record<string, Learning[]> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      console.error(`${name} build to AUC ${goal}, round ${round} of ${rounds}`);
      (learnings[name] ??= []).push(await learn(program, resolve(prepared), { goal, settings }));
    }
  }
  const rows = Object.entries(learnings).map(([build, all]) => ({
    build,
    "goal AUC": goal,
    steps: medianOf(all, ({ steps }) => steps),
    seconds: medianOf(all, ({ seconds }) => seconds),
    "CPU seconds": medianOf(all, ({ cpu }) => cpu),
    AUC: median(all, ({ auc }) => auc) ?? NaN,
    "steps taken": median(all, ({ steps }) => steps)!,
  }));
  const peer = rows.find(({ build }) => build === "before");
  if (!peer) return rows;
  return rows.map((row) => ({
    ...row,
    "seconds over before's": row.seconds / peer.seconds,
    "CPU over before's": row["CPU seconds"] / peer["CPU seconds"],
  }));
}
