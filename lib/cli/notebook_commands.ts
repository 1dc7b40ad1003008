import { Option } from "commander";
import type { LabOptions } from "../notebooks/lab.ts";
import type { ReproduceOptions } from "../notebooks/reproduce.ts";
import { collect, count, type KitCommand } from "./kit_command.ts";

type ReproduceFlags = ReproduceOptions & { preset: string; tables?: boolean };

/** Adds the commands that run the notebooks, and that open them. */
export function addNotebookCommands(program: KitCommand): void {
  program.command("reproduce").description("run all notebooks top to bottom and write figures and tables")
    .dataOption()
    .presetOption()
    .option(
      "--write",
      "put the outputs into notebooks/ itself, to be committed; else the run notebooks go to runs/",
    )
    .option("--only <name>", "this notebook only, such as 02 (may be repeated)", collect, [])
    .option("--stored", "train nothing: make figures and tables again from stored weights, logs and rows")
    .addOption(
      new Option(
        "--tables",
        "first train all systems of the tables, for three seeds (hours; says how many)",
      ).conflicts("stored"),
    )
    .answer("the list", async ({ tables, ...options }: ReproduceFlags) => {
      const { reproduce } = await import("../notebooks/reproduce.ts");
      const { configure } = await import("../training/config.ts");
      configure(options.preset);
      if (tables) {
        const { makeTables } = await import("../tables/make.ts");
        await makeTables({ ...options, say: console.error });
      }
      const { written, seconds } = await reproduce(options);
      const { spanInWords } = await import("../base/progress.ts");
      return {
        json: { written, seconds },
        lines: [
          ...written.map(({ path, bytes }) => `${path}  ${Math.ceil(bytes / 1000)} kB`),
          `${written.length} notebooks, figures and tables in ${spanInWords(seconds)}`,
        ],
      };
    });

  program.command("lab").description(
    "open JupyterLab on copies of the notebooks, in lab/, or on the notebooks",
  )
    .dataOption()
    .presetOption()
    .option("--stored", "show what is stored: cells train nothing")
    .option("--edit", "open the notebooks themselves, and let cells write into figures/")
    .option("--port <number>", "the first port to try", count, 8888)
    .option("--no-browser", "print the address only")
    .addHelpText(
      "after",
      "\nIt ends with its kernels on Ctrl-C, or when npx or the terminal is closed. A copy that is there is kept: delete it to get\n" +
        "the kit's own again.",
    )
    .action(async (options: LabOptions) => {
      const { configure } = await import("../training/config.ts");
      configure(options.preset!);
      await (await import("../notebooks/lab.ts")).openLab(options);
    });
}
