// Times one training step in a process of its own, so that its peak memory is its own: called by `deno task bench`.
import { median, min } from "d3-array";
import { FACE_BYTES, LOWER_SIZE, MEL_SIZE } from "../base/shapes.ts";
import { random } from "../base/random.ts";
import type { GeneratorBatch, SyncBatch } from "../dataset/batches.ts";
import { initSyncDiscriminator } from "../models/sync_discriminator.ts";
import type { Precision } from "../native/precision.ts";
import { tf } from "../native/tf.ts";
import { type Config, paper } from "../training/config.ts";
import { openNetworks } from "../training/gan.ts";
import { ganStep } from "../training/gan_steps.ts";
import { pretrainStep } from "../training/pretrain_step.ts";
import { beginTraining } from "../training/training_step.ts";
import { processorSeconds } from "./processor_time.ts";

export type Network = "discriminator" | "generator";

export interface StepOptions {
  network: Network;
  width: number;
  /** Windows a step of the discriminator, frames of the generator. */
  batch: number;
  compiled: boolean;
  /** What the convolutions compute with: 32-bit floats unless said. */
  precision?: Precision;
  steps: number;
  warmup: number;
}

export interface StepTime {
  /** Milliseconds a step: the median and the least of the timed ones. */
  median: number;
  least: number;
  /** Milliseconds of all cores together a step, which other programs on the machine disturb less; NaN where the system does not say. */
  cpu: number;
  /** Milliseconds of the first step, recording included. */
  first: number;
  /** Peak memory of the process, MB. */
  peak: number;
}

/** A training that goes on with every batch it is given, from a fresh network. */
export interface Steps<Batch> extends Disposable {
  step(batch: Batch): void;
}

/** Pretraining's steps. */
export function discriminatorSteps(
  config: Config,
  options: { compiled?: boolean } = {},
): Steps<SyncBatch> {
  let network = beginTraining(initSyncDiscriminator(config.discriminator, config.seed)), taken = 0;
  const take = pretrainStep(config, options);
  return {
    step: (pairs) => void ({ network } = take(network, pairs, taken++)),
    [Symbol.dispose]: () => tf.dispose(network),
  };
}

/** The generator's steps on frames, by L1 alone. */
export function generatorSteps(
  config: Config,
  options: { compiled?: boolean } = {},
): Steps<GeneratorBatch> {
  const gan = { ...config.gan, sync: "none", discriminator: "none", frameSteps: Infinity } as const;
  const alone: Config = { ...config, gan };
  let networks = openNetworks(alone), taken = 0;
  const take = ganStep(alone, options);
  return {
    step: (generator) =>
      void ({ networks } = take(networks, { generator }, { step: taken++, weights: { l1: 1 } })),
    [Symbol.dispose]: () => tf.dispose(networks),
  };
}

/** A random batch for steps of this size, and the steps. */
function randomSteps(
  { network, width, batch: size, compiled, precision = "float32" }: StepOptions,
): Steps<void> {
  const discriminator = { ...paper.discriminator, width }, generator = { ...paper.generator, width };
  const pretrain = { ...paper.pretrain, precision }, gan = { ...paper.gan, precision };
  const config = { ...paper, discriminator, generator, pretrain, gan }, numbers = random(1);
  const noise = (elements: number) => Float32Array.from({ length: size * elements }, () => numbers.uniform());
  const mel = noise(MEL_SIZE), none = new Float32Array();
  if (network === "discriminator") {
    const labels = Float32Array.from({ length: size }, (_, k) => k % 2);
    const weights = new Float32Array(size).fill(1 / size);
    const pairs = { mel, faces: noise(LOWER_SIZE), labels, weights, size, windows: 1 };
    const steps = discriminatorSteps(config, { compiled });
    return { ...steps, step: () => steps.step(pairs) };
  }
  const frames = { mel, faces: noise(2 * FACE_BYTES), target: noise(FACE_BYTES), size, windows: 0 };
  const steps = generatorSteps(config, { compiled });
  return { ...steps, step: () => steps.step({ ...frames, syncMel: none, offMel: none }) };
}

/** Times each of several runs of some work, milliseconds. */
export async function times(count: number, work: () => void | Promise<void>): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    await work();
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}

/** The most memory that this process has had, MB; NaN where the system does not say. */
function peakMegabytes(): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Times training steps on random data; the losses are read each time, as training does. */
export async function timeSteps(options: StepOptions): Promise<StepTime> {
  using steps = randomSteps(options);
  const [first] = await times(options.warmup, steps.step), begun = processorSeconds("self");
  const timed = await times(options.steps, steps.step);
  const cpu = 1000 * (processorSeconds("self") - begun) / options.steps;
  return { median: median(timed)!, least: min(timed)!, cpu, first, peak: peakMegabytes() };
}

if (import.meta.main) console.log(JSON.stringify(await timeSteps(JSON.parse(Deno.args[0]))));
