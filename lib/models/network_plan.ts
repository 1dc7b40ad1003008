// Every network's block table worked out to sizes, for drawings.
import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { countParameters } from "../nn/params.ts";
import {
  CONTRASTIVE_AUDIO,
  CONTRASTIVE_FACE,
  contrastiveDiscriminatorSpecs,
} from "./contrastive_discriminator.ts";
import { AUDIO_ENCODER, FACE_DECODER, FACE_ENCODER, generatorSpecs } from "./generator.ts";
import {
  LIPGAN_AUDIO,
  LIPGAN_DECODER,
  LIPGAN_FACE,
  LIPGAN_OUTPUT,
  lipganSpecs,
  type Stage,
} from "./lipgan.ts";
import {
  decoder,
  ends,
  input,
  lane,
  type NetworkPlan,
  ONE,
  type PlanLayer,
  repeated,
  type Row,
  THREE,
} from "./plan_layers.ts";
import { QUALITY_BLOCKS, qualityDiscriminatorSpecs } from "./quality_discriminator.ts";
import {
  SPEECH2VID_AUDIO,
  SPEECH2VID_COLOURS,
  SPEECH2VID_DECODER,
  SPEECH2VID_IDENTITY,
  speech2vidSpecs,
} from "./speech2vid.ts";
import {
  AUDIO_BLOCKS,
  type SyncDiscriminatorConfig,
  syncDiscriminatorSpecs,
  VIDEO_BLOCKS,
} from "./sync_discriminator.ts";
import {
  SYNCNET_AUDIO,
  SYNCNET_FRAMES,
  SYNCNET_LIP,
  SYNCNET_MFCC,
  SYNCNET_SIZE,
  syncnetSpecs,
} from "./syncnet.ts";

/** What all but SyncNet hear, and what generators that know the pose see. */
const HEARD = "audio encoder: mel window", SEEN = "face encoder: masked pose and reference";
const MEL = input(MEL_BANDS, MEL_WINDOW, 1);

/** The paper's sync discriminator, with LSTM and CBAM or without. */
export function syncDiscriminatorPlan(
  { lstm, cbam }: Pick<SyncDiscriminatorConfig, "lstm" | "cbam">,
): NetworkPlan {
  const audio = lane(HEARD, MEL, AUDIO_BLOCKS, { cbam });
  if (lstm === "front") audio.layers.splice(1, 0, { ...MEL, kind: "LSTM" });
  const faces = input(HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES);
  const video = lane("video encoder: lower halves of 5 faces", faces, VIDEO_BLOCKS, { cbam });
  const parameters = countParameters(syncDiscriminatorSpecs({ lstm, cbam, width: 1 }));
  return { parameters, lanes: [audio, video], joins: [0, 1], skips: [], result: "cosine" };
}

const whole = (c: number, kernel = THREE): PlanLayer => ({
  ...input(FACE_SIZE, FACE_SIZE, c),
  ...{ kind: "convolution", kernel, stride: ONE },
});
const generated = whole(3, ONE);

/** Wav2Lip's generator, which is the paper's. */
export function generatorPlan(): NetworkPlan {
  const faces = lane(SEEN, input(FACE_SIZE, FACE_SIZE, 6), FACE_ENCODER.flat());
  const groups = ends(FACE_ENCODER.map((blocks) => blocks.length));
  const first: PlanLayer = { kind: "convolution", h: 1, w: 1, c: 512, kernel: ONE, stride: ONE };
  const steps = FACE_DECODER.map(({ filters, stride, residuals }) => ({
    ...{ filters, stride },
    then: repeated(residuals, ["residual" as const]),
  }));
  const { lane: up, stops } = decoder([first], steps, [whole(32), generated]);
  const targets = [0, ...stops];
  return {
    parameters: countParameters(generatorSpecs({ width: 1 })),
    lanes: [lane(HEARD, MEL, AUDIO_ENCODER), faces, up],
    joins: [0], // the faces' end is a skip to what the first layer makes of the sound
    skips: groups.map((from, k) => ({ from: [1, from], to: [2, targets[groups.length - 1 - k]] })),
    result: "face",
  };
}

/** LipGAN's stages as rows; a residual pair is two layers, and its input is added to the second. */
const stageRows = (stages: readonly Stage[]): Row[] =>
  stages.flatMap(({ block, pairs }) => {
    const inner: Row = { ...block, kernel: 3, stride: [1, 1], pad: 1 };
    return [block, ...repeated(pairs, [inner, { ...inner, residual: true }])];
  });

