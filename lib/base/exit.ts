import { KitError } from "./errors.ts";

/** An error as one line, "error: what. remedy"; KIT_DEBUG=1 adds the stack. */
export function errorLine(error: unknown): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const text = message.replace(/\s*\n\s*/g, " ").trim() || "something failed without saying why";
  const advice = error instanceof KitError || Deno.env.get("KIT_DEBUG")
    ? ""
    : " (a fault of the kit: KIT_DEBUG=1 shows where)";
  const line = `error: ${text}${advice}`;
  return Deno.env.get("KIT_DEBUG") ? `${line}\n${stack}` : line;
}

/** Says on standard error why a command failed and ends the process with status 1. */
export function fail(error: unknown): never {
  console.error(errorLine(error));
  Deno.exit(1);
}
