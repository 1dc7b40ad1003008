import { basename } from "node:path";
import { KitError } from "../base/errors.ts";
import { holdFolder } from "../base/files.ts";
import { listenForInterruption } from "../base/interruption.ts";
import { notebook } from "../base/jupyter.ts";
import { random } from "../base/random.ts";
import { type BatchRequest, type BatchStream, streamBatches } from "../dataset/batch_stream.ts";
import { type PairOptions, sampleSyncBatch } from "../dataset/batches.ts";
import { type Dataset, openDataset } from "../dataset/dataset.ts";
import type { Params, Specs } from "../nn/params.ts";
import { usablePrecision } from "../native/precision.ts";
import { notFiniteIn, refuseStep } from "./bad_batch.ts";
import { type Checkpoint, networkGroups, networkIn, type RunKind, saveCheckpoint } from "./checkpoint.ts";
import type { Config } from "./config.ts";
import { type Log, type LogRow, openLog } from "./log.ts";
import { bestPath, lastPath, openRun, type TrainingEnd } from "./run.ts";
import type { TrainedNetwork } from "./training_step.ts";

/** Batches that are sampled while steps are computed. */
export const AHEAD = 2;

export interface TrainOptions {
  run: string;
  config: Config;
  /** Steps in place of the configuration's. */
  steps?: number;
  /** Settings changed when a run is resumed, such as `gan.learningRate=3e-4`; the run folder keeps them. */
  settings?: string[];
  /** Go on with the run in the folder. */
  resume?: boolean;
  /** Before a new pretraining, see whether one batch is learnt; refuse the run where it is not. */
  check?: boolean;
  /** Hears of every step that is done. */
  onStep?: (step: number) => void;
  /** Hears of every row of the log: of those that a run which goes on holds, then of others as they are written. */
  onRow?: (row: LogRow) => void;
  /** Run steps as one TensorFlow function (the default) or operation by operation. */
  compiled?: boolean;
}

/**
 * Ends the cell of a notebook whose training was interrupted with an error that says how to go on, so that the cells after it
 * do not run on half a training. A command says it by itself.
 */
export function endInterruptedCell(run: string, step: number): void {
  if (!notebook()) return;
  throw new KitError(
    `The training was stopped after step ${step}, and ${basename(run)} holds its checkpoint`,
    "Run this cell again to go on from there",
  );
}

export interface TrainResult extends TrainingEnd {
  run: string;
}

/**
 * A run that is begun or gone on with: what it learns from and where it writes. Until it is disposed of its folder is
 * held, and signals that ask the process to stop are listened to.
 */
export interface Training extends Disposable {
  config: Config;
  dataset: Dataset;
  heldOut: Dataset;
  batches: Pick<BatchStream, "sync" | "generator">;
  /** The share of the time since the last save, or the beginning, that was spent waiting for batches. */
  dataShare(): number;
  log: Log;
  /** Whether the process was asked to stop: the steps end then, and the run is saved as it is. */
  interrupted(): Promise<boolean>;
  /** Where the run stopped, when it did. */
  state?: Checkpoint["state"];
  /** A network as it was then; undefined for one that begins. */
  network(name: string, specs: Specs): TrainedNetwork | undefined;
  /**
   * Throws KitError when a value of a step is not finite, after its batches were written beside the run; `rate` is the
   * setting to lower, where it is another one than before.
   */
  check(values: Record<string, number>, step: { step: number; rate?: string }): Promise<void>;
  /** Writes the best networks so far, apart from those that the run goes on with. */
  saveBest(groups: Record<string, Params>, state: Checkpoint["state"]): Promise<void>;
  /**
   * Writes the log and the networks that the run goes on with from `step`. Throws KitError when these are not finite any
   * more, and leaves the checkpoint as it is.
   */
  save(
    networks: Record<string, TrainedNetwork>,
    state: { step: number } & Checkpoint["state"],
  ): Promise<void>;
}

