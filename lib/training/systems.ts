import { isDeepStrictEqual } from "node:util";
import { KitError } from "../base/errors.ts";
import type { GeneratorKind } from "../models/generator_kinds.ts";
import type { SyncDiscriminatorConfig } from "../models/sync_discriminator.ts";
import { ablations, type Config, configure, type GanConfig, withSettings } from "./config.ts";

/** A system of the paper's tables: what it changes in a preset, whose steps, frames and widths stay. */
export interface System {
  /** Where it comes from, and what is its own. */
  about: string;
  generator: GeneratorKind;
  /** LSTM and CBAM of the pretrained sync discriminator; absent where there is none. */
  discriminator?: Pick<SyncDiscriminatorConfig, "lstm" | "cbam">;
  gan: Pick<GanConfig, "sync" | "discriminator" | "quality" | "beta1">;
  /** The preset's sync weight is divided by this. */
  syncWeightOver?: number;
}

const inTurns = { sync: "discriminator", discriminator: "alternate", quality: false, beta1: 0.9 } as const;
const byExpert = { ...inTurns, discriminator: "frozen" } as const;

/** The paper's own: a variant of Table 1. */
const ours = (variant: string, about: string): System => ({
  about,
  generator: "wav2lip",
  discriminator: ablations[variant],
  gan: inTurns,
});

/** The systems of Tables 1 and 2, by the tables' names. */
export const systems: Record<string, System> = {
  "Ours": ours("Ours", "Hong and Zhang 2023: discriminator with LSTM and CBAM, trained in turns"),
  "w/o LSTM": ours("w/o LSTM", "Table 1: no LSTM in the discriminator's audio encoder"),
  "w/o CBAM": ours("w/o CBAM", "Table 1: no CBAM in the discriminator"),
  "w/o LSTM & CBAM": ours("w/o LSTM & CBAM", "Table 1: Wav2Lip's colour SyncNet, but trained in turns"),
  "Wav2Lip": {
    about: "Prajwal et al. 2020: a sync expert that stays as it was pretrained",
    generator: "wav2lip",
    discriminator: ablations["w/o LSTM & CBAM"],
    gan: byExpert,
    syncWeightOver: 3, // its public code: 0.01, where the one with visual quality has 0.03
  },
  "Wav2Lip + quality": {
    about: "Prajwal et al. 2020, with its visual quality discriminator",
    generator: "wav2lip",
    discriminator: ablations["w/o LSTM & CBAM"],
    gan: { ...byExpert, quality: true, beta1: 0.5 },
  },
  "LipGAN": {
    about: "Prajwal et al. 2019: a discriminator of one frame at a time, trained along from the first step",
    generator: "lipgan",
    gan: { sync: "contrastive", discriminator: "joint", quality: false, beta1: 0.9 },
  },
  "Speech2Vid": {
    about: "Chung et al. 2017: a face from a still face and sound, per-frame L1, no pose",
    generator: "speech2vid",
    gan: { sync: "none", discriminator: "none", quality: false, beta1: 0.9 },
  },
};

/**
 * What systems with the same generator and loss start from: the generator trained on single frames by L1 alone, before
 * windows and sync. It is no system of the tables; its scores show what the rest of a training does.
 */
export const FRAMES = "L1 on frames";

/** A configuration turned into that of a system; throws KitError for an unknown one. */
export function withSystem(config: Config, name: string): Config {
  if (!Object.hasOwn(systems, name)) {
    throw new KitError(
      `There is no system "${name}"`,
      `Use one of ${Object.keys(systems).map((known) => `"${known}"`).join(", ")}`,
    );
  }
  const { generator, discriminator, gan, syncWeightOver = 1 } = systems[name];
  return {
    ...config,
    system: name,
    generator: { ...config.generator, kind: generator },
    discriminator: { ...config.discriminator, ...discriminator },
    gan: { ...config.gan, ...gan, syncWeight: config.gan.syncWeight / syncWeightOver },
  };
}

/** A preset, made into a system, with settings laid over both; throws KitError for what does not fit. */
export const configureSystem = (
  preset: string,
  { system = "Ours", settings = [] }: { system?: string; settings?: string[] } = {},
): Config => withSettings(withSystem(configure(preset), system), settings);

/** Whether a configuration needs a pretrained sync discriminator. */
export const needsDiscriminator = ({ gan }: Pick<Config, "gan">): boolean => gan.sync === "discriminator";

/** Whether an object has these values. */
const isMatch = (object: object, values: object): boolean =>
  isDeepStrictEqual({ ...object, ...values }, { ...object });

/** The systems whose pretrained discriminator is built like this one, in words. */
export function systemsWith({ lstm, cbam }: Pick<SyncDiscriminatorConfig, "lstm" | "cbam">): string {
  const names = Object.entries(systems).filter(([, { discriminator: d }]) =>
    d?.lstm === lstm && d.cbam === cbam
  );
  return names.map(([name]) => `"${name}"`).join(" or ");
}

/** The system whose switches a configuration has, if it is one of them. */
export function systemOf(config: Config): string | undefined {
  const fits = ({ generator, discriminator, gan }: System) =>
    generator === config.generator.kind && isMatch(config.discriminator, discriminator ?? {}) &&
    isMatch(config.gan, gan);
  return Object.keys(systems).find((name) => fits(systems[name]));
}
