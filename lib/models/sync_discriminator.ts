import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { type Block, block, convBlocks, residual } from "../nn/conv.ts";
import { lstm, type LstmStates } from "../nn/lstm.ts";
import { initialize, type Params } from "../nn/params.ts";
import { type AttentionMaps, describe, type Description, type Scope } from "../nn/scope.ts";
import { type Tensor, tf } from "../native/tf.ts";

/** The discriminators of Table 1 differ in these two switches; `width` scales every layer's filters. */
export interface SyncDiscriminatorConfig {
  /** The LSTM at the front of the audio encoder, or "none" for the table's "w/o LSTM". */
  lstm: "front" | "none";
  /** A CBAM after every convolution, or none for the table's "w/o CBAM". */
  cbam: boolean;
  width: number;
}

/** Lower half faces [48, 96, 15] -> 1 x 1. */
export const VIDEO_BLOCKS: readonly Block[] = [
  block(32, 7),
  block(64, 5, [1, 2], 1),
  ...residual(64, 2),
  block(128, 3, 2),
  ...residual(128, 3),
  block(256, 3, 2),
  ...residual(256, 2),
  block(512, 3, 2),
  ...residual(512, 2),
  block(512, 3, 2),
  block(512, 3, 1, 0),
  block(512, 1),
];

/** Mel window [80, 16, 1] -> 1 x 1. */
export const AUDIO_BLOCKS: readonly Block[] = [
  block(32, 3),
  ...residual(32, 2),
  block(64, 3, [3, 1]),
  ...residual(64, 2),
  block(128, 3, 3),
  ...residual(128, 2),
  block(256, 3, [3, 2]),
  ...residual(256, 2),
  block(512, 3, 1, 0),
  block(512, 1),
];

export interface SyncEmbeddings {
  /** [batch, 512 x width], not below 0. */
  audio: Tensor;
  video: Tensor;
  /** Moving statistics after this batch; empty unless training. */
  statistics: Params;
  /** Attention by layer (`audio/0`, `video/3`); empty without CBAM. */
  maps: Record<string, AttentionMaps>;
  /** What the LSTM computed, [batch, 16, 80] each; absent without it. */
  lstm?: LstmStates;
}

/** Lets the LSTM read the mel window in time, then folds its states back: [batch, 80, 16, 1] -> the same. */
function lstmFront(net: Scope, mel: Tensor): { mel: Tensor; states: LstmStates } {
  const [batch] = mel.shape;
  const steps = tf.transpose(tf.reshape(mel, [batch, MEL_BANDS, MEL_WINDOW]), [0, 2, 1]);
  const states = lstm(net, steps);
  const folded = tf.transpose(states.hidden, [0, 2, 1]);
  return { mel: tf.reshape(folded, [batch, MEL_BANDS, MEL_WINDOW, 1]), states };
}

/** The parts of a discriminator whose parameters are given. */
const partsIn = (net: Scope): Pick<SyncDiscriminatorConfig, "lstm" | "cbam"> => ({
  lstm: net.has("audio/lstm/kernel") ? "front" : "none",
  cbam: net.has("audio/0/cbam/spatial/kernel"),
});

/**
 * The paper's sync discriminator: an audio encoder (LSTM, then conv blocks) and a video encoder, a CBAM
 * after every convolution.
 * mel [batch, 80, 16, 1], faces [batch, 48, 96, 15] (lower halves of 5 RGB frames in 0..1, frame by frame
 * along the channels) -> embeddings [batch, 512 x width] whose cosine is the probability of sync.
 */
export function syncDiscriminator(
  net: Scope,
  { mel, faces }: { mel: Tensor; faces: Tensor },
  parts = partsIn(net),
): SyncEmbeddings {
  const front = parts.lstm === "front" ? lstmFront(net.at("audio/lstm"), mel) : undefined;
  const encode = (encoder: string, x: Tensor, blocks: readonly Block[]) => {
    const y = convBlocks(net.at(encoder), x, blocks.map((row) => ({ ...row, cbam: parts.cbam })));
    return tf.reshape(y, [y.shape[0], y.shape[3]!]);
  };
  const audio = encode("audio", front?.mel ?? mel, AUDIO_BLOCKS);
  const video = encode("video", faces, VIDEO_BLOCKS);
  return { audio, video, statistics: net.statistics, maps: net.maps, lstm: front?.states };
}

export const describeSyncDiscriminator = ({ width, ...parts }: SyncDiscriminatorConfig): Description =>
  describe(width, (net, input) => {
    const mel = input(MEL_BANDS, MEL_WINDOW, 1), faces = input(HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES);
    return syncDiscriminator(net, { mel, faces }, parts);
  });

export const initSyncDiscriminator = (config: SyncDiscriminatorConfig, seed: number): Params =>
  initialize(describeSyncDiscriminator(config).specs, seed);
