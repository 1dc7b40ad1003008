import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, writeJson } from "../base/files.ts";
import { describeGenerator } from "../models/generator_kinds.ts";
import { describeSyncDiscriminator } from "../models/sync_discriminator.ts";
import type { Params, Specs } from "../nn/params.ts";
import { checkParams, type Checkpoint, loadCheckpoint, type RunKind } from "./checkpoint.ts";
import { type Config, withSettings } from "./config.ts";
import { needsDiscriminator } from "./systems.ts";

/** Version of the run folder's layout: run.json, log.parquet, tensorboard/, last.safetensors, best.safetensors. */
export const RUN_VERSION = 2;

/** How a training ended. */
export interface TrainingEnd {
  step: number;
  /** Its best held-out score; Infinity before the first evaluation. */
  best: number;
  /** Why it ended. */
  ended: "steps" | "patience" | "interrupted";
}

/** What a run folder says of itself. */
export interface RunFile {
  version: number;
  kind: RunKind;
  config: Config;
  /** Name of the prepared folder and how many clips of it were trained on. */
  data: { name: string; clips: number };
  /** Of a run that is kept to be used, not to be gone on with: how its training ended. */
  ended?: TrainingEnd;
}

const runPath = (run: string): string => join(run, "run.json");
export const lastPath = (run: string): string => join(run, "last.safetensors");
export const bestPath = (run: string): string => join(run, "best.safetensors");

/** Whether a run was begun in this folder. */
export const isRun = (folder: string): Promise<boolean> => exists(runPath(folder));

/** Writes run.json, whole or not at all; throws KitError when the folder is not writable. */
export const writeRun = (run: string, file: RunFile): Promise<void> => writeJson(runPath(run), file);

/** Reads run.json; throws KitError when the folder is no run of this kind and version. */
export async function readRun(run: string, kind?: RunKind): Promise<RunFile> {
  const path = runPath(run);
  if (!await isRun(run)) {
    throw new KitError(
      `${run} is not a run folder`,
      "Train one with `deno task pretrain` or `deno task train`",
    );
  }
  let file: RunFile;
  try {
    file = JSON.parse(await Deno.readTextFile(path));
  } catch {
    throw new KitError(`${path} cannot be read`, "Train the run again");
  }
  if (file.version !== RUN_VERSION) {
    throw new KitError(
      `${run} is a run of layout version ${file.version}, this kit reads ${RUN_VERSION}`,
      "Train the run again",
    );
  }
  if (kind && file.kind !== kind) {
    throw new KitError(
      `${run} holds a ${file.kind}, not a ${kind}`,
      `Give a folder made by \`deno task ${kind === "generator" ? "train" : "pretrain"}\``,
    );
  }
  return file;
}

/**
 * Starts a run folder, or opens it to go on: then with the run's own configuration, changed by
 * `steps` and `settings` from there on. Returns the last checkpoint when there is one to go on from.
 * Throws KitError when a run is there already and `resume` was not asked for.
 */
export async function openRun(
  run: string,
  file: Omit<RunFile, "version">,
  { resume, steps, settings = [] }: { resume: boolean; steps?: number; settings?: string[] },
): Promise<{ config: Config; checkpoint?: Checkpoint }> {
  const begun = await isRun(run) ? await readRun(run, file.kind) : undefined;
  if (begun && !resume) {
    throw new KitError(`${run} holds a run already`, "Go on with --resume, or choose another folder");
  }
  const config = begun ? withSettings(begun.config, settings) : structuredClone(file.config);
  if (steps !== undefined) config[file.kind === "generator" ? "gan" : "pretrain"].steps = steps;
  const goesOn = begun && await exists(lastPath(run));
  const checkpoint = goesOn ? await loadCheckpoint(lastPath(run)) : undefined;
  await writeRun(run, { version: RUN_VERSION, ...file, ...begun, config });
  return { config, checkpoint };
}

/** A network of a run, ready to be applied, after `step` steps of training. */
export interface LoadedNetwork {
  config: Config;
  params: Params;
  step: number;
}

async function loadBest(run: string, name: RunKind, { config, specs }: { config: Config; specs: Specs }) {
  const { groups, state } = await loadCheckpoint(bestPath(run), [name]);
  return { config, params: checkParams(bestPath(run), groups[name], specs), step: state.step };
}

/** The best discriminator of a run. */
export async function loadDiscriminator(run: string): Promise<LoadedNetwork> {
  const { config, kind } = await readRun(run);
  if (kind === "generator" && !needsDiscriminator(config)) {
    throw new KitError(
      `${run} is of ${config.system}, which has no sync discriminator`,
      "Give a run made by `deno task pretrain`, or one of a system that has one",
    );
  }
  const { specs } = describeSyncDiscriminator(config.discriminator);
  return loadBest(run, "discriminator", { config, specs });
}

/** The best generator of a run. */
export async function loadGenerator(run: string): Promise<LoadedNetwork> {
  const { config } = await readRun(run, "generator"), { specs } = describeGenerator(config.generator);
  return loadBest(run, "generator", { config, specs });
}
