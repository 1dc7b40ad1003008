import { Option } from "commander";
import type { TablesOptions } from "../tables/plan.ts";
import type { EvaluateOptions } from "../tasks/evaluate.ts";
import { collect, count, type KitCommand, seedList } from "./kit_command.ts";

type EvaluateFlags = Omit<EvaluateOptions, "runs"> & { run: string[] };

/** An option of the judge that is trained when none is given: with another judge it would be passed over in silence. */
const ofOwnJudge = (flags: string, description: string): Option =>
  new Option(flags, description).conflicts(["judge", "syncnet"]);

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
      ofOwnJudge("--preset <name>", "what it is trained like: paper, small, long or tiny").default("small"),
    )
    .addOption(
      ofOwnJudge("--judge-steps <number>", "steps of its training in place of the preset's").argParser(count),
    )
    .option("--workers <number>", "scoring processes; as many as there are cores and memory for", count)
    .option("--retry-failed", "score again what failed before")
    .answer("the report", async (prepared: string, { run, ...options }: EvaluateFlags) => {
      const { evaluateSystems, evaluationLines } = await import("../tasks/evaluate.ts");
      const report = await evaluateSystems(prepared, { ...options, runs: run });
      const { rows: _, frechet: __, ...json } = report;
      return { json, lines: evaluationLines(report) };
    });
}

type TablesFlags = Omit<TablesOptions, "systems" | "settings"> & {
  set: string[];
  system?: string[];
  plan?: boolean;
};

/** Adds the command that trains and scores all systems of the paper's tables. */
export function addTablesCommand(program: KitCommand): void {
  program.command("tables").description(
    "train every system of the paper's tables for several seeds, score all by one judge, keep the rows (hours)",
  )
    .dataOption()
    .presetOption()
    .settingsOption("a setting for every system, such as gan.frameSteps=4800")
    .option("--system <name>", "this system only (may be repeated)", collect)
    .option("--seeds <list>", "one training of each system for each of them", seedList, [1, 2, 3])
    .option("--name <name>", "folder under figures/tables; data and preset when not given")
    .option("--credit <text>", "what the data's licence wants said, for captions")
    .option(
      "--judge <run>",
      "run folder of a discriminator that judges; the kept or a new one when not given",
    )
    .option("--judge-data <prepared>", "where a new judge learns: speakers no system was trained on")
    .option("--judge-steps <number>", "steps of its training", count)
    .publishedOptions()
    .option(
      "--clips <number>",
      "score so many pairs of clips only; as many as the stored rows when not given",
      count,
    )
    .option(
      "--add",
      "keep the stored rows and train what they lack, such as another seed; else all is made anew",
    )
    .option("--processes <number>", "trainings side by side; as many as there are cores", count)
    .option("--plan", "only say what is to do and how long it takes")
    .answer(
      "the facts, the aggregates and the verdicts",
      async ({ system, set, plan, ...flags }: TablesFlags) => {
        const options = { ...flags, systems: system, settings: set, say: console.error };
        if (plan) {
          const { planTables } = await import("../tables/plan.ts");
          const { missing, seconds, lines } = await planTables(options);
          return { json: { missing, seconds }, lines };
        }
        const { makeTables } = await import("../tables/make.ts");
        const { tables, systems, verdicts, folder } = await makeTables(options);
        return {
          json: { tables, systems, verdicts },
          lines: [
            ...verdicts.map(({ question, metric, verdict }) => `${question} By ${metric}: ${verdict}`),
            `rows and tables in ${folder}`,
          ],
        };
      },
    );
}
