// Training steps timed, ours and PyTorch's: `deno task bench`.
import { median } from "d3-array";
import { fileURLToPath } from "node:url";
import { hasBfloat16 } from "../native/precision.ts";
import type { Row } from "../base/parquet.ts";
import { kitScript } from "../base/processes.ts";
import { table } from "../figures/table.ts";
import { peakOperations, stepOperations } from "./arithmetic.ts";
import { checkoutProgram } from "./checkout.ts";
import { answerOf, checkCompiler, checkHeaders, pytorch } from "./pytorch.ts";
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
  /** Put PyTorch's torch.compile beside ours as well, which needs a C++ compiler. */
  torchCompile?: boolean;
  /** A checkout of the kit, set up, whose step is put beside ours. */
  before?: string;
  /** How often each measurement is repeated, ours and PyTorch's in turns. */
  rounds?: number;
}

/** What one measurement gives: milliseconds a step, peak MB. */
type Times = Pick<StepTime, "median" | "least" | "cpu" | "peak">;

const MEMORY = "See that nothing else fills the memory, and run it again";

/** A step timed by a program of the kit: this one's, or that of another checkout. */
const ours = (options: StepOptions, program = STEP): Promise<StepTime> =>
  answerOf(kitScript(program, JSON.stringify(options)), {
    what: `Timing the ${options.network}`,
    remedy: MEMORY,
  });

/** Where checkouts keep the program that times a step; the second in the kit's first versions. */
const STEP_PROGRAM = { places: ["lib/bench/step.ts", "lib/bench_step.ts"], does: "times a step" };

/** PyTorch's step of the same work, eager or by torch.compile. */
function theirs(
  python: string,
  options: Omit<StepOptions, "compiled">,
  { compiled }: { compiled: boolean },
): Promise<Times> {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return answerOf([python, PYTORCH, ...flags, ...(compiled ? ["--compile"] : [])], {
    what: "Timing PyTorch",
    remedy: MEMORY,
  });
}

/** The measurements whose time the others' is set against, and the heads of those columns. */
const PEERS = {
  "before": "over before's",
  "PyTorch, eager": "over PyTorch's",
  "torch.compile": "over torch.compile's",
};

/**
 * Times one training step of both networks at each width, eager, compiled and, where the processor has it, compiled with
 * convolutions in bfloat16, each in a process of its own.
 * Returns a row a measurement: milliseconds (median over rounds of the median step, and the least of all), CPU time, the
 * share of the machine's peak arithmetic that the least comes to, peak memory, and the ratio to each peer's step of the
 * same work in the same run where it was asked for.
 * Throws KitError when a measurement fails.
 */
export async function bench(options: BenchOptions = {}): Promise<Row[]> {
  const { networks = ["discriminator", "generator"], widths = [0.25, 1], steps = 10 } = options;
  const { compare = false, torchCompile = false, before } = options;
  const rounds = options.rounds ?? (compare || torchCompile || before ? 3 : 1);
  const earlier = before === undefined ? undefined : checkoutProgram(before, STEP_PROGRAM);
  if (torchCompile) await checkCompiler(); // before PyTorch is fetched
  const python = compare || torchCompile ? await pytorch() : undefined;
  if (python && torchCompile) await checkHeaders(python);
  const peak = peakOperations(), rows: Row[] = [];
  for (const network of networks) {
    for (const width of widths) {
      const batch = BATCH[network], work = { network, width, batch, steps, warmup: WARMUP };
      const variants: Record<string, () => Promise<Times>> = {
        "eager": () => ours({ ...work, compiled: false }),
        "compiled": () => ours({ ...work, compiled: true }),
        ...(hasBfloat16()
          ? { "compiled, bfloat16": () => ours({ ...work, compiled: true, precision: "bfloat16" }) }
          : {}),
        ...(earlier ? { "before": () => ours({ ...work, compiled: true }, earlier) } : {}),
        ...(python && compare ? { "PyTorch, eager": () => theirs(python, work, { compiled: false }) } : {}),
        ...(python && torchCompile
          ? { "torch.compile": () => theirs(python, work, { compiled: true }) }
          : {}),
      };
      const times: Record<string, Times[]> = {};
      for (let round = 0; round < rounds; round++) {
        for (const [name, run] of Object.entries(variants)) {
          console.error(`${network} at width ${width}, ${name}, round ${round + 1} of ${rounds}`);
          (times[name] ??= []).push(await run());
        }
      }
      const operations = stepOperations(network, width, batch);
      for (const [name, all] of Object.entries(times)) {
        const ms = median(all, (t) => t.median)!, least = Math.min(...all.map((t) => t.least));
        const ratios = Object.entries(PEERS).filter(([peer]) => times[peer])
          .map(([peer, head]) => [head, ms / median(times[peer], (t) => t.median)!]);
        rows.push({
          network,
          width,
          batch,
          step: name,
          "ms a step": ms,
          "least ms": least,
          "CPU ms": median(all, (t) => t.cpu ?? NaN) ?? NaN, // an earlier checkout may not count it
          "share of peak": 1000 * operations / least / peak,
          "peak MB": Math.round(Math.max(...all.map((t) => t.peak))),
          ...Object.fromEntries(ratios),
        });
      }
    }
  }
  return rows;
}

/** The rows as lines for a person. */
export const benchLines = (rows: Row[]): string[] => table(rows).markdown.trim().split("\n");
