import { SYNC_FRAMES } from "../base/shapes.ts";
import type { Description } from "../nn/scope.ts";
import type { AxisOrder, Foreign, ForeignNetwork } from "../weights/foreign.ts";
import { describeGenerator } from "./generator_kinds.ts";
import { describeInception } from "./inception.ts";
import { describeQualityDiscriminator } from "./quality_discriminator.ts";
import { describeSyncDiscriminator } from "./sync_discriminator.ts";
import { describeSyncnet, SYNCNET_FRAMES } from "./syncnet.ts";

/** Written into imported files: what the kit's networks are fed with. */
const images = (values: string) => ({ channels: "RGB", values });

/** PyTorch counts the batches that moved a batch norm's statistics; nothing here asks for it. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/** PyTorch's names of a layer's parameters. */
const PARAMETERS: Record<string, string> = {
  kernel: "weight",
  bias: "bias",
  scale: "weight",
  offset: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** How the kernel of the layer at a path lies in PyTorch. */
function orderOf({ specs, layers }: Description, path: string): AxisOrder {
  if (specs[`${path}/kernel`].shape.length === 2) return "linear";
  return layers.find((layer) => layer.path === path)!.kind === "transposed" ? "conv2dTransposed" : "conv2d";
}

/** A described network with PyTorch's name of each parameter: `module` turns a path's part before the last into theirs. */
function foreign(
  description: Description,
  { module, order = (path) => orderOf(description, path), ...network }:
    & Omit<ForeignNetwork, "specs" | "names" | "ignored">
    & { module(path: string): string; order?(path: string): AxisOrder },
): ForeignNetwork {
  const names = Object.keys(description.specs).map((name): [string, Foreign] => {
    const end = name.lastIndexOf("/"), path = name.slice(0, end), parameter = name.slice(end + 1);
    const theirs = `${module(path).replaceAll("/", ".")}.${PARAMETERS[parameter]}`;
    return [name, { name: theirs, order: parameter === "kernel" ? order(path) : "same" }];
  });
  return { ...network, specs: description.specs, names: Object.fromEntries(names), ignored: IGNORED };
}

/** Wav2Lip's names of a network's parts, and of what a block consists of. */
const wav2lipModule = (parts: Record<string, string>) => (path: string) =>
  path.replace(/^[a-z]+/, (part) => parts[part])
    .replace(/\bconv$/, "conv_block/0")
    .replace(/\bnorm$/, "conv_block/1");

function wav2lip(width: number): ForeignNetwork {
  const module = wav2lipModule({
    face: "face_encoder_blocks",
    audio: "audio_encoder",
    decoder: "face_decoder_blocks",
    output: "output_block",
  });
  // In the decoder's steps a transposed convolution comes first, the others after it.
  const counted = (path: string) =>
    path.replace(/^(decoder\/[1-9])\/(\d)/, (_, step, k) => `${step}/${Number(k) + 1}`)
      .replace("/up/", "/0/").replace("/rgb", "/1");
  return foreign(describeGenerator({ kind: "wav2lip", width }), {
    name: "wav2lip",
    module: (path) => module(counted(path)),
    metadata: images("0 to 1"),
    // Two images in, masked pose and reference, and one out.
    flips: {
      "face/0/0/conv/kernel": { axis: 2, groups: 2 },
      "output/rgb/kernel": { axis: 3, groups: 1 },
      "output/rgb/bias": { axis: 0, groups: 1 },
    },
  });
}

const wav2lipExpert = (width: number): ForeignNetwork =>
  foreign(describeSyncDiscriminator({ lstm: "none", cbam: false, width }), {
    name: "wav2lip-expert",
    module: wav2lipModule({ audio: "audio_encoder", video: "face_encoder" }),
    metadata: images("0 to 1"),
    flips: { "video/0/conv/kernel": { axis: 2, groups: SYNC_FRAMES } },
  });

const visualQuality = (width: number): ForeignNetwork =>
  foreign(describeQualityDiscriminator({ width }), {
    name: "visual-quality",
    module: wav2lipModule({ face: "face_encoder_blocks", real: "binary_pred/0" }),
    metadata: images("0 to 1"),
    flips: { "face/0/0/conv/kernel": { axis: 2, groups: 1 } },
  });

function syncnet(width: number): ForeignNetwork {
  const description = describeSyncnet({ width });
  /** The layers of a part as PyTorch lists them: each with a batch norm and a ReLU after it, or a pool. */
  const listOf = (part: RegExp) =>
    description.layers.filter(({ path }) => part.test(path)).flatMap(({ kind, path }) =>
      kind === "pool" ? ["pool"] : [path, `${path}/norm`.replace("conv/norm", "norm"), "ReLU"]
    );
  const lists: Record<string, string[]> = {
    // A pool of 1 x 1, which does nothing, has a place after the first convolution.
    netcnnaud: listOf(/^audio\/\d/).toSpliced(3, 0, "pool"),
    netfcaud: listOf(/^audio\/dense/),
    netcnnlip: listOf(/^lip\/\d/),
    netfclip: listOf(/^lip\/dense/),
  };
  return foreign(description, {
    name: "syncnet",
    module(path) {
      const [name, list] = Object.entries(lists).find(([, list]) => list.includes(path))!;
      return `${name}.${list.indexOf(path)}`;
    },
    order: (path) => /^lip\/\d/.test(path) ? "conv3dAsConv2d" : orderOf(description, path),
    metadata: images("0 to 255"),
    flips: { "lip/0/conv/kernel": { axis: 2, groups: SYNCNET_FRAMES } },
  });
}

const fidInception = (width: number): ForeignNetwork =>
  foreign(describeInception({ width }), {
    name: "inception",
    module: (path) => path.replace(/norm$/, "bn"),
    metadata: images("0 to 1"),
  });

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
