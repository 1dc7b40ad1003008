import { SYNC_FRAMES } from "../base/shapes.ts";
import type { Foreign, ForeignNetwork } from "../weights/foreign.ts";
import { AUDIO_ENCODER, FACE_DECODER, FACE_ENCODER, generatorSpecs } from "./generator.ts";
import { MIXED, STEM } from "./inception_blocks.ts";
import { inceptionSpecs } from "./inception.ts";
import { QUALITY_BLOCKS, qualityDiscriminatorSpecs } from "./quality_discriminator.ts";
import { SYNCNET_AUDIO, SYNCNET_FRAMES, SYNCNET_LIP, syncnetSpecs } from "./syncnet.ts";
import { AUDIO_BLOCKS, syncDiscriminatorSpecs, VIDEO_BLOCKS } from "./sync_discriminator.ts";

type Names = Record<string, Foreign>;

/** Written into imported files: what the kit's networks are fed with. */
const images = (values: string) => ({ channels: "RGB", values });

/** PyTorch counts the batches that moved a batch norm's statistics; nothing here asks for it. */
const IGNORED = /(^|\.)num_batches_tracked$/;

const weights = (path: string, name: string, order: Foreign["order"]): Names => ({
  [`${path}/kernel`]: { name: `${name}.weight`, order },
  [`${path}/bias`]: { name: `${name}.bias`, order: "same" },
});

const norm = (path: string, name: string): Names => ({
  [`${path}/scale`]: { name: `${name}.weight`, order: "same" },
  [`${path}/offset`]: { name: `${name}.bias`, order: "same" },
  [`${path}/moving_mean`]: { name: `${name}.running_mean`, order: "same" },
  [`${path}/moving_variance`]: { name: `${name}.running_var`, order: "same" },
});

/** A block of Wav2Lip's networks: convolution and batch norm. */
const block = (path: string, name: string, order: Foreign["order"] = "conv2d"): Names => ({
  ...weights(`${path}/conv`, `${name}.conv_block.0`, order),
  ...norm(`${path}/norm`, `${name}.conv_block.1`),
});

const merged = (parts: Names[]): Names => Object.assign({}, ...parts);

function wav2lip(width: number): ForeignNetwork {
  const face = FACE_ENCODER.flatMap((blocks, group) =>
    blocks.map((_, k) => block(`face/${group}/${k}`, `face_encoder_blocks.${group}.${k}`))
  );
  const audio = AUDIO_ENCODER.map((_, k) => block(`audio/${k}`, `audio_encoder.${k}`));
  const decoder = FACE_DECODER.flatMap(({ residuals }, step) => {
    const path = `decoder/${step + 1}`, name = `face_decoder_blocks.${step + 1}`;
    return [
      block(`${path}/up`, `${name}.0`, "conv2dTransposed"),
      ...Array.from({ length: residuals }, (_, k) => block(`${path}/${k}`, `${name}.${k + 1}`)),
    ];
  });
  return {
    name: "wav2lip",
    specs: generatorSpecs({ width }),
    names: merged([
      ...face,
      ...audio,
      block("decoder/0/0", "face_decoder_blocks.0.0"),
      ...decoder,
      block("output/0", "output_block.0"),
      weights("output/rgb", "output_block.1", "conv2d"),
    ]),
    ignored: IGNORED,
    metadata: images("0 to 1"),
    // Two images in, masked pose and reference, and one out.
    flips: {
      "face/0/0/conv/kernel": { axis: 2, groups: 2 },
      "output/rgb/kernel": { axis: 3, groups: 1 },
      "output/rgb/bias": { axis: 0, groups: 1 },
    },
  };
}

const wav2lipExpert = (width: number): ForeignNetwork => ({
  name: "wav2lip-expert",
  specs: syncDiscriminatorSpecs({ lstm: "none", cbam: false, width }),
  names: merged([
    ...AUDIO_BLOCKS.map((_, k) => block(`audio/${k}`, `audio_encoder.${k}`)),
    ...VIDEO_BLOCKS.map((_, k) => block(`video/${k}`, `face_encoder.${k}`)),
  ]),
  ignored: IGNORED,
  metadata: images("0 to 1"),
  flips: { "video/0/conv/kernel": { axis: 2, groups: SYNC_FRAMES } },
});

