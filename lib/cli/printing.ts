import { InvalidArgumentError } from "commander";

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

/** Gathers an option that may be repeated. */
export const collect = (text: string, all: string[] = []): string[] => [...all, text];

/**
 * Turns a function that returns an outcome into a commander action: --json sends the object, and nothing else,
 * to standard output.
 */
export function printing<Args extends unknown[]>(work: (...args: Args) => Promise<Outcome>) {
  return async (...args: Args) => {
    // commander calls actions with the arguments, then the options, then the command.
    const { json } = args.at(-2) as { json?: boolean };
    const print = console.log;
    if (json) console.log = console.error;
    const outcome = await work(...args);
    if (json) print(JSON.stringify(outcome.json));
    else outcome.lines.forEach((line) => print(line));
  };
}
