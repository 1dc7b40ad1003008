// The data loader timed against training: `deno task bench --loader <prepared>`.
import { type BatchRequest, batchSampler, type BatchStream, streamBatches } from "../dataset/batch_stream.ts";
import { type Clips, openClips } from "../dataset/clips.ts";
import type { GeneratorBatch, SyncBatch } from "../dataset/batches.ts";
import { openDataset } from "../dataset/dataset.ts";
import { initGenerator } from "../models/generator_kinds.ts";
import { initSyncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, leaves, type Named } from "../native/compile.ts";
import { adamInit, type AdamState } from "../nn/adam.ts";
import type { Params } from "../nn/params.ts";
import type { Row } from "../base/parquet.ts";
import { tf } from "../native/tf.ts";
import { type Config, small } from "../training/config.ts";
import { generatorStep, generatorTensors } from "../training/gan_steps.ts";
import { AHEAD, pretrainStep, syncTensors } from "../training/pretrain.ts";
import { median } from "../training/repeat_step.ts";

/** Clips that the warm measurement draws from, all of them in memory. */
const WARM_CLIPS = 16;
const WARMUP = 2;

/** A network in training. */
interface Training {
  network: string;
  /** What a step draws. */
  draw: BatchRequest;
  take(stream: BatchStream): Promise<SyncBatch | GeneratorBatch>;
  step(batch: SyncBatch | GeneratorBatch): void;
  dispose(): void;
}

type Step = (params: Params, state: AdamState, batch: Named) => { params: Params; state: AdamState };

/** Steps one after the other from fresh parameters; each waits for its loss, as training does. */
function stepping(start: Params, step: Step) {
  let params = start, state = adamInit(start);
  return {
    step(batch: Named) {
      const { params: nextParams, state: nextState, ...loss } = step(params, state, batch);
      leaves(loss).forEach((value) => value.dataSync());
      tf.dispose([params, state, loss, batch] as never);
      [params, state] = [nextParams, nextState];
    },
    dispose: () => tf.dispose([params, state] as never),
  };
}

function discriminator({ discriminator, pretrain, seed }: Config): Training {
  const rate = tf.scalar(pretrain.learningRate);
  const { step, dispose } = stepping(
    initSyncDiscriminator(discriminator, seed),
    compile((params: Params, state: AdamState, batch: Named) => pretrainStep({ params, state, batch }, rate)),
  );
  const { batch: size, minShift, voicedOnly } = pretrain;
  return {
    network: `discriminator, ${size} pairs`,
    draw: { kind: "sync", options: { size, minShift, voicedOnly } },
    take: (stream) => stream.sync(),
    step: (batch) => step(syncTensors(batch as SyncBatch)),
    dispose: () => (dispose(), rate.dispose()),
  };
}

function generator(config: Config): Training {
  const { generator, gan, seed } = config;
  const rate = tf.scalar(gan.learningRate), weights = { l1: tf.scalar(1) };
  const take = compile(generatorStep(config, "frames"));
  const { step, dispose } = stepping(
    initGenerator(generator, seed),
    (params, state, batch) => {
      const { face, ...next } = take({ params, state, discriminators: {} }, batch, { rate, weights });
      face.dispose();
      return next;
    },
  );
  return {
    network: `generator, ${gan.frames} frames`,
    draw: { kind: "generator", options: { ...gan, windows: 0 } },
    take: (stream) => stream.generator(),
    step: (batch) => step(generatorTensors(batch as GeneratorBatch)),
    dispose: () => (dispose(), tf.dispose([rate, weights] as never)),
  };
}

/** Times each of several runs of `work`, ms. */
async function times(count: number, work: () => void | Promise<void>): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    await work();
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

function* endless(request: BatchRequest): Generator<BatchRequest> {
  for (;;) yield request;
}

/** Batches a second from these clips, nothing else being done. */
async function drawing(clips: Clips, request: BatchRequest, batches: number): Promise<number> {
  const next = batchSampler(clips, 1), work = async () => void await next(request);
  await times(WARMUP, work);
  return 1000 * batches / sum(await times(batches, work));
}

/** Steps a second of training from these clips, batches drawn in turn with the steps or ahead of them. */
async function trainingFrom(clips: Clips, { training, steps, rounds }: {
  training: Training;
  steps: number;
  rounds: number;
}): Promise<{ inTurn: number; ahead: number }> {
  const open = (ahead: number) => streamBatches(clips, { state: 1, requests: endless(training.draw), ahead });
  using inTurn = open(0);
  using ahead = open(AHEAD);
  const run = (stream: BatchStream, count: number) =>
    times(count, async () => training.step(await training.take(stream)));
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
 * Times how fast batches are drawn from the training split of a prepared folder, and how fast they are trained on. Cold:
 * every clip is read and every frame decoded anew (from the disk, or the system's cache of it); warm: from memory.
 * Returns a row a network: batches a second, steps a second on one batch given over and over, how many times faster than
 * those steps batches are drawn, and steps a second of training from cold clips, batches drawn in turn and ahead.
 * Throws KitError for a folder that cannot be trained on.
 */
export async function benchLoader(prepared: string, options: LoaderOptions = {}): Promise<Row[]> {
  const { config = small, steps = 10, rounds = 3 } = options;
  const { folder, places } = await openDataset(prepared, "train");
  const cold = openClips(folder, places, { cacheMegabytes: 0 });
  const warm = openClips(folder, places.slice(0, WARM_CLIPS));
  for (const index of warm.places.keys()) await (await warm.open(index)).whole();

  const rows: Row[] = [];
  for (const training of [discriminator(config), generator(config)]) {
    const { network, draw: request, step, dispose } = training;
    console.error(`timing the loader and the ${network}`);
    const coldRate = await drawing(cold, request, 10 * steps),
      warmRate = await drawing(warm, request, 10 * steps);
    const { batch } = await batchSampler(warm, 1)(request);
    await times(WARMUP, () => step(batch));
    const stepRate = 1000 / median(await times(steps, () => step(batch)));
    const { inTurn, ahead } = await trainingFrom(cold, { training, steps, rounds });
    dispose();
    rows.push({
      network,
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
