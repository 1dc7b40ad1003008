// Gives the readers of weights files that were damaged in many ways: `fuzz.ts <files> <seed>`. Every file must be read
// or refused by a KitError, soon and without much memory. Run it without permissions but to read (`deno task fuzz`
// does): had a file something executed, the attempt would end as another error than a KitError.
import process from "node:process";
import { KitError } from "../../lib/base/errors.ts";
import { type Random, random } from "../../lib/base/random.ts";
import { memorySource } from "../../lib/weights/byte_source.ts";
import { elements } from "../../lib/weights/elements.ts";
import { bestMatch } from "../../lib/weights/match.ts";
import { openWeights } from "../../lib/weights/stored_weights.ts";
import { damage, type Seed, splitSeed } from "./damage.ts";

const FILES = [
  ...["checkpoint", "state", "protocol4", "dtypes", "views"].flatMap((name) => [
    `${name}_zip.pt`,
    `${name}_stream.pt`,
  ]),
  ...["big_endian_zip.pt", "zip64_zip.pt", "parts_stream.pt", "state.safetensors"],
  ...["script.pt", "module_zip.pt", "several_zip.pt", "plain.pkl"],
];

/** What so many damaged files did. */
export interface FuzzResult {
  files: number;
  /** Files that could still be read; the others were refused. */
  read: number;
  refused: number;
  /** Reasons that were given, digits and names left out. */
  reasons: number;
  /** Processor time of the slowest file. */
  slowestMs: number;
  /** Growth of the process. */
  grownMB: number;
}

/** A file may not take more processor time than this, at its quickest of some tries: that of a busy machine counts too. */
const LONGEST_MS = 500, TRIES = 5;
/** A file of some kilobytes may not make more numbers than this; tensors are expanded up to 65,536 elements each. */
const MOST_ELEMENTS = 4_000_000;
const MOST_GROWTH_MB = 400;

const readSeeds = (): Promise<Seed[]> =>
  Promise.all(
    FILES.map(async (name) =>
      await splitSeed(name, await Deno.readFile(new URL(`../goldens/pytorch/${name}`, import.meta.url)))
    ),
  );

const NETWORK = {
  name: "net",
  specs: { "conv/kernel": { shape: [2, 3, 6, 4] }, "film/kernel": { shape: [2, 2, 15, 2] } },
  names: {
    "conv/kernel": { name: "conv.weight", order: "conv2d" as const },
    "film/kernel": { name: "film.weight", order: "conv3dAsConv2d" as const },
  },
  ignored: /num_batches_tracked$/,
};

/** Does with a file what an import does, and reads every tensor. */
async function readAll(bytes: Uint8Array): Promise<void> {
  const weights = await openWeights(memorySource("damaged file", bytes));
  bestMatch(weights, [NETWORK]);
  let made = 0;
  for (const { shape, read } of weights.tensors.values()) {
    made += elements(shape);
    if (made > MOST_ELEMENTS) throw new Error(`${made} numbers come out of ${bytes.length} bytes`);
    await read(shape.map((_, k) => shape.length - 1 - k));
  }
}

/** Why a file was refused, without what differs from file to file. */
const reasonOf = ({ what }: KitError): string => what.replace(/".*"|\[.*?\]|-?\d+/g, "#").slice(0, 80);

/** Damages and reads so many files; throws at the first that does anything but be read or refused, saying which. */
export async function fuzz(
  files: number,
  { seed, progress = () => {}, reader = readAll }: {
    seed: number;
    progress?: (done: number) => void;
    reader?: (bytes: Uint8Array) => Promise<void>;
  },
): Promise<FuzzResult> {
  const seeds = await readSeeds();
  const reasons = new Set<string>();
  let read = 0, slowestMs = 0, begun = 0;
  for (let k = 0; k < files; k++) {
    const r: Random = random(Math.imul(seed, 1_000_003) + k);
    const bytes = damage(seeds, r);
    let error: unknown, ms = Infinity;
    for (let tries = 0; tries < TRIES && ms > LONGEST_MS; tries++) {
      const before = process.cpuUsage();
      error = await reader(bytes).then(() => undefined, (error) => error);
      const { user, system } = process.cpuUsage(before);
      ms = Math.min(ms, (user + system) / 1000);
    }
    if (ms > LONGEST_MS) {
      throw new Error(`File ${k} of seed ${seed} takes ${Math.round(ms)} ms of processor time`);
    }
    slowestMs = Math.max(slowestMs, ms);
    if (error === undefined) read++;
    else if (error instanceof KitError) reasons.add(reasonOf(error));
    else {
      throw new Error(`File ${k} of seed ${seed} (${bytes.length} bytes) is not refused but does this`, {
        cause: error,
      });
    }
    const { rss } = Deno.memoryUsage();
    if (k === Math.min(1000, files >> 1)) begun = rss; // the programs are loaded and warm
    if (begun > 0 && rss - begun > MOST_GROWTH_MB * 1e6) {
      throw new Error(`At file ${k} of seed ${seed} the process has grown to ${rss} bytes`);
    }
    if (k % 1000 === 999) progress(k + 1);
  }
  const grownMB = Math.round((Deno.memoryUsage().rss - begun) / 1e6);
  return {
    files,
    read,
    refused: files - read,
    reasons: reasons.size,
    slowestMs: Math.round(slowestMs),
    grownMB,
  };
}

/** Seconds without a thousand more files after which the work hangs. */
const HANGS_AFTER = 1800;

/** Runs the work beside a clock, which sees when it hangs. */
function watch(files: number, seed: number): void {
  const worker = new Worker(import.meta.url, { type: "module" });
  let done = 0;
  const late = () => {
    console.error(`error: it hangs between file ${done} and ${done + 1000} of seed ${seed}.`);
    Deno.exit(1);
  };
  let timer = setTimeout(late, HANGS_AFTER * 1000);
  worker.onmessage = ({ data }) => {
    clearTimeout(timer);
    if ("error" in data) {
      console.error(`error: ${data.error}`);
      Deno.exit(1);
    }
    if ("result" in data) {
      console.log(JSON.stringify(data.result));
      Deno.exit(0);
    }
    done = data.done;
    if (done % 10_000 === 0) console.error(`${done} of ${files} files`);
    timer = setTimeout(late, HANGS_AFTER * 1000);
  };
  worker.postMessage({ files, seed });
}

interface WorkerScope {
  onmessage: (event: MessageEvent) => void;
  postMessage(data: unknown): void;
}

if (import.meta.main && typeof Deno.args[0] === "string" && !("WorkerGlobalScope" in globalThis)) {
  watch(Number(Deno.args[0]), Number(Deno.args[1] ?? 1));
} else if ("WorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data: { files, seed } }) => {
    try {
      const result = await fuzz(files, { seed, progress: (done) => scope.postMessage({ done }) });
      scope.postMessage({ result });
    } catch (error) {
      const { message, cause } = error as Error;
      scope.postMessage({ error: `${message}: ${cause instanceof Error ? cause.stack : cause ?? ""}` });
    }
  };
}