/**
 * Opens the data and the folder of a training: a new run, or with `resume` one that was stopped, which goes on with its
 * own configuration, the random numbers after its last checkpoint, and the log up to there.
 * Throws KitError for a folder that cannot be trained on or a run that cannot be gone on with.
 */
export async function openTraining(
  prepared: string,
  { kind, config: asked, heldOutPairs, requests }: {
    kind: RunKind;
    config: Config;
    /** Pairs that the held-out clips must have. */
    heldOutPairs: PairOptions;
    /** What the steps from `step` on learn from. */
    requests: (config: Config, step: number) => Iterator<BatchRequest>;
  },
  { run, resume = false, steps, settings, onRow }: TrainOptions,
): Promise<Training> {
  const dataset = await openDataset(prepared, "train"), heldOut = await openDataset(prepared, "val");
  // Held-out clips that cannot be scored are named now, not at the first evaluation.
  if (!resume) await sampleSyncBatch(heldOut, random(1), { ...heldOutPairs, clips: 1, windows: 2 });
  using opened = new DisposableStack();
  opened.use(await holdFolder(run));
  const data = { name: basename(prepared), clips: dataset.rows.length };
  const { config, checkpoint } = await openRun(run, { kind, config: asked, data }, {
    resume,
    steps,
    settings,
  });
  const { precision } = kind === "discriminator" ? config.pretrain : config.gan;
  if (usablePrecision(precision) !== precision) {
    console.error(`This processor has no ${precision}: convolutions compute in float32, which takes longer`);
  }
  const { step = 0, random: state = config.seed } = checkpoint?.state ?? {}, path = lastPath(run);
  const log = await openLog(run, { upTo: step, rows: checkpoint?.state.rows, onRow });
  const batches = opened.use(
    streamBatches(dataset, { state, requests: requests(config, step), ahead: AHEAD }),
  );
  let waited = 0, since = performance.now();
  const timed = async <Batch>(batch: Promise<Batch>) => {
    const asked = performance.now(), taken = await batch;
    waited += performance.now() - asked;
    return taken;
  };
  const interruption = opened.use(listenForInterruption());
  /** The setting that has led here, by the last step that was checked. */
  let lower = kind === "discriminator" ? "pretrain.learningRate" : "gan.learningRate";
  async function refuse(what: string, step: number): Promise<never> {
    await log.flush(); // to be looked at; the rows after the checkpoint are dropped when the run goes on
    return await refuseStep(what, { run, step, rate: lower, taken: batches.taken });
  }
  const held = opened.move();
  return {
    ...{ config, dataset, heldOut, log, state: checkpoint?.state },
    batches: { sync: () => timed(batches.sync()), generator: () => timed(batches.generator()) },
    dataShare: () => waited / Math.max(performance.now() - since, waited, 1e-9),
    interrupted: interruption.asked,
    network(name, specs) {
      // A branch has come with its generator alone.
      const begins = !checkpoint || (kind === "generator" && !checkpoint.groups[name]);
      return begins ? undefined : networkIn(checkpoint, { path, kind, name, specs });
    },
    async check(values, { step, rate = lower }) {
      lower = rate;
      const bad = Object.entries(values).find(([, value]) => !Number.isFinite(value));
      if (bad) await refuse(`The ${bad[0]} of step ${step} is ${bad[1]}`, step);
    },
    saveBest: (groups, state) => saveCheckpoint(bestPath(run), { groups, state }),
    async save(networks, { step, ...state }) {
      const groups = networkGroups(networks, kind), where = notFiniteIn(groups);
      if (where) await refuse(`After step ${step} ${where} is not finite`, step);
      // The log goes first: rows after the checkpoint's are dropped when the run goes on, missing ones are lost.
      await log.flush();
      const whole = { step, random: batches.state, rows: log.rows, ...state };
      await saveCheckpoint(path, { groups, state: whole });
      [waited, since] = [0, performance.now()];
    },
    [Symbol.dispose]: () => held.dispose(),
  };
}
