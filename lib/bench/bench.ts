// Training steps timed, ours and PyTorch's: `deno task bench`.
import { median } from "d3-array";
import { fileURLToPath } from "node:url";
import type { Row } from "../base/parquet.ts";
import { kitScript } from "../base/processes.ts";
import { table } from "../figures/table.ts";
import { answerOf, pytorch } from "./pytorch.ts";
import type { Network, StepOptions, StepTime } from "./step.ts";

const STEP = fileURLToPath(new URL("./step.ts", import.meta.url));
const PYTORCH = fileURLToPath(new URL("./bench_pytorch.py", import.meta.url));

/** Windows of the discriminator and frames of the generator in a step, as the preset `small` trains. */
const BATCH: Record<Network, number> = { discriminator: 16, generator: 10 };
const WARMUP = 2;

export interface BenchOptions {
  networks?: Network[];
  widths?: number[];
  /** Timed steps of each measurement. */
  steps?: number;
  /** Put PyTorch, eager, beside ours. */
  compare?: boolean;
  /** How often each measurement is repeated, ours and PyTorch's in turns. */
  rounds?: number;
}

/** What one measurement gives: milliseconds a step, peak MB. */
type Times = Pick<StepTime, "median" | "least" | "peak">;

const MEMORY = "See that nothing else fills the memory, and run it again";

const ours = (options: StepOptions): Promise<StepTime> =>
  answerOf(kitScript(STEP, JSON.stringify(options)), {
    what: `Timing the ${options.network}`,
    remedy: MEMORY,
  });

/** PyTorch's step of the same work. */
function theirs(python: string, options: Omit<StepOptions, "compiled">): Promise<Times> {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return answerOf([python, PYTORCH, ...flags], { what: "Timing PyTorch", remedy: MEMORY });
}

/**
 * Times one training step of both networks at each width, eager and compiled, each in a process of its own.
 * Returns a row a measurement: milliseconds (median over rounds of the median step, and the least of all), peak memory, and the ratio to
 * PyTorch's step of the same work in the same run where it was asked for.
 * Throws KitError when a measurement fails.
 */
export async function bench(options: BenchOptions = {}): Promise<Row[]> {
  const { networks = ["discriminator", "generator"], widths = [0.25, 1], steps = 10, compare = false } =
    options;
  const rounds = options.rounds ?? (compare ? 3 : 1);
  const python = compare ? await pytorch() : undefined;
  const rows: Row[] = [];
  for (const network of networks) {
    for (const width of widths) {
      const batch = BATCH[network], work = { network, width, batch, steps, warmup: WARMUP };
      const variants: Record<string, () => Promise<Times>> = {
        "eager": () => ours({ ...work, compiled: false }),
        "compiled": () => ours({ ...work, compiled: true }),
        ...(python ? { "PyTorch, eager": () => theirs(python, work) } : {}),
      };
      const times: Record<string, Times[]> = {};
      for (let round = 0; round < rounds; round++) {
        for (const [name, run] of Object.entries(variants)) {
          console.error(`${network} at width ${width}, ${name}, round ${round + 1} of ${rounds}`);
          (times[name] ??= []).push(await run());
        }
      }
      const peer = times["PyTorch, eager"] && median(times["PyTorch, eager"], (t) => t.median)!;
      for (const [name, all] of Object.entries(times)) {
        const ms = median(all, (t) => t.median)!;
        rows.push({
          network,
          width,
          batch,
          step: name,
          "ms a step": ms,
          "least ms": Math.min(...all.map((t) => t.least)),
          "peak MB": Math.round(Math.max(...all.map((t) => t.peak))),
          ...(peer ? { "over PyTorch's": ms / peer } : {}),
        });
      }
    }
  }
  return rows;
}

/** The rows as lines for a person. */
export const benchLines = (rows: Row[]): string[] => table(rows).markdown.trim().split("\n");
