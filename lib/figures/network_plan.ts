// The networks as they are drawn: their layers in lanes.
import { countParameters } from "../nn/params.ts";
import type { Description, Layer, Skip } from "../nn/scope.ts";
import { describeContrastiveDiscriminator } from "../models/contrastive_discriminator.ts";
import { describeGenerator } from "../models/generator_kinds.ts";
import { describeQualityDiscriminator } from "../models/quality_discriminator.ts";
import { describeSyncDiscriminator, type SyncDiscriminatorConfig } from "../models/sync_discriminator.ts";
import { describeSyncnet } from "../models/syncnet.ts";

/** What is drawn of a layer. */
export type PlanLayer = Pick<Layer, "kind" | "h" | "w" | "c" | "kernel" | "stride" | "cbam">;

/** A chain of layers, at full width. */
export interface Lane {
  name: string;
  layers: PlanLayer[];
  /** A decoder, which leads back from the encoders' end to their beginning. */
  back?: true;
}

/** A network: its chains, the decoder last, and which outputs are joined to which. */
export interface NetworkPlan {
  /** At full width. */
  parameters: number;
  lanes: Lane[];
  /** The chains whose last outputs, joined, enter the decoder or, without one, are compared. */
  joins: number[];
  skips: Skip[];
  /** What comes out. */
  result: string;
}

/** The parts of a network (first in their layers' paths) that one lane shows. */
interface Shown {
  name: string;
  parts: string[];
  back?: true;
}

const AUDIO: Shown = { name: "audio encoder: mel window", parts: ["audio"] };
/** Of generators that know the pose. */
const FACES: Shown = { name: "face encoder: masked pose and reference", parts: ["face"] };
const decoder = (name: string): Shown => ({ name, parts: ["decoder", "output"], back: true });

function planOf({ specs, layers, skips }: Description, shown: Shown[], result: string): NetworkPlan {
  const lanes = shown.map(({ parts, ...lane }): Lane => {
    const own = layers.filter(({ path }) => parts.includes(path.split("/")[0]));
    return { ...lane, layers: lane.back ? own : [{ kind: "input", ...own[0].from }, ...own] };
  });
  const isSkipped = (layer: PlanLayer) => skips.some(({ from }) => from === layer);
  const joins = [...lanes.keys()].filter((k) => !lanes[k].back && !isSkipped(lanes[k].layers.at(-1)!));
  return { parameters: countParameters(specs), lanes, joins, skips, result };
}

/** The paper's sync discriminator, with LSTM and CBAM or without. */
export const syncDiscriminatorPlan = (parts: Pick<SyncDiscriminatorConfig, "lstm" | "cbam">): NetworkPlan =>
  planOf(
    describeSyncDiscriminator({ ...parts, width: 1 }),
    [AUDIO, { name: "video encoder: lower halves of 5 faces", parts: ["video"] }],
    "cosine",
  );

/** A generator that knows the pose; its skips are drawn from the largest map on. */
function posePlan(kind: "wav2lip" | "lipgan"): NetworkPlan {
  const plan = planOf(describeGenerator({ kind, width: 1 }), [AUDIO, FACES, decoder("face decoder")], "face");
  return { ...plan, skips: plan.skips.toReversed() };
}

/** Wav2Lip's generator, which is the paper's. */
export const generatorPlan = (): NetworkPlan => posePlan("wav2lip");

export const lipganPlan = (): NetworkPlan => posePlan("lipgan");

export const speech2vidPlan = (): NetworkPlan =>
  planOf(
    describeGenerator({ kind: "speech2vid", width: 1 }),
    [AUDIO, { name: "identity encoder: a still face", parts: ["identity"] }, decoder("decoder")],
    "face",
  );

export const contrastivePlan = (): NetworkPlan =>
  planOf(
    describeContrastiveDiscriminator({ width: 1 }),
    [AUDIO, { name: "face encoder: one frame", parts: ["face"] }],
    "distance",
  );

export const qualityPlan = (): NetworkPlan =>
  planOf(
    describeQualityDiscriminator({ width: 1 }),
    [{ name: "lower half of one face", parts: ["face", "real"] }],
    "P(real)",
  );

/** SyncNet, its dense layers as 1 x 1 convolutions. */
export const syncnetPlan = (): NetworkPlan =>
  planOf(
    describeSyncnet({ width: 1 }),
    [{ name: "audio encoder: MFCC window", parts: ["audio"] }, {
      name: "lip encoder: 5 frames",
      parts: ["lip"],
    }],
    "distance",
  );
