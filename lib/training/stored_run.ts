// A run as it is kept beside the figures: its weights, its log and what was measured of it, without the state that a
// training goes on from, which is twice the size of the rest.
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { copyFile, exists } from "../base/files.ts";
import { readParquet, type Row, writeParquet } from "../base/parquet.ts";
import { type Entry, openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import { FIGURES } from "../base/root.ts";
import { readState, type RunKind } from "./checkpoint.ts";
import { logPath } from "./log.ts";
import type { TrainOptions, TrainResult } from "./open_training.ts";
import { bestPath, isRun, lastPath, readRun, type RunFile, type TrainingEnd, writeRun } from "./run.ts";

/** The experiments whose stored runs come with the kit, for commands that are given no run. */
const SHIPPED: Record<RunKind, string> = { discriminator: "corpus-long", generator: "corpus-small" };

/**
 * The run that comes with the kit: a discriminator or a generator trained on the embedded corpus's drawn faces.
 * Throws KitError when it was taken away.
 */
export async function shippedRun(
  kind: RunKind,
  { stored = join(FIGURES, "stored") }: { stored?: string } = {},
): Promise<string> {
  const run = join(stored, SHIPPED[kind], kind);
  if (await isRun(run)) return run;
  throw new KitError(
    `The ${kind} that comes with the kit is not at ${run}`,
    "Get it back with `git checkout figures/stored`, or give a run of your own with --run",
  );
}

const rowsFolder = (run: string): string => join(run, "rows");

/** What half floats hold. */
const LARGEST_HALF = 65504;

/**
 * Copies a checkpoint in half floats, half the size: each weight moves by less than a two-thousandth of itself. What half
 * floats cannot hold stays as it is. Throws KitError when the checkpoint is absent or damaged.
 */
async function copyHalved(from: string, to: string): Promise<void> {
  using file = await openSafetensors(from);
  const entries: Record<string, Entry> = {};
  for (const [name, { shape }] of Object.entries(file.header.tensors)) {
    const data = await file.readF32(name), fits = data.every((value) => Math.abs(value) <= LARGEST_HALF);
    entries[name] = fits
      ? { dtype: "F16", shape, data: Float16Array.from(data) }
      : { dtype: "F32", shape, data };
  }
  await writeSafetensors(to, entries, file.header.metadata);
}

/** Where rows that were measured of a run lie. */
export const rowsPath = (run: string, name: string): string => join(rowsFolder(run), `${name}.parquet`);

/** Why a training stands at a step: it had no more, pretraining had lost patience, or somebody ended it. */
function endedHow(
  { kind, config: { pretrain, gan } }: RunFile,
  { step, bestStep = 0 }: { step: number; bestStep?: number },
): TrainingEnd["ended"] {
  if (step >= (kind === "discriminator" ? pretrain : gan).steps) return "steps";
  const waited = (step - bestStep) / pretrain.evaluateEvery;
  return kind === "discriminator" && waited >= pretrain.patience ? "patience" : "interrupted";
}

/**
 * Copies of an ended training what its figures are made from into a new folder: configuration, log, measured rows, and
 * the best weights, in half floats, unless only the log is wanted. Throws KitError when `run` was not trained or `to` cannot be written.
 */
export async function storeRun(
  run: string,
  to: string,
  { weights = true }: { weights?: boolean } = {},
): Promise<void> {
  const file = await readRun(run), { step, best, bestStep } = await readState(lastPath(run));
  await copyFile(logPath(run), logPath(to));
  if (weights) await copyHalved(bestPath(run), bestPath(to));
  if (await exists(rowsFolder(run))) {
    for await (const { name } of Deno.readDir(rowsFolder(run))) {
      await copyFile(join(rowsFolder(run), name), join(rowsFolder(to), name));
    }
  }
  const ended: TrainingEnd = { step, best, ended: endedHow(file, { step, bestStep }) };
  // Last, so that a folder with run.json is whole.
  await writeRun(to, { ...file, ended });
}

/** The end of a kept run's training; undefined where there is no run, or one that can go on. */
async function endOf(run: string): Promise<TrainingEnd | undefined> {
  return await isRun(run) ? (await readRun(run)).ended : undefined;
}

/**
 * How the training of a kept run ended, for a training that is asked to go on with it; undefined where there is
 * something to train. Throws KitError when a kept run is asked for more than it holds.
 */
export async function storedEnd(
  { run, resume = false, steps, settings = [] }: TrainOptions,
): Promise<TrainResult | undefined> {
  const ended = resume ? await endOf(run) : undefined;
  if (ended && (steps !== undefined || settings.length > 0)) {
    throw new KitError(
      `${run} is kept without the state that a training goes on from`,
      "Train another run, without --resume",
    );
  }
  // JSON has no number without end, which a training without a held-out score has as its best.
  return ended && { run, ...ended, best: ended.best ?? Infinity };
}

/**
 * Rows that were measured of a run: a kept run has them, of any other they are made now and laid beside it, as
 * `rows/<name>.parquet`. Throws KitError when a kept run lacks them.
 */
export async function measuredRows<R extends object>(
  run: string,
  name: string,
  make: () => R[] | Promise<R[]>,
): Promise<R[]> {
  const path = rowsPath(run, name);
  if (await endOf(run)) return readParquet(path) as R[];
  const rows = await make();
  await writeParquet(path, rows as Row[]);
  return rows;
}
