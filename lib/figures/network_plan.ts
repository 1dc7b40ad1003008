// The networks as they are drawn: their layers in lanes.
import { countParameters } from "../nn/params.ts";
import type { Description, Layer, Skip } from "../nn/scope.ts";
import { describeContrastiveDiscriminator } from "../models/contrastive_discriminator.ts";
import { describeGenerator } from "../models/generator_kinds.ts";
import { describeQualityDiscriminator } from "../models/quality_discriminator.ts";
import { describeSyncDiscriminator, type SyncDiscriminatorConfig } from "../models/sync_discriminator.ts";
import { describeSyncnet } from "../models/syncnet.ts";

/** A chain of layers, at full width. */
export interface Lane {
  name: string;
  layers: Layer[];
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

const encoder = (name: string, ...parts: string[]): Shown => ({ name, parts });
const decoder = (name: string): Shown => ({ name, parts: ["decoder", "output"], back: true });
/** What all but SyncNet hear, and what generators that know the pose see. */
const HEARD = encoder("audio encoder: mel window", "audio");
const SEEN = encoder("face encoder: masked pose and reference", "face");

function planOf({ specs, layers, skips }: Description, shown: Shown[], result: string): NetworkPlan {
  const lanes = shown.map(({ parts, ...lane }): Lane => {
    const own = layers.filter(({ path }) => parts.includes(path.split("/")[0]));
    const [{ from }] = own, input: Layer = { kind: "input", path: "", ...from, from };
    return { ...lane, layers: lane.back ? own : [input, ...own] };
  });
  const isSkipped = (layer: Layer) => skips.some(({ from }) => from === layer);
  const joins = [...lanes.keys()].filter((k) => !lanes[k].back && !isSkipped(lanes[k].layers.at(-1)!));
  return { parameters: countParameters(specs), lanes, joins, skips, result };
}

/** The paper's sync discriminator, with LSTM and CBAM or without. */
export const syncDiscriminatorPlan = (parts: Pick<SyncDiscriminatorConfig, "lstm" | "cbam">): NetworkPlan =>
  planOf(
    describeSyncDiscriminator({ ...parts, width: 1 }),
    [HEARD, encoder("video encoder: lower halves of 5 faces", "video")],
    "cosine",
  );

/** A generator that knows the pose; its skips are drawn from the largest map on. */
function posePlan(kind: "wav2lip" | "lipgan"): NetworkPlan {
  const plan = planOf(describeGenerator({ kind, width: 1 }), [HEARD, SEEN, decoder("face decoder")], "face");
  return { ...plan, skips: plan.skips.toReversed() };
}

/** Wav2Lip's generator, which is the paper's. */
export const generatorPlan = (): NetworkPlan => posePlan("wav2lip");

export const lipganPlan = (): NetworkPlan => posePlan("lipgan");

export const speech2vidPlan = (): NetworkPlan =>
  planOf(
    describeGenerator({ kind: "speech2vid", width: 1 }),
    [HEARD, encoder("identity encoder: a still face", "identity"), decoder("decoder")],
    "face",
  );

export const contrastivePlan = (): NetworkPlan =>
  planOf(
    describeContrastiveDiscriminator({ width: 1 }),
    [HEARD, encoder("face encoder: one frame", "face")],
    "distance",
  );

export const qualityPlan = (): NetworkPlan =>
  planOf(
    describeQualityDiscriminator({ width: 1 }),
    [encoder("lower half of one face", "face", "real")],
    "P(real)",
  );

/** SyncNet, its dense layers as 1 x 1 convolutions. */
export const syncnetPlan = (): NetworkPlan =>
  planOf(
    describeSyncnet({ width: 1 }),
    [encoder("audio encoder: MFCC window", "audio"), encoder("lip encoder: 5 frames", "lip")],
    "distance",
  );
