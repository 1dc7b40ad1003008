import { KitError } from "../base/errors.ts";
import { nearPaths } from "../base/near.ts";
import { type Augmentation, unchanged } from "../dataset/augment.ts";
import type { PairSampling, ReferenceSampling } from "../dataset/batches.ts";
import type { GeneratorConfig } from "../models/generator_kinds.ts";
import type { SyncDiscriminatorConfig } from "../models/sync_discriminator.ts";
import type { Precision } from "../native/precision.ts";
import type { Schedule } from "./schedule.ts";

/** Everything that decides a training; a run folder keeps it, and another run may start from it. */
export interface Config {
  name: string;
  /** The system of the paper's tables that this is, or is a change of (see systems.ts). */
  system: string;
  seed: number;
  /** The sync discriminator; its width is that of a system's other discriminators too. */
  discriminator: SyncDiscriminatorConfig;
  generator: GeneratorConfig;
  pretrain: PretrainConfig;
  gan: GanConfig;
}

/** How a network is trained, besides its loss. */
interface Recipe extends Schedule {
  /** Gradients whose norm is above this are made smaller; 0 leaves them as they are. */
  clipNorm: number;
  /** How much of the moving average of the weights stays at each step; 0 evaluates the weights themselves. */
  average: number;
  augment: Augmentation;
  /** What convolutions compute with; where the processor has no bfloat16, float32. */
  precision: Precision;
}

export interface PretrainConfig extends Recipe {
  steps: number;
  sampling: PairSampling;
  /** Clips a step. */
  clips: number;
  /** Windows a clip, of which all pairs are learnt from. */
  windows: number;
  learningRate: number;
  /** Frames between a video window and the sound of an off-sync pair, at least. */
  minShift: number;
  /** Leave out windows of silence, where sync cannot be told. */
  voicedOnly: boolean;
  /** Steps between evaluations, each of which writes a checkpoint. */
  evaluateEvery: number;
  /** Evaluations without a better held-out loss before training stops. */
  patience: number;
}

export interface GanConfig extends Recipe {
  steps: number;
  /** Steps at the start that train on single frames with L1 alone, before windows and sync. */
  frameSteps: number;
  /** Single frames a step in that phase. */
  frames: number;
  /** Windows of 5 frames a step afterwards. */
  windows: number;
  learningRate: number;
  /** Learning rate of the generator once windows are trained. */
  windowLearningRate: number;
  /**
   * By what the generator's batch norm goes once windows are trained: "batch", the statistics of a step's own frames, or
   * "frames", those that the phase before came to. A few windows of five similar frames are no sample of faces.
   */
  windowStatistics: "batch" | "frames";
  discriminatorLearningRate: number;
  /** Adam's first beta, of every network that is trained. */
  beta1: number;
  /** What asks for sync: E_sync by the sync discriminator, LipGAN's contrastive loss, or nothing. */
  sync: "discriminator" | "contrastive" | "none";
  /**
   * How that discriminator is trained: "alternate" trains the pretrained one in turns with the generator (the paper),
   * "frozen" leaves it as it is (Wav2Lip's expert), "joint" trains a fresh one in turns from the first step (LipGAN).
   */
  discriminator: "alternate" | "frozen" | "joint" | "none";
  /** A visual quality discriminator plays along, trained in turns from the first step (Wav2Lip's second stage). */
  quality: boolean;
  /** lambda2 of eq. 6; lambda1 = 1 - lambda2, and less the weight of visual quality where it is asked for. */
  syncWeight: number;
  /** Weight of LipGAN's contrastive loss beside L1, whose weight stays 1. */
  contrastiveWeight: number;
  qualityWeight: number;
  /** The sync term is switched on when the evaluation's sync loss is below this. */
  syncWhenBelow: number;
  /** How much more the mouth counts in L1 than the rest: weight 1 + this, scaled to mean 1. */
  mouthWeight: number;
  /** Share of frames whose pose input is another frame of the clip, so that the sound must drive the mouth. */
  poseShift: number;
  /** The reference frame: any of the clip, or its most closed mouth, as it is when the generator is used. */
  reference: ReferenceSampling;
  minShift: number;
  voicedOnly: boolean;
  evaluateEvery: number;
}

