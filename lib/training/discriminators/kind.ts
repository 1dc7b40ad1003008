import type { Named } from "../../native/compile.ts";
import type { Params, Specs } from "../../nn/params.ts";
import type { Tensor } from "../../native/tf.ts";
import type { Config } from "../config.ts";

/** What a discriminator learns from in its turn. */
export type Turn = {
  /** Faces that the generator has just drawn [n, 96, 96, 3]. */
  generated: Tensor;
  /** The generator's batch, as `generatorTensors` gives it. */
  batch: Named;
  /** Pairs of real lips and sound, as `syncTensors` gives them; empty where the discriminator needs none. */
  pairs: Named;
};

/** A network that judges the generator, and how it is asked and trained. */
export interface DiscriminatorKind {
  specs(config: Config): Specs;
  /** What the generator's loss by its word is called in logs. */
  term: string;
  /** It judges windows of 5 frames with their sound; the others judge single frames and play along with these too. */
  windows: boolean;
  /** It learns from pairs of the data set besides what was drawn. */
  pairs: boolean;
  /** The generator's loss by its word: a scalar. */
  generatorLoss(params: Params, generated: Tensor, batch: Named): Tensor;
  /** Its own loss, its moving statistics after the turn, and what else is worth a line in the log. */
  discriminatorLoss(params: Params, turn: Turn): { loss: Tensor; statistics: Params; logged: Named };
}
