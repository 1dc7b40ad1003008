import type { StudyOptions } from "../tables/study.ts";
import { count, type KitCommand, seedList } from "./kit_command.ts";

type StudyFlags = Omit<StudyOptions, "settings"> & { set: string[] };

const SEEDS = [1, 2, 3, 4, 5];

/** Adds the command that puts a question to pretraining alone. */
export function addStudyCommand(program: KitCommand): void {
  program.command("study").description(
    "pretrain discriminators in a few ways, several seeds of each, and say what made a difference (hours)",
  )
    .argument("<question>", "sampling: which pairs; discriminators: do the LSTM and CBAM help")
    .dataOption()
    .presetOption()
    .settingsOption("a setting for every way, such as pretrain.steps=500")
    .option(
      "--seeds <list>",
      "one training of each way for each of them; those with rows stay",
      seedList,
      SEEDS,
    )
    .option("--processes <number>", "trainings side by side; as many as there are cores", count)
    .option("--out <folder>", "where the rows go; under figures/studies when not given")
    .answer("facts, curves and ends", async (question: string, { set, ...options }: StudyFlags) => {
      const { makeStudy } = await import("../tables/study.ts");
      const { studyLines } = await import("../tables/study_summary.ts");
      const made = await makeStudy(question, { ...options, settings: set, say: console.error });
      return { json: made, lines: [...studyLines(made), `rows in ${made.folder}`] };
    });
}
