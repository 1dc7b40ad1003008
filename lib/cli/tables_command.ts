import { InvalidArgumentError } from "commander";
import type { TablesOptions } from "../tables/plan.ts";
import { collect, count, type KitCommand } from "./kit_command.ts";

type TablesFlags = Omit<TablesOptions, "systems" | "settings"> & {
  set: string[];
  system?: string[];
  plan?: boolean;
};

/** Seeds such as "1,2,3", each once. */
function seedList(text: string): number[] {
  const seeds = text.split(",").map(Number);
  if (
    seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0) && new Set(seeds).size === seeds.length
  ) {
    return seeds;
  }
  throw new InvalidArgumentError("Give different whole numbers, such as 1,2,3.");
}

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
        const options = {
          ...flags,
          systems: system,
          settings: set,
          say: (line: string) => console.error(line),
        };
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
