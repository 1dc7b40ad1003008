import { fileURLToPath } from "node:url";

/** The program that `deno task` runs. */
export const CLI = fileURLToPath(new URL("../lib/cli/main.ts", import.meta.url));

/** Runs a command of the kit to its end, in a process of its own as a user does. */
export async function kit(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