/** The paper's: a constant rate, the last weights, samples as they are. */
const plain: Recipe = {
  warmup: 0,
  decay: "none",
  clipNorm: 0,
  average: 0,
  augment: unchanged,
  precision: "float32",
};

/** The paper's sizes, with Wav2Lip's figures where the paper is silent. */
export const paper: Config = {
  name: "paper",
  system: "Ours",
  seed: 1,
  discriminator: { lstm: "front", cbam: true, width: 1 },
  generator: { kind: "wav2lip", width: 1 },
  pretrain: {
    ...plain,
    steps: 200_000,
    sampling: "within clips",
    clips: 16,
    windows: 4,
    learningRate: 1e-4,
    minShift: 1,
    voicedOnly: false,
    evaluateEvery: 3000,
    patience: 20,
  },
  gan: {
    ...plain,
    steps: 200_000,
    frameSteps: 0,
    frames: 0,
    windows: 16,
    learningRate: 1e-4,
    windowLearningRate: 1e-4,
    windowStatistics: "batch",
    discriminatorLearningRate: 1e-4,
    beta1: 0.9,
    sync: "discriminator",
    discriminator: "alternate",
    quality: false,
    syncWeight: 0.03,
    contrastiveWeight: 0.01,
    qualityWeight: 0.07,
    syncWhenBelow: 0.75,
    mouthWeight: 0,
    poseShift: 0,
    reference: "any",
    minShift: 1,
    voicedOnly: false,
    evaluateEvery: 3000,
  },
};

/** How `small` is trained: a rate that rises, then falls to 0, and the average of the last fifty steps' weights. */
const smallRecipe: Pick<Recipe, "decay" | "average"> = { decay: "cosine", average: 0.98 };

/** What two CPU cores train in minutes: a quarter of the width, larger steps, frames before windows. */
export const small: Config = {
  ...paper,
  name: "small",
  discriminator: { ...paper.discriminator, width: 0.25 },
  generator: { ...paper.generator, width: 0.25 },
  pretrain: {
    ...paper.pretrain,
    ...smallRecipe,
    steps: 1000,
    clips: 8,
    learningRate: 5e-4,
    warmup: 40,
    minShift: 5,
    voicedOnly: true,
    evaluateEvery: 200,
    patience: 8,
  },
  gan: {
    ...paper.gan,
    ...smallRecipe,
    steps: 2760,
    frameSteps: 2400,
    frames: 10,
    windows: 3,
    learningRate: 2e-3,
    windowLearningRate: 2e-4,
    windowStatistics: "frames",
    discriminatorLearningRate: 3e-5,
    warmup: 20,
    augment: { mirror: 0.5, shift: 2, colour: 0.05, gain: 0.2, noise: 0.1 },
    syncWeight: 0.01,
    syncWhenBelow: 5,
    mouthWeight: 5,
    reference: "closed",
    precision: "bfloat16",
    minShift: 5,
    voicedOnly: true,
    evaluateEvery: 240,
  },
};

/** `small` for longer: an hour and a half of CPU time. */
export const long: Config = {
  ...small,
  name: "long",
  pretrain: { ...small.pretrain, steps: 3000, augment: small.gan.augment, evaluateEvery: 300 },
  gan: { ...small.gan, steps: 4600, frameSteps: 4000, evaluateEvery: 500 },
};

/** A few steps of thin networks: the same code, for tests. */
export const tiny: Config = {
  ...small,
  name: "tiny",
  discriminator: { ...small.discriminator, width: 0.03 },
  generator: { ...small.generator, width: 0.03 },
  pretrain: { ...small.pretrain, steps: 8, clips: 1, warmup: 2, evaluateEvery: 4 },
  gan: {
    ...small.gan,
    precision: "float32",
    steps: 6,
    frameSteps: 3,
    frames: 4,
    windows: 1,
    warmup: 1,
    evaluateEvery: 3,
  },
};

