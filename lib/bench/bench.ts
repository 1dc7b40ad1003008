// Training steps timed, ours and PyTorch's: `deno task bench`.
import { ROOT } from "../base/root.ts";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Network, StepOptions, StepTime } from "./step.ts";
import { KitError } from "../base/errors.ts";
import { table } from "../figures/table.ts";
import { makeFolder } from "../base/files.ts";
import type { Row } from "../base/parquet.ts";
import { uvRunner } from "../setup/python.ts";

const STEP = fileURLToPath(new URL("./step.ts", import.meta.url));
const PYTORCH = fileURLToPath(new URL("./bench_pytorch.py", import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL("./bench_pytorch.txt", import.meta.url));

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

/** A program's JSON on standard output; throws KitError with the end of what it said when it fails. */
async function measured(command: string, args: string[], what: string): Promise<Record<string, number>> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd: ROOT, stdin: "null" })
    .output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new KitError(
    `Timing ${what} failed (${said})`,
    "See that nothing else fills the memory, and run it again",
  );
}

const ours = async (options: StepOptions): Promise<StepTime> =>
  await measured(
    Deno.execPath(),
    ["run", "-A", "--quiet", "--no-check", STEP, JSON.stringify(options)],
    `the ${options.network}`,
  ) as unknown as StepTime;

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

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

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
      const batch = BATCH[network];
      const variants: Record<string, () => Promise<Times>> = {
        "eager": () => ours({ network, width, batch, steps, warmup: WARMUP, compiled: false }),
        "compiled": () => ours({ network, width, batch, steps, warmup: WARMUP, compiled: true }),
      };
      if (python) {
        const flags = Object.entries({ network, width, batch, steps, warmup: WARMUP })
          .flatMap(([name, value]) => [`--${name}`, `${value}`]);
        variants["PyTorch, eager"] = async () => {
          const made = await measured(python, [PYTORCH, ...flags], "PyTorch");
          return { median: made.ms_per_step_median, least: made.ms_per_step_min, peak: made.peak_rss_mb };
        };
      }
      const times: Record<string, Times[]> = {};
      for (let round = 0; round < rounds; round++) {
        for (const [name, run] of Object.entries(variants)) {
          console.error(`${network} at width ${width}, ${name}, round ${round + 1} of ${rounds}`);
          (times[name] ??= []).push(await run());
        }
      }
      const peer = times["PyTorch, eager"] && median(times["PyTorch, eager"].map((t) => t.median));
      for (const [name, all] of Object.entries(times)) {
        const ms = median(all.map((t) => t.median));
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
