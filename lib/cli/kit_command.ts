import { Command, InvalidArgumentError, Option } from "commander";

/** What a command has to say when it is done: lines for a person, and the object that --json prints. */
export interface Outcome {
  lines: string[];
  json: unknown;
}

/** A whole number from 1 on. */
export function count(text: string): number {
  if (/^[1-9][0-9]*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number from 1 on.");
}

/** A number above 0. */
export function aboveZero(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new InvalidArgumentError("Give a number above 0.");
}

/** A number above 0, 1 at most. */
export function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Give a number above 0, 1 at most.");
}

/** Gathers an option that may be repeated. */
export const collect = (text: string, all: string[] = []): string[] => [...all, text];

/** Seeds such as "1,2,3", each once. */
export function seedList(text: string): number[] {
  const seeds = text.split(",").map(Number);
  if (
    seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0) && new Set(seeds).size === seeds.length
  ) {
    return seeds;
  }
  throw new InvalidArgumentError("Give different whole numbers, such as 1,2,3.");
}

/** A command, with what several of the kit's share. */
export class KitCommand extends Command {
  override createCommand(name?: string): KitCommand {
    return new KitCommand(name);
  }

  /** Takes a folder of clips as an argument. */
  preparedArgument(used = ""): this {
    return this.argument("<prepared>", `a folder made by \`deno task prepare\`${used}`);
  }

  presetOption(): this {
    return this.option("--preset <name>", "paper, small, long or tiny", "small");
  }

  systemOption(): this {
    const description = 'a system of the paper\'s tables, such as "w/o LSTM" or "LipGAN"';
    return this.option("--system <name>", description, "Ours");
  }

  /** What a command works on where it is not the embedded corpus. */
  dataOption(): this {
    return this.option("--data <prepared>", "a prepared folder, in place of the embedded corpus");
  }

  settingsOption(description: string, { list = "`deno task settings` lists all" } = {}): this {
    const option = new Option("--set <key=value>", `${description} (may be repeated); ${list}`);
    return this.addOption(option.argParser(collect).default([], "none"));
  }

  /** The published networks that may judge and compare, as imported, and what the official SyncNet sees. */
  publishedOptions(): this {
    return this
      .option("--syncnet <safetensors>", "the official SyncNet, as `deno task import` writes it, judges")
      .addOption(
        new Option(
          "--protocol <name>",
          "what SyncNet sees: whole frames (LRS, the default) or tracked faces (real videos)",
        ).choices(["LRS", "real videos"]).conflicts("judge"),
      )
      .option("--inception <safetensors>", "FID's Inception, as `deno task import` writes it")
      .hook("preAction", () => {
        const { protocol, syncnet } = this.opts();
        if (protocol !== undefined && syncnet === undefined) {
          this.error("error: --protocol needs --syncnet <safetensors>");
        }
      });
  }

  /**
   * Has the command print the outcome of `work`, which gets its arguments, then its options: --json sends the object,
   * and nothing else, to standard output.
   */
  answer<Args extends unknown[]>(what: string, work: (...args: Args) => Promise<Outcome>): this {
    return this.option("--json", `print ${what} as JSON`).action(async (...args) => {
      // commander calls actions with the arguments, then the options, then the command.
      const { json } = args.at(-2) as { json?: boolean };
      const print = console.log;
      if (json) console.log = console.error;
      const outcome = await work(...args as Args);
      if (json) print(JSON.stringify(outcome.json));
      else outcome.lines.forEach((line) => print(line));
    });
  }
}