export const presets: Record<string, Config> = { paper, small, long, tiny };

/** The variants of Table 1, by the paper's names. */
export const ablations: Record<string, Pick<SyncDiscriminatorConfig, "lstm" | "cbam">> = {
  "Ours": { lstm: "front", cbam: true },
  "w/o LSTM": { lstm: "none", cbam: true },
  "w/o CBAM": { lstm: "front", cbam: false },
  "w/o LSTM & CBAM": { lstm: "none", cbam: false },
};

/** What can be set in a part of a configuration, by the rest of its path: `{ steps: 8, "augment.mirror": 0.5 }`. */
export const settingsOf = (part: object): Record<string, string | number | boolean> =>
  Object.fromEntries(
    Object.entries(part).flatMap(([name, value]) =>
      typeof value !== "object"
        ? [[name, value]]
        : Object.entries(settingsOf(value)).map(([below, inner]) => [`${name}.${below}`, inner])
    ),
  );

/** Settings that are one of a few words. */
const WORDS: Record<string, string[]> = {
  "discriminator.lstm": ["front", "none"],
  "generator.kind": ["wav2lip", "lipgan", "speech2vid"],
  "pretrain.sampling": ["within clips", "one by one"],
  "pretrain.decay": ["none", "cosine"],
  "pretrain.precision": ["float32", "bfloat16"],
  "gan.precision": ["float32", "bfloat16"],
  "gan.reference": ["any", "closed"],
  "gan.decay": ["none", "cosine"],
  "gan.windowStatistics": ["batch", "frames"],
  "gan.sync": ["discriminator", "contrastive", "none"],
  "gan.discriminator": ["alternate", "frozen", "joint", "none"],
};

/** Which numbers a setting takes, in words and as a question. */
type Numbers = [wanted: string, fits: (value: number) => boolean];
const whole = (least: number): Numbers => [
  `a whole number from ${least} on`,
  (value) => Number.isSafeInteger(value) && value >= least,
];
const SHARE: Numbers = ["a number from 0 to 1", (value) => value >= 0 && value <= 1];
const BELOW_ONE: Numbers = ["a number from 0 to below 1", (value) => value >= 0 && value < 1];
const FROM_ZERO: Numbers = ["a number from 0 on", (value) => value >= 0 && value < Infinity];
const ABOVE_ZERO: Numbers = ["a number above 0", (value) => value > 0 && value < Infinity];

/** What settings that are numbers take, by the last word of their path; the others are above 0. */
const NUMBERS: Record<string, Numbers> = {
  ...{
    seed: whole(0),
    steps: whole(1),
    clips: whole(1),
    warmup: whole(0),
    shift: whole(0),
    minShift: whole(1),
    evaluateEvery: whole(1),
  },
  ...{ patience: whole(1), frameSteps: whole(0), frames: whole(0), windows: whole(1) },
  ...{ syncWeight: SHARE, qualityWeight: SHARE, poseShift: SHARE },
  ...{ mouthWeight: FROM_ZERO, contrastiveWeight: FROM_ZERO, syncWhenBelow: FROM_ZERO },
  ...{ clipNorm: FROM_ZERO, mirror: SHARE, colour: SHARE, gain: FROM_ZERO, noise: FROM_ZERO },
  ...{ beta1: BELOW_ONE, average: BELOW_ONE },
};

const numbersOf = (path: string): Numbers => NUMBERS[path.split(".").at(-1)!] ?? ABOVE_ZERO;

/** The words that a setting may be; undefined where any will do. */
const wordsOf = (path: string, old: unknown): string[] | undefined =>
  typeof old === "boolean" ? ["true", "false"] : WORDS[path];

/** What a setting takes, in words, by the kind of its present value. */
export const takes = (path: string, old: unknown): string =>
  typeof old === "number" ? numbersOf(path)[0] : wordsOf(path, old)?.join(" or ") ?? "any text";

