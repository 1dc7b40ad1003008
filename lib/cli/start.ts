// What a task runs: set-up, which is quick when done, and then the command line, whose packages set-up fetches.
import { fail } from "../base/exit.ts";
import { ROOT } from "../base/root.ts";
import { setup } from "../setup/main.ts";

await setup(ROOT, { quiet: true }).catch(fail);
const { runCommand }: typeof import("./main.ts") = await import(new URL("./main.ts", import.meta.url).href);
await runCommand(Deno.args);
