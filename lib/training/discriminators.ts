import type { GanConfig } from "./config.ts";
import { CONTRASTIVE } from "./discriminators/contrastive.ts";
import type { DiscriminatorKind } from "./discriminators/kind.ts";
import { QUALITY } from "./discriminators/quality.ts";
import { SYNC } from "./discriminators/sync.ts";

export type { DiscriminatorKind, Turn } from "./discriminators/kind.ts";

/** The networks that may judge a generator, by the names of their tensors in checkpoints. */
export type DiscriminatorName = "discriminator" | "contrastive" | "quality";

export const DISCRIMINATORS: Record<DiscriminatorName, DiscriminatorKind> = {
  discriminator: SYNC,
  contrastive: CONTRASTIVE,
  quality: QUALITY,
};

/** A training's two parts: single frames, and windows of 5 frames that the sync discriminator can judge. */
export type Phase = "frames" | "windows";

/** The discriminators that a system has. */
export function discriminatorsOf({ sync, quality }: GanConfig): DiscriminatorName[] {
  return [...(sync === "none" ? [] : [sync]), ...(quality ? ["quality" as const] : [])];
}

/** Those of them that judge the generator in a phase. */
export const discriminatorsIn = (gan: GanConfig, phase: Phase): DiscriminatorName[] =>
  discriminatorsOf(gan).filter((name) => phase === "windows" || !DISCRIMINATORS[name].windows);

/** Whether a discriminator is trained, or stays as it is. */
export const isTrained = (name: DiscriminatorName, { discriminator }: GanConfig): boolean =>
  name === "quality" || discriminator !== "frozen";

/** Those that are trained in a phase, in the order of their turns. */
export const trainedIn = (gan: GanConfig, phase: Phase): DiscriminatorName[] =>
  discriminatorsIn(gan, phase).filter((name) => isTrained(name, gan));

/**
 * The weights of the generator's loss in a phase: L1's is 1 - lambda2 (eq. 6), less that of visual quality, and 1 beside
 * LipGAN's contrastive loss. `syncWeight` is lambda2 now, 0 before its switch.
 */
export function lossWeights(gan: GanConfig, phase: Phase, { syncWeight }: { syncWeight: number }) {
  const all: Record<DiscriminatorName, number> = {
    discriminator: syncWeight,
    contrastive: gan.contrastiveWeight,
    quality: gan.qualityWeight,
  };
  const discriminators = discriminatorsIn(gan, phase);
  const shares = discriminators.filter((name) => name !== "contrastive").map((name) => all[name]);
  const terms = discriminators.map((name) => [DISCRIMINATORS[name].term, all[name]]);
  return { l1: shares.reduce((rest, share) => rest - share, 1), ...Object.fromEntries(terms) } as Record<
    string,
    number
  >;
}
