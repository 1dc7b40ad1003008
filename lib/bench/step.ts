// Times one training step in a process of its own, so that its peak memory is its own: called by `deno task bench`.
import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { initGenerator } from "../models/generator_kinds.ts";
import { initSyncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, leaves, type Named } from "../native/compile.ts";
import { adamInit, type AdamState } from "../nn/adam.ts";
import type { Params } from "../nn/params.ts";
import { tf } from "../native/tf.ts";
import { paper } from "../training/config.ts";
import { generatorStep } from "../training/gan_steps.ts";
import { pretrainStep } from "../training/pretrain.ts";

export type Network = "discriminator" | "generator";

export interface StepOptions {
  network: Network;
  width: number;
  /** Windows a step of the discriminator, frames of the generator. */
  batch: number;
  compiled: boolean;
  steps: number;
  warmup: number;
}

export interface StepTime {
  /** Milliseconds a step: the median and the least of the timed ones. */
  median: number;
  least: number;
  /** Milliseconds of the first step, recording included. */
  first: number;
  /** Peak memory of the process, MB. */
  peak: number;
}

/** A training that goes on from step to step. */
interface Training {
  params: Params;
  state: AdamState;
  next(params: Params, state: AdamState): { params: Params; state: AdamState; loss: Named };
}

function discriminator({ width, batch, compiled }: StepOptions): Training {
  const params = initSyncDiscriminator({ ...paper.discriminator, width }, 1), rate = tf.scalar(1e-4);
  const data = {
    mel: tf.randomNormal([batch, MEL_BANDS, MEL_WINDOW, 1]),
    faces: tf.randomUniform([batch, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
    labels: tf.tensor1d(Array.from({ length: batch }, (_, k) => k % 2)),
  };
  const step = compile(
    (p: Params, s: AdamState, given: Named) => pretrainStep({ params: p, state: s, batch: given }, rate),
    { enabled: compiled },
  );
  const next: Training["next"] = (p, s) => {
    const { params, state, ...loss } = step(p, s, data);
    return { params, state, loss };
  };
  return { params, state: adamInit(params), next };
}

function generator({ width, batch, compiled }: StepOptions): Training {
  const params = initGenerator({ kind: "wav2lip", width }, 1), rate = tf.scalar(1e-4);
  const data = {
    mel: tf.randomNormal([batch, MEL_BANDS, MEL_WINDOW, 1]),
    faces: tf.randomUniform([batch, FACE_SIZE, FACE_SIZE, 6]),
    target: tf.randomUniform([batch, FACE_SIZE, FACE_SIZE, 3]),
  };
  const step = compile(generatorStep(paper, "frames"), { enabled: compiled }), weights = { l1: tf.scalar(1) };
  const next: Training["next"] = (p, s) => {
    const { params, state, terms, face } = step({ params: p, state: s, discriminators: {} }, data, {
      rate,
      weights,
    });
    face.dispose();
    return { params, state, loss: terms };
  };
  return { params, state: adamInit(params), next };
}

/** The most memory that this process has had, MB; NaN where the system does not say. */
function peakMegabytes(): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Times training steps on random data; the loss is read each time, as training does. */
export function timeSteps(options: StepOptions): StepTime {
  const training = options.network === "discriminator" ? discriminator(options) : generator(options);
  let { params, state } = training;
  const times: number[] = [];
  for (let k = 0; k < options.warmup + options.steps; k++) {
    const start = performance.now();
    const next = training.next(params, state);
    leaves(next.loss).forEach((value) => value.dataSync());
    times.push(performance.now() - start);
    tf.dispose([params, state, next.loss] as never);
    ({ params, state } = next);
  }
  const timed = times.slice(options.warmup).sort((a, b) => a - b);
  return { median: timed[timed.length >> 1], least: timed[0], first: times[0], peak: peakMegabytes() };
}

if (import.meta.main) console.log(JSON.stringify(timeSteps(JSON.parse(Deno.args[0]))));
