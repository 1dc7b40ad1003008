// The programs by which a person started this one: npx, its shell, `deno task`. One that is killed says nothing to those
// below it.
import { readFile } from "node:fs/promises";
import { runProgram } from "./processes.ts";

/** A process: its parent's id and its command line. */
interface Running {
  parent: number;
  command: string;
}

/** What the system says of a process; undefined where it says nothing. */
async function processOf(id: number): Promise<Running | undefined> {
  try {
    if (Deno.build.os === "linux") {
      const [stat, command] = await Promise.all(
        ["stat", "cmdline"].map((name) => readFile(`/proc/${id}/${name}`, "utf8")),
      );
      // "id (name) state parent ...", where the name may hold anything.
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return { parent, command: command.replaceAll("\0", " ").trim() };
    }
    const { success, stdout } = await runProgram(["ps", "-o", "ppid=,args=", "-p", `${id}`]);
    const [, parent, command] = success ? /^\s*(\d+)\s+(.*)/.exec(stdout) ?? [] : [];
    return parent === undefined ? undefined : { parent: Number(parent), command };
  } catch {
    return;
  }
}

/** A launcher, or the shell that runs its command; a person's own shell is neither. */
const LAUNCHER =
  /^(\S*\/)?(deno|npm|npx|pnpm|yarn|bunx?)\b|\bdeno(@\S+)?['"]? (task|run)\b|\b(npx|npm-cli)(\.js)?\b/;

/** Ids of the programs by which this one was started, from its parent upwards. */
export async function launchers(): Promise<number[]> {
  const found: number[] = [];
  for (let id = Deno.ppid; id > 1;) {
    const running = await processOf(id);
    if (!running || !LAUNCHER.test(running.command)) break;
    found.push(id);
    id = running.parent;
  }
  return found;
}

const EVERY = 1000;

/** Calls `ended` once, when one of these processes has ended; the answer stops the watching. */
export function whenOneEnds(ids: number[], ended: () => void): Disposable {
  let watching = true, timer: ReturnType<typeof setTimeout>;
  const look = async () => {
    const there = await Promise.all(ids.map(processOf));
    if (!watching) return;
    // One that has ended and is not yet asked for its status is there without a command.
    if (there.every((running) => running?.command)) timer = setTimeout(look, EVERY);
    else ended();
  };
  timer = setTimeout(look, EVERY);
  return {
    [Symbol.dispose]: () => {
      watching = false;
      clearTimeout(timer);
    },
  };
}
