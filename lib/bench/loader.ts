// The data loader timed against training: `deno task bench --loader <prepared>`.
import { median, sum } from "d3-array";
import { type BatchRequest, batchSampler, type BatchStream, streamBatches } from "../dataset/batch_stream.ts";
import { type Clips, openClips } from "../dataset/clips.ts";
import { openDataset } from "../dataset/dataset.ts";
import type { Row } from "../base/parquet.ts";
import { type Config, small } from "../training/config.ts";
import { ganRequests } from "../training/gan.ts";
import { AHEAD } from "../training/open_training.ts";
import { pretrainRequests } from "../training/pretrain.ts";
import { discriminatorSteps, generatorSteps, type Steps, times } from "./step.ts";

/** Clips that the warm measurement draws from, all of them in memory. */
const WARM_CLIPS = 16;
const WARMUP = 2;

/** A network in training. */
interface Training {
  network: string;
  requests: () => Generator<BatchRequest>;
  take(stream: BatchStream): Promise<unknown>;
  open(): Steps<never>;
}

const trainings = ({ pretrain, gan, ...config }: Config): Training[] => {
  const frames = { ...config, pretrain, gan: { ...gan, frameSteps: Infinity } };
  return [{
    network: `discriminator, ${pretrain.clips * pretrain.windows} windows`,
    requests: () => pretrainRequests(frames),
    take: (stream) => stream.sync(),
    open: () => discriminatorSteps(frames),
  }, {
    network: `generator, ${gan.frames} frames`,
    requests: () => ganRequests(frames, 0),
    take: (stream) => stream.generator(),
    open: () => generatorSteps(frames),
  }];
};

/** Batches a second from these clips, nothing else being done. */
async function samplingRate(clips: Clips, request: BatchRequest, batches: number): Promise<number> {
  const next = batchSampler(clips, 1), work = async () => void await next(request);
  await times(WARMUP, work);
  return 1000 * batches / sum(await times(batches, work));
}

/** Steps a second of training from these clips, batches sampled in turn with the steps or ahead of them. */
async function trainingRates(clips: Clips, { training: { requests, take }, step, steps, rounds }: {
  training: Training;
  step: (batch: never) => void;
  steps: number;
  rounds: number;
}): Promise<{ inTurn: number; ahead: number }> {
  const open = (ahead: number) => streamBatches(clips, { state: 1, requests: requests(), ahead });
  using inTurn = open(0);
  using ahead = open(AHEAD);
  const run = (stream: BatchStream, count: number) =>
    times(count, async () => step(await take(stream) as never));
  for (const stream of [inTurn, ahead]) await run(stream, WARMUP);
  const spent = { inTurn: 0, ahead: 0 };
  for (let round = 0; round < rounds; round++) {
    spent.inTurn += sum(await run(inTurn, steps));
    spent.ahead += sum(await run(ahead, steps));
  }
  const perSecond = (milliseconds: number) => 1000 * steps * rounds / milliseconds;
  return { inTurn: perSecond(spent.inTurn), ahead: perSecond(spent.ahead) };
}

export interface LoaderOptions {
  config?: Config;
  /** Timed steps of each measurement, and a tenth of the timed batches. */
  steps?: number;
  /** How often training in turn and training ahead are repeated, one after the other. */
  rounds?: number;
}

/**
 * Times how fast batches are sampled from the training split of a prepared folder, and how fast they are trained on. Cold:
 * every clip is read and every frame decoded anew (from the disk, or the system's cache of it); warm: from memory.
 * Returns a row a network: batches a second, steps a second on one batch given over and over, how many times faster than
 * those steps batches are sampled, and steps a second of training from cold clips, batches sampled in turn and ahead.
 * Throws KitError for a folder that cannot be trained on.
 */
export async function benchLoader(prepared: string, options: LoaderOptions = {}): Promise<Row[]> {
  const { config = small, steps = 10, rounds = 3 } = options;
  const { folder, places } = await openDataset(prepared, "train");
  const cold = openClips(folder, places, { cacheMegabytes: 0 });
  const warm = openClips(folder, places.slice(0, WARM_CLIPS));
  for (const index of warm.places.keys()) await (await warm.open(index)).whole();

  const rows: Row[] = [];
  for (const training of trainings(config)) {
    console.error(`timing the loader and the ${training.network}`);
    const request = training.requests().next().value!;
    using opened = training.open();
    const coldRate = await samplingRate(cold, request, 10 * steps),
      warmRate = await samplingRate(warm, request, 10 * steps);
    const { batch } = await batchSampler(warm, 1)(request), step = () => opened.step(batch as never);
    await times(WARMUP, step);
    const stepRate = 1000 / median(await times(steps, step))!;
    const { inTurn, ahead } = await trainingRates(cold, { training, step: opened.step, steps, rounds });
    rows.push({
      network: training.network,
      "batches/s cold": coldRate,
      "batches/s warm": warmRate,
      "steps/s": stepRate,
      "cold over steps": coldRate / stepRate,
      "warm over steps": warmRate / stepRate,
      "steps/s, drawn in turn": inTurn,
      "steps/s, drawn ahead": ahead,
    });
  }
  return rows;
}
