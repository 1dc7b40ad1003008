import { Option } from "commander";
import type { EvaluateOptions } from "../tasks/evaluate.ts";
import { collect, count, type KitCommand } from "./kit_command.ts";

type EvaluateFlags = Omit<EvaluateOptions, "runs"> & { run: string[] };

/** An option of the judge that is trained when none is given: with another judge it would be passed over in silence. */
function ofOwnJudge(flags: string, description: string, parse?: (text: string) => number): Option {
  const option = new Option(flags, description).conflicts(["judge", "syncnet"]);
  return parse ? option.argParser(parse) : option;
}

/** Adds the command that sets systems side by side. */
export function addEvaluateCommand(program: KitCommand): void {
  program.command("evaluate").description("score systems video by video and say how sure the differences are")
    .preparedArgument("; its test split is dubbed crosswise")
    .requiredOption("--run <dir>", "run folder of a generator (may be repeated: systems and seeds)", collect)
    .requiredOption("--out <folder>", "scores and tables; a folder that is there goes on")
    .option("--list <file>", "pairs in Wav2Lip's format, a line = sound video, in place of the test split's")
    .option("--clips <number>", "so many pairs only, the same at every call", count)
    .addOption(
      new Option("--seed <number>", "another seed pairs the clips otherwise").argParser(count).default(1)
        .conflicts("list"),
    )
    .addOption(
      new Option("--judge <run>", "run folder of a discriminator that judges; one is trained when not given")
        .conflicts("syncnet"),
    )
    .publishedOptions()
    .addOption(
      ofOwnJudge(
        "--judge-data <prepared>",
        "where a judge that is trained learns: speakers no system was trained on",
      ),
    )
    .addOption(
      ofOwnJudge("--preset <name>", "what it is trained like: paper, small or tiny").default("small"),
    )
    .addOption(ofOwnJudge("--judge-steps <number>", "steps of its training in place of the preset's", count))
    .option("--workers <number>", "scoring processes; as many as there are cores and memory for", count)
    .option("--retry-failed", "score again what failed before")
    .answer("the report", async (prepared: string, { run, ...options }: EvaluateFlags) => {
      const { evaluateSystems, evaluationLines } = await import("../tasks/evaluate.ts");
      const report = await evaluateSystems(prepared, { ...options, runs: run });
      const { rows: _, frechet: __, ...json } = report;
      return { json, lines: evaluationLines(report) };
    });
}
