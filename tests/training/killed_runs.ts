import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kitScript, linesOf, startProgram } from "../../lib/base/processes.ts";
import { type Config, tiny } from "../../lib/training/config.ts";
import { readLog } from "../../lib/training/log.ts";
import { bestPath, lastPath } from "../../lib/training/run.ts";
import { FEW_CLIPS, makePrepared } from "../prepared.ts";
import type { MortalTraining } from "./mortal_training.ts";
import { makeTinyRun } from "./tiny_run.ts";

const PROGRAM = fileURLToPath(new URL("./mortal_training.ts", import.meta.url));

/** Thin networks, several evaluations, both phases of the generator's training. */
export const MORTAL: Config = {
  ...tiny,
  pretrain: { ...tiny.pretrain, steps: 8, evaluateEvery: 3 },
  gan: { ...tiny.gan, steps: 6, frameSteps: 2, evaluateEvery: 3 },
};

/** Data of a few clips in a folder, what a kind of training needs beside it, and trainings of them by their runs' names. */
export async function openMortal(kind: MortalTraining["kind"], folder: string, config = MORTAL) {
  const data = await makePrepared(join(folder, "data"), FEW_CLIPS);
  const discriminator = kind === "train" ? await makeTinyRun(folder) : undefined;
  return (name: string): MortalTraining => ({ kind, data, run: join(folder, name), config, discriminator });
}

/** A training's process: the events it told, and how it ended. */
export interface Life {
  events: string[];
  code: number;
  signal: Deno.Signal | null;
}

/** Lives through a training, or what is left of it; `hear` is told its events, and may end the process. */
export async function live(
  training: MortalTraining,
  hear: (event: string, process: Deno.ChildProcess) => void = () => {},
): Promise<Life> {
  const process = startProgram(kitScript(PROGRAM, JSON.stringify(training)), { stderr: "null" });
  const events: string[] = [];
  for await (const event of linesOf(process.stdout)) {
    events.push(event);
    hear(event, process);
  }
  const { code, signal } = await process.status;
  return { events, code, signal };
}

const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, k) => byte === b[k]);

/** What differs between two runs, bit for bit but for times: rows of the log, checkpoints with weights, optimizer and random state. */
export async function differences(run: string, other: string): Promise<string[]> {
  const [rows, others] = [await readLog(run), await readLog(other)];
  const found = rows.length === others.length ? [] : [`${rows.length} rows of the log, not ${others.length}`];
  for (const [k, row] of rows.entries()) {
    for (const [name, value] of Object.entries(row)) {
      if (name.startsWith("time/")) continue;
      const its = others[k]?.[name];
      if (!Object.is(value, its)) found.push(`step ${row.step}: ${name} is ${value}, not ${its}`);
    }
  }
  for (const path of [lastPath, bestPath]) {
    const [bytes, its] = [await Deno.readFile(path(run)), await Deno.readFile(path(other))];
    if (!sameBytes(bytes, its)) found.push(path(""));
  }
  for await (const { name } of Deno.readDir(run)) {
    if (name.endsWith(".part")) found.push(`${join(run, name)} is left over`);
  }
  return found;
}
