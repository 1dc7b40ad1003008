// What `--set` can change, in words: `deno task settings`. Values and what fits them stand in config.ts.
import { type Config, settingsOf, takes } from "./config.ts";

/** The paths of what can be set in a part of a configuration: "gan.augment.mirror". */
type PathsOf<Part> = {
  [Key in keyof Part & string]: Part[Key] extends object ? `${Key}.${PathsOf<Part[Key]>}` : Key;
}[keyof Part & string];

/** A setting; the system is chosen by --system, since it is more than a name. */
type Setting = Exclude<PathsOf<Config>, "system">;

/** What both trainings have. */
const RECIPE = {
  warmup: "steps in which the learning rate rises from almost 0 to its height",
  decay: "how the rate falls from there: not at all, or along half a cosine to 0 at the last step",
  clipNorm: "gradients whose norm is above this are made smaller; 0 leaves them as they are",
  average:
    "how much of the moving average of the weights stays at each step; 0 evaluates the weights themselves",
  "augment.mirror": "share of samples whose faces are mirrored",
  "augment.shift": "pixels by which crops are moved, at most",
  "augment.colour": "share by which brightness, contrast and tint change, at most",
  "augment.gain": "mel units (12.5 dB) by which the sound gets louder or softer, at most",
  "augment.noise": "noise on the mel, in mel units, at most",
  precision: "what convolutions compute with; a processor without bfloat16 takes float32",
} as const;

type In<Section extends string> = {
  [Key in keyof typeof RECIPE & string as `${Section}.${Key}`]: string;
};

const recipeOf = <Section extends string>(section: Section): In<Section> =>
  Object.fromEntries(Object.entries(RECIPE).map(([key, text]) => [`${section}.${key}`, text])) as In<Section>;

/** What each setting means, in a line; the type asks for every one. */
export const MEANINGS: Record<Setting, string> = {
  name: "what the configuration is called in run folders and captions",
  seed: "decides first weights and the order of samples",
  "discriminator.lstm": "an LSTM at the front of the audio encoder, or none",
  "discriminator.cbam": "channel and spatial attention after every convolution",
  "discriminator.width": "number of channels, as a share of the paper's",
  "generator.kind": "whose generator it is",
  "generator.width": "number of channels, as a share of the paper's",

  "pretrain.steps": "steps of the discriminator's training",
  "pretrain.sampling": "all pairs of a clip's windows, or one pair a clip as in Wav2Lip's code",
  "pretrain.clips": "clips a step",
  "pretrain.windows": "windows of 5 frames a clip, of which all pairs are learnt from",
  "pretrain.learningRate": "height of the learning rate",
  "pretrain.minShift": "frames between lips and sound of an off-sync pair, at least",
  "pretrain.voicedOnly": "leave out windows of silence, where sync cannot be told",
  "pretrain.evaluateEvery": "steps between evaluations on the val split, each of which writes a checkpoint",
  "pretrain.patience": "evaluations without a lower held-out loss before training stops",
  ...recipeOf("pretrain"),

  "gan.steps": "steps of the generator's training, those on single frames included",
  "gan.frameSteps": "steps at the start on single frames with L1 alone, before windows and sync",
  "gan.frames": "single frames a step in that phase",
  "gan.windows": "windows of 5 frames a step afterwards",
  "gan.learningRate": "height of the generator's rate while it learns single frames",
  "gan.windowLearningRate": "the same once it learns windows",
  "gan.windowStatistics": "batch norm of windows by their own statistics, or by those of the phase on frames",
  "gan.discriminatorLearningRate": "rate of the discriminators that are trained along",
  "gan.beta1": "Adam's first beta, of every network that is trained",
  "gan.sync": "what asks for sync: E_sync by the sync discriminator, LipGAN's contrastive loss, or nothing",
  "gan.discriminator":
    "its discriminator is trained in turns, left as it is, trained along from the start, or none",
  "gan.quality": "a visual quality discriminator plays along (Wav2Lip's second stage)",
  "gan.syncWeight": "weight of E_sync, lambda2 of eq. 6; L1 has the rest",
  "gan.contrastiveWeight": "weight of LipGAN's contrastive loss beside L1",
  "gan.qualityWeight": "weight of visual quality, taken off that of L1",
  "gan.syncWhenBelow": "E_sync counts once its held-out value is below this",
  "gan.mouthWeight": "how much more the mouth counts in L1 than the rest of the face",
  "gan.poseShift": "share of frames whose pose is another frame's, so that the sound must move the mouth",
  "gan.reference": "the reference frame: any of the clip, or its most closed mouth",
  "gan.minShift": "frames between lips and sound of an off-sync pair, at least",
  "gan.voicedOnly": "leave out windows of silence, where sync cannot be told",
  "gan.evaluateEvery": "steps between evaluations on the val split, each of which writes a checkpoint",
  ...recipeOf("gan"),
};

/** One setting: its value in a configuration, what it takes, and what it means. */
export interface SettingRow {
  setting: string;
  value: string | number | boolean;
  takes: string;
  meaning: string;
}

/** All settings of a configuration, in its order. */
export const settingRows = (config: Config): SettingRow[] =>
  Object.entries(settingsOf(config)).filter(([setting]) => setting in MEANINGS).map(([setting, value]) => ({
    ...{ setting, value, takes: takes(setting, value) },
    meaning: MEANINGS[setting as Setting],
  }));

/** The rows as lines for a person, two a setting: name, value and what it takes, and below what it means. */
export function settingLines(rows: SettingRow[]): string[] {
  const widest = Math.max(...rows.map(({ setting, value }) => `${setting}=${value}`.length));
  return rows.flatMap(({ setting, value, takes, meaning }) => [
    `${`${setting}=${value}`.padEnd(widest)}  (${takes})`,
    `    ${meaning}`,
  ]);
}