const visualQuality = (width: number): ForeignNetwork => ({
  name: "visual-quality",
  specs: qualityDiscriminatorSpecs({ width }),
  names: merged([
    ...QUALITY_BLOCKS.flatMap((blocks, group) =>
      blocks.map((_, k) =>
        weights(`face/${group}/${k}/conv`, `face_encoder_blocks.${group}.${k}.conv_block.0`, "conv2d")
      )
    ),
    weights("real", "binary_pred.0", "conv2d"),
  ]),
  ignored: IGNORED,
  metadata: images("0 to 1"),
  flips: { "face/0/0/conv/kernel": { axis: 2, groups: 1 } },
});

/** Where a tower's convolutions lie in its list of layers; the batch norm comes next, then ReLU and perhaps a pool. */
function positions(blocks: readonly { pool?: unknown }[], { poolAfter = [] as number[] } = {}): number[] {
  let next = 0;
  return blocks.map(({ pool }, k) => {
    const here = next;
    next += pool || poolAfter.includes(k) ? 4 : 3;
    return here;
  });
}

function syncnet(width: number): ForeignNetwork {
  const tower = (path: string, at: number[], { cnn, fc, order }: {
    cnn: string;
    fc: string;
    order: Foreign["order"];
  }): Names =>
    merged([
      ...at.flatMap((position, k) => [
        weights(`${path}/${k}/conv`, `${cnn}.${position}`, order),
        norm(`${path}/${k}/norm`, `${cnn}.${position + 1}`),
      ]),
      weights(`${path}/dense/0`, `${fc}.0`, "linear"),
      norm(`${path}/dense/0/norm`, `${fc}.1`),
      weights(`${path}/dense/1`, `${fc}.3`, "linear"),
    ]);
  return {
    name: "syncnet",
    specs: syncnetSpecs({ width }),
    names: {
      // A pool of 1 x 1, which does nothing, has a place in the list after the first convolution.
      ...tower("audio", positions(SYNCNET_AUDIO, { poolAfter: [0] }), {
        cnn: "netcnnaud",
        fc: "netfcaud",
        order: "conv2d",
      }),
      ...tower("lip", positions(SYNCNET_LIP), { cnn: "netcnnlip", fc: "netfclip", order: "conv3dAsConv2d" }),
    },
    ignored: IGNORED,
    metadata: images("0 to 255"),
    flips: { "lip/0/conv/kernel": { axis: 2, groups: SYNCNET_FRAMES } },
  };
}

function fidInception(width: number): ForeignNetwork {
  const unit = (path: string): Names => {
    const name = path.replace("/", ".");
    return {
      [`${path}/conv/kernel`]: { name: `${name}.conv.weight`, order: "conv2d" },
      ...norm(`${path}/norm`, `${name}.bn`),
    };
  };
  const mixed = MIXED.flatMap(({ name, branches }) =>
    branches.flatMap(({ units, split = [] }) => [...units, ...split].map((row) => `${name}/${row.name}`))
  );
  return {
    name: "inception",
    specs: inceptionSpecs({ width }),
    names: merged([
      ...[...STEM.map((row) => row.name), ...mixed].map(unit),
      weights("fc", "fc", "linear"),
    ]),
    ignored: IGNORED,
    metadata: images("0 to 1"),
  };
}

/**
 * The networks of others that can be imported, at a width (1 is the published one), with PyTorch's name and layout of
 * every parameter. Wav2Lip's and SyncNet's were trained on BGR images, Inception on RGB.
 */
export const foreignNetworks = {
  "wav2lip": (width = 1) => wav2lip(width),
  "wav2lip-expert": (width = 1) => wav2lipExpert(width),
  "visual-quality": (width = 1) => visualQuality(width),
  "syncnet": (width = 1) => syncnet(width),
  "inception": (width = 1) => fidInception(width),
} satisfies Record<string, (width?: number) => ForeignNetwork>;

export type ForeignNetworkName = keyof typeof foreignNetworks;
