import { KitError } from "../base/errors.ts";
import { INTERRUPTED } from "../base/interruption.ts";
import type { TrainResult } from "../training/open_training.ts";
import { count, type KitCommand, type Outcome } from "./kit_command.ts";

interface TrainingFlags {
  run: string;
  preset: string;
  set: string[];
  steps?: number;
  resume?: boolean;
  compile: boolean;
  check?: boolean;
  system: string;
  discriminator?: string;
}

/** What the flags ask of a training. */
async function optionsOf({ run, preset, system, set, steps, resume, compile, check }: TrainingFlags) {
  const { configureSystem } = await import("../training/systems.ts");
  const config = configureSystem(preset, { system, settings: set });
  return { run, config, settings: set, steps, resume, compiled: compile, check };
}

const ENDED = {
  steps: "all steps done",
  patience: "the held-out loss no longer fell",
  interrupted: "interrupted; --resume goes on from there",
};

/** What is said of a training that has ended; the command's status says whether it was interrupted. */
function outcomeOf(result: TrainResult, name: string): Outcome {
  const { run, step, best, ended } = result;
  if (ended === "interrupted") Deno.exitCode = INTERRUPTED;
  const score = Number.isFinite(best) ? `best held-out ${name} ${best.toFixed(4)}` : "not evaluated yet";
  return { json: result, lines: [`${run}: step ${step}, ${score} (${ENDED[ended]})`] };
}

/** Adds the commands that train, and the one that lists what can be set in a training. */
export function addTrainingCommands(program: KitCommand): void {
  program.command("settings").description(
    "list what --set can change: each setting's value, what it takes, what it means",
  )
    .argument("[words...]", "those only whose names contain one of these, such as gan or learningRate")
    .presetOption()
    .systemOption()
    .answer(
      "the settings",
      async (words: string[], { preset, system }: { preset: string; system: string }) => {
        const { settingLines, settingRows } = await import("../training/settings.ts");
        const { configureSystem } = await import("../training/systems.ts");
        const rows = settingRows(configureSystem(preset, { system })).filter(({ setting }) =>
          words.length === 0 || words.some((word) => setting.toLowerCase().includes(word.toLowerCase()))
        );
        if (rows.length === 0) {
          throw new KitError(
            `No setting's name contains ${words.join(" or ")}`,
            "`deno task settings` lists all",
          );
        }
        return { json: rows, lines: settingLines(rows) };
      },
    );

  const training = (name: string, description: string) =>
    program.command(name).description(description)
      .preparedArgument()
      .requiredOption("--run <dir>", "the run folder: configuration, log, checkpoints")
      .presetOption()
      .systemOption()
      .settingsOption("a setting, such as gan.syncWeight=0.01")
      .option("--steps <number>", "steps in place of the preset's", count)
      .option(
        "--resume",
        "go on with the run in the folder; its configuration stays, but for --set and --steps",
      )
      .option("--no-compile", "run steps operation by operation");

  training("pretrain", "pretrain the sync discriminator")
    .option("--check", "before a new run, take 40 steps on one batch, and refuse the run if it is not learnt")
    .answer("the result", async (prepared: string, flags: TrainingFlags) => {
      const options = await optionsOf(flags), { system } = options.config;
      const { needsDiscriminator } = await import("../training/systems.ts");
      if (!needsDiscriminator(options.config)) {
        throw new KitError(
          `${system} has no discriminator to pretrain`,
          `\`task train --system "${system}"\` trains it`,
        );
      }
      const { pretrain } = await import("../training/pretrain.ts");
      return outcomeOf(await pretrain(prepared, options), "loss");
    });

  training("train", "train a system's generator, against its pretrained discriminator where it has one")
    .option("--discriminator <run>", "run folder of the pretrained sync discriminator, for systems with one")
    .answer("the result", async (prepared: string, flags: TrainingFlags) => {
      const options = { ...await optionsOf(flags), discriminator: flags.discriminator };
      const { train } = await import("../training/gan.ts");
      return outcomeOf(await train(prepared, options), "score");
    });
}
