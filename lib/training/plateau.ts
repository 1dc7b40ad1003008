import type { PretrainConfig } from "./config.ts";

/** One look at held-out clips. */
export interface HeldOutLook {
  step: number;
  loss: number;
  auc: number;
}

/** A held-out loss this near to ln 2, or above it, with an AUC this near to a half, says that nothing has been learnt. */
const NEAR_CHANCE = 0.01, NO_ORDER = 0.05;
/** Looks in a row that say so, and the share of the run by when they do, before it is called a plateau. */
const LOOKS = 2, SHARE = 0.3;

const atChance = ({ loss, auc }: HeldOutLook): boolean =>
  loss > Math.LN2 - NEAR_CHANCE && Math.abs(auc - 0.5) < NO_ORDER;

/**
 * What to say of a pretraining that has learnt nothing yet, by its looks at held-out clips so far; undefined where it has
 * learnt something or has not had the time.
 */
export function plateauNotice(
  looks: HeldOutLook[],
  { sampling, windows, learningRate, steps }: Pick<
    PretrainConfig,
    "sampling" | "windows" | "learningRate" | "steps"
  >,
): string | undefined {
  const last = looks.slice(-LOOKS), step = last.at(-1)?.step ?? 0;
  if (last.length < LOOKS || step < SHARE * steps || !last.every(atChance)) return;
  const remedies = [
    sampling === "one by one"
      ? 'take all pairs within clips (pretrain.sampling="within clips")'
      : `take more windows a clip (pretrain.windows=${2 * windows})`,
    `another rate (pretrain.learningRate=${learningRate / 2})`,
    "see whether one batch is learnt by heart (deno task pretrain --check)",
    "measure the data's own sync (deno task offsets)",
  ];
  return `Still at chance after ${step} steps (held-out AUC ${last.at(-1)!.auc.toFixed(2)}). What may help: ${
    remedies.join("; ")
  }.`;
}