export function lipganPlan(): NetworkPlan {
  const faces = lane(SEEN, input(FACE_SIZE, FACE_SIZE, 6), stageRows(LIPGAN_FACE));
  const steps = LIPGAN_DECODER.map(({ filters, stride, pairs }) => ({
    ...{ filters, stride },
    then: repeated(pairs, ["convolution" as const, "residual" as const]),
  }));
  const last = [...LIPGAN_OUTPUT.map(({ filters }) => whole(filters)), generated];
  const { lane: up, stops } = decoder([], steps, last);
  const groups = ends(LIPGAN_FACE.map(({ pairs }) => 1 + 2 * pairs)).slice(0, stops.length);
  return {
    parameters: countParameters(lipganSpecs({ width: 1 })),
    lanes: [lane(HEARD, MEL, stageRows(LIPGAN_AUDIO)), faces, up],
    joins: [0, 1],
    skips: groups.map((from, k) => ({ from: [1, from], to: [2, stops[groups.length - 1 - k]] })),
    result: "face",
  };
}

export function speech2vidPlan(): NetworkPlan {
  const still = lane("identity encoder: a still face", input(FACE_SIZE, FACE_SIZE, 3), SPEECH2VID_IDENTITY);
  const layers: PlanLayer[] = [], skips: NetworkPlan["skips"] = [];
  let side = 1;
  for (const { filters: c, side: kernel, stride, plain, skip } of SPEECH2VID_DECODER) {
    side = plain ? side : side === 1 ? kernel : side * stride;
    const kind = plain ? "convolution" : "transposed";
    layers.push({ kind, h: side, w: side, c, kernel: [kernel, kernel], stride: [stride, stride] });
    if (!skip) continue;
    const pools = SPEECH2VID_IDENTITY.slice(0, skip.row).filter(({ pool }) => pool).length;
    const from = 1 + skip.row + pools + (skip.after === "pool" ? 1 : 0);
    skips.push({ from: [1, from], to: [2, layers.length - 1] });
  }
  const last = { ...whole(3), kernel: [SPEECH2VID_COLOURS, SPEECH2VID_COLOURS] as [number, number] };
  layers.push({ ...last, kind: "transposed", stride: [2, 2] });
  return {
    parameters: countParameters(speech2vidSpecs({ width: 1 })),
    lanes: [lane(HEARD, MEL, SPEECH2VID_AUDIO), still, { name: "decoder", layers, back: true }],
    joins: [0, 1],
    skips,
    result: "face",
  };
}

export function contrastivePlan(): NetworkPlan {
  const face = lane("face encoder: one frame", input(FACE_SIZE, FACE_SIZE, 3), CONTRASTIVE_FACE);
  return {
    parameters: countParameters(contrastiveDiscriminatorSpecs({ width: 1 })),
    lanes: [lane(HEARD, MEL, CONTRASTIVE_AUDIO), face],
    joins: [0, 1],
    skips: [],
    result: "distance",
  };
}

export function qualityPlan(): NetworkPlan {
  const real: Row = { filters: 1, kernel: 1, stride: [1, 1], pad: 0 };
  const face = input(HALF_FACE, FACE_SIZE, 3);
  return {
    parameters: countParameters(qualityDiscriminatorSpecs({ width: 1 })),
    lanes: [lane("lower half of one face", face, [...QUALITY_BLOCKS.flat(), real])],
    joins: [0],
    skips: [],
    result: "P(real)",
  };
}

/** SyncNet, its dense layers as 1 x 1 convolutions. */
export function syncnetPlan(): NetworkPlan {
  const dense = [512, 1024].map((filters): Row => ({ filters, kernel: 1, stride: [1, 1], pad: 0 }));
  const [cepstra, columns] = SYNCNET_MFCC;
  const frames = input(SYNCNET_SIZE, SYNCNET_SIZE, 3 * SYNCNET_FRAMES);
  return {
    parameters: countParameters(syncnetSpecs({ width: 1 })),
    lanes: [
      lane("audio encoder: MFCC window", input(cepstra, columns, 1), [...SYNCNET_AUDIO, ...dense]),
      lane("lip encoder: 5 frames", frames, [...SYNCNET_LIP, ...dense]),
    ],
    joins: [0, 1],
    skips: [],
    result: "distance",
  };
}