/** The value that a text gives to a setting, of the kind that it has now; undefined where it does not fit. */
function readValue(path: string, old: unknown, text: string): unknown {
  if (typeof old === "number") {
    const [, fits] = numbersOf(path), value = text.trim() === "" ? NaN : Number(text);
    return fits(value) ? value : undefined;
  }
  if (wordsOf(path, old)?.includes(text) === false) return;
  return typeof old === "boolean" ? text === "true" : text;
}

/** How the discriminator of each sync term can be trained. */
const REGIMES: Record<GanConfig["sync"], GanConfig["discriminator"][]> = {
  discriminator: ["alternate", "frozen"],
  contrastive: ["joint"],
  none: ["none"],
};

/** One `section.key=value` put into a copy of the configuration; throws KitError for what does not fit. */
function withSetting(config: Config, setting: string): Config {
  const at = setting.indexOf("="), path = setting.slice(0, at), text = setting.slice(at + 1);
  const list = "`deno task settings` lists all";
  const remedy = `Write it as section.key=value, for example gan.syncWeight=0.01; ${list}`;
  if (at < 1) throw new KitError(`"${setting}" is no setting`, remedy);
  if (path === "system") {
    throw new KitError("A system is more than its name", `Choose it with --system "${text}"`);
  }
  const copy = structuredClone(config);
  const keys = path.split("."), key = keys.pop()!;
  // deno-lint-ignore no-explicit-any
  let section: any = copy;
  for (const name of keys) section = Object.hasOwn(Object(section), name) ? section[name] : undefined;
  if (!Object.hasOwn(Object(section), key) || typeof section[key] === "object") {
    const near = nearPaths(path, Object.keys(settingsOf(config))).join(" or ");
    throw new KitError(`There is no setting "${path}"`, near ? `Did you mean ${near}? ${list}` : remedy);
  }
  const value = readValue(path, section[key], text);
  if (value === undefined) {
    throw new KitError(`"${text}" does not fit setting "${path}"`, `Give ${takes(path, section[key])}`);
  }
  section[key] = value;
  return copy;
}

/** A copy of a configuration with settings such as `gan.syncWeight=0.01`; throws KitError for what does not fit. */
export function withSettings(config: Config, settings: string[]): Config {
  const changed = settings.reduce(withSetting, structuredClone(config)), { pretrain, gan } = changed;
  if (pretrain.sampling === "within clips" && pretrain.windows < 2) {
    throw new KitError(
      "pretrain.windows is 1, which makes no pair off sync",
      "Set pretrain.windows=2 or more",
    );
  }
  if (gan.frameSteps > 0 && gan.frames === 0) {
    throw new KitError(
      "gan.frameSteps trains on single frames, but gan.frames is 0",
      "Set gan.frames, such as 10",
    );
  }
  if (gan.windowStatistics === "frames" && gan.frameSteps === 0) {
    throw new KitError(
      "gan.windowStatistics=frames keeps the statistics of single frames, but gan.frameSteps is 0",
      "Set gan.windowStatistics=batch",
    );
  }
  if (gan.quality && gan.syncWeight + gan.qualityWeight >= 1) {
    throw new KitError(
      `gan.syncWeight and gan.qualityWeight together are ${gan.syncWeight + gan.qualityWeight}`,
      "Leave a share of 1 for L1: 0.03 and 0.07 are usual",
    );
  }
  const regimes = REGIMES[gan.sync];
  if (!regimes.includes(gan.discriminator)) {
    throw new KitError(
      `gan.sync=${gan.sync} does not go with gan.discriminator=${gan.discriminator}`,
      `Set gan.discriminator=${regimes.join(" or ")}`,
    );
  }
  return changed;
}

/** A preset with settings such as `gan.syncWeight=0.01`; throws KitError for an unknown one. */
export function configure(preset: string, settings: string[] = []): Config {
  const base = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (!base) {
    throw new KitError(`There is no preset "${preset}"`, `Use one of ${Object.keys(presets).join(", ")}`);
  }
  return withSettings(base, settings);
}
