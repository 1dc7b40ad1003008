// What a person runs. Each command is `deno task <name>`; the rooms it needs are loaded when it is called, so
// that --help is quick. Exit status: 0 done, 1 failed (one line says why and what to do), 2 wrong usage.
import { CommanderError } from "commander";
import { fileURLToPath } from "node:url";
import { fail } from "../base/exit.ts";
import { kitScript, runHere } from "../base/processes.ts";
import { ROOT } from "../base/root.ts";
import { addBenchCommand } from "./bench_command.ts";
import { addDataCommands } from "./data_commands.ts";
import { KitCommand } from "./kit_command.ts";
import { addNotebookCommands } from "./notebook_commands.ts";
import { addEvaluateCommand, addTablesCommand } from "./scoring_commands.ts";
import { addStudyCommand } from "./study_command.ts";
import { addTrainingCommands } from "./training_commands.ts";
import { addVideoCommands } from "./video_commands.ts";
import { addWeightsCommands } from "./weights_commands.ts";

const TESTS = fileURLToPath(new URL("../../tests/run.ts", import.meta.url));
const KILLS = fileURLToPath(new URL("../../tests/training/many_kills.ts", import.meta.url));

const program = new KitCommand("deno task")
  .description("Lip-sync training and measuring after Hong and Zhang (2023).")
  .exitOverride()
  .helpCommand(false)
  .configureOutput({
    outputError: (text, write) => write(text.trim().replace(/\s*\n\s*/g, " ") + "\n"),
  });

program.command("setup")
  .description("fetch packages, TensorFlow, the Python side and the kernel; quick when done")
  .action(async () => await (await import("../setup/main.ts")).setup(ROOT));

addNotebookCommands(program);

program.command("test").description(
  "run all checks and tests, or the tests whose files' paths contain a word",
)
  .argument(
    "[words...]",
    "such as losses, or notebooks/ for a folder of tests/; a minute or less for most files",
  )
  .addHelpText(
    "after",
    "\nAll of them take a quarter of an hour on two cores: format, lint, types and the notebooks' cells, then every test file in\n" +
      "a process of its own, as many at once as there are cores. A line for each as it ends, what failed below it; the last\n" +
      "line counts. None depends on how fast the machine is. Status 1 when one has failed.",
  )
  .action(async (words: string[]) => {
    Deno.exitCode = await runHere(kitScript(TESTS, ...words));
  });

program.command("kills").description(
  "kill trainings at 50 random moments and see that none loses a bit (10 minutes)",
)
  .action(async () => {
    Deno.exitCode = await runHere(kitScript(KILLS));
  });

addDataCommands(program);
addWeightsCommands(program);
addTrainingCommands(program);
addVideoCommands(program);
addEvaluateCommand(program);
addTablesCommand(program);
addStudyCommand(program);
addBenchCommand(program);

/** Runs a command; ends the process where it fails, or where commander refuses it or has shown its help. */
export async function runCommand(args: string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) Deno.exit(error.exitCode === 0 ? 0 : 2);
    fail(error);
  }
}

if (import.meta.main) await runCommand(Deno.args);
