// Runs all checks and tests: `deno task test [words...]`. Words choose files whose paths contain one of them.
// Each test file has a process of its own, since TensorFlow's library lives as long as its process; as many
// run at once as there are cores. The last line counts test cases; a check counts as one.
import { ROOT } from "../lib/base/root.ts";
import { join, relative } from "node:path";
import { checkNotebooks, listNotebooks } from "../lib/notebooks/cells.ts";

/** Files that take longest: begun first, so that the cores end together. */
const LONG = [
  "notebooks_test.ts",
  "gan_test.ts",
  "prepare_test.ts",
  "pretrain_test.ts",
  "setup/main_test.ts",
];
/** A file hangs when none of its test cases ends for so long; a slow machine may take hours over all of them. */
const HANGS_AFTER_MINUTES = 180;
/** What deno says of a case that goes on is no sign of life. */
const GOES_ON = /has been running for over/;

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Job {
  name: string;
  /** Runs it; `said` is shown when something failed. */
  run(): Promise<{ counts: Counts; said: string }>;
}

/** "N passed, N failed", and ", N skipped" when some were. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Counts the test cases of a JUnit report by deno; steps of a case are listed there too and are not counted. */
export function countCases(report: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const cases = [...report.matchAll(/<testcase name="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)];
  const names = new Set(cases.map(([, name]) => name));
  const isStep = (name: string) =>
    [...name.matchAll(/ &gt; /g)].some(({ index }) => names.has(name.slice(0, index)));
  for (const [, name, body] of cases) {
    if (isStep(name)) continue;
    counts[body.includes("<skipped") ? "skipped" : /<failure|<error/.test(body) ? "failed" : "passed"]++;
  }
  return counts;
}

/** Runs deno to its end, or until it has been silent for too long. */
async function deno(args: string[]): Promise<{ success: boolean; said: string; hung: boolean }> {
  const env = { NO_COLOR: Deno.stdout.isTerminal() ? "" : "1" };
  const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env, ...pipes }).spawn();
  let hung = false;
  const watch = () =>
    setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, HANGS_AFTER_MINUTES * 60_000);
  let timer = watch();
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of stream) {
      const part = decoder.decode(bytes, { stream: true });
      text += part;
      if (GOES_ON.test(part)) continue;
      clearTimeout(timer);
      timer = watch();
    }
    return text;
  };
  const said = (await Promise.all([read(child.stdout), read(child.stderr)])).join("");
  const { success } = await child.status;
  clearTimeout(timer);
  return { success, said, hung };
}

/** The checks of all sources. */
const checks: Job = {
  name: "fmt, lint, types, notebooks' cells",
  run: async () => {
    const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
    let all = "";
    const count = ({ success, said }: { success: boolean; said: string }) => {
      counts[success ? "passed" : "failed"]++;
      if (!success) all += `${said}\n`;
    };
    count(
      await deno([
        "fmt",
        "--check",
        "lib",
        "tests",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs",
        "deno.json",
      ]),
    ); // notebooks: see below
    count(await deno(["lint"]));
    count(await deno(["check", "--quiet", "lib", "tests"]));
    const said = await checkNotebooks(listNotebooks(join(ROOT, "notebooks")));
    count({ success: said === "", said });
    return { counts, said: all };
  },
};

/** A test file in a process of its own. */
function testFile(path: string, scratch: string): Job {
  const name = relative(ROOT, path);
  const run = async () => {
    const report = join(scratch, name.replaceAll("/", "_") + ".xml");
    const args = ["test", "-A", "--no-check", "--quiet", `--junit-path=${report}`, path];
    const { success, said, hung } = await deno(args);
    let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
    try {
      counts = countCases(await Deno.readTextFile(report));
    } catch { /* the process died before it could write a report */ }
    if (success || counts.failed > 0) return { counts, said };
    const reason = hung
      ? `Stopped: no test ended for ${HANGS_AFTER_MINUTES} minutes.`
      : "The process failed outside a test.";
    return { counts: { ...counts, failed: 1 }, said: `${said}\n${reason}` };
  };
  return { name, run };
}

function testFiles(folder: string): string[] {
  const paths = [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? testFiles(join(folder, name)) : name.endsWith("_test.ts") ? [join(folder, name)] : []
  );
  const rank = (path: string) => {
    const place = LONG.findIndex((name) => path.endsWith(`/${name}`));
    return place < 0 ? LONG.length : place;
  };
  return paths.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function chooseJobs(words: string[], scratch: string): Job[] {
  const files = testFiles(join(ROOT, "tests")).map((path) => testFile(path, scratch));
  if (words.length > 0) return files.filter(({ name }) => words.some((word) => name.includes(word)));
  return [checks, ...files];
}

/** Runs jobs on all cores, one line for each as it ends; returns the sum of their counts. */
async function runJobs(jobs: Job[]): Promise<Counts> {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const waiting = [...jobs];
  let ended = 0;
  const worker = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const begun = performance.now();
      const { counts, said } = await job.run();
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      const mark = counts.failed > 0 ? "FAILED" : "ok";
      console.log(
        `${`${++ended}/${jobs.length}`.padEnd(8)}${mark.padEnd(8)}${job.name}  ${
          closingLine(counts)
        }, ${seconds} s`,
      );
      if (counts.failed > 0) console.log(said.trim().replace(/^/gm, "    "));
      for (const key of ["passed", "failed", "skipped"] as const) total[key] += counts[key];
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, worker));
  return total;
}

if (import.meta.main) {
  const scratch = await Deno.makeTempDir({ prefix: "kit-tests-" });
  try {
    const jobs = chooseJobs(Deno.args, scratch);
    if (jobs.length === 0) {
      console.error(`error: no test file's path contains ${Deno.args.join(" or ")}. tests/ mirrors lib/`);
      Deno.exit(2);
    }
    const counts = await runJobs(jobs);
    console.log(closingLine(counts));
    Deno.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
