// Every network's block table worked out to sizes, for drawings: what comes out of each layer, lane by lane.
import { SYNC_FRAMES } from "../data/dataset.ts";
import { FACE_SIZE } from "../media/face_crop.ts";
import { MEL_BANDS, MEL_WINDOW } from "../media/mel.ts";
import type { Pool } from "../nn/pool.ts";
import { CONTRASTIVE_AUDIO, CONTRASTIVE_FACE } from "./contrastive_discriminator.ts";
import { AUDIO_ENCODER, FACE_DECODER, FACE_ENCODER } from "./generator.ts";
import { LIPGAN_AUDIO, LIPGAN_DECODER, LIPGAN_FACE, LIPGAN_OUTPUT, type Stage } from "./lipgan.ts";
import { QUALITY_BLOCKS } from "./quality_discriminator.ts";
import { SPEECH2VID_AUDIO, SPEECH2VID_DECODER, SPEECH2VID_IDENTITY } from "./speech2vid.ts";
import { AUDIO_BLOCKS, type SyncDiscriminatorConfig, VIDEO_BLOCKS } from "./sync_discriminator.ts";
import { SYNCNET_AUDIO, SYNCNET_FRAMES, SYNCNET_LIP, SYNCNET_MFCC, SYNCNET_SIZE } from "./syncnet.ts";

export type LayerKind = "input" | "convolution" | "residual" | "transposed" | "pool" | "LSTM";

/** One layer and what comes out of it: rows, columns, channels at full width. */
export interface PlanLayer {
  kind: LayerKind;
  h: number;
  w: number;
  c: number;
  /** A CBAM follows the convolution. */
  cbam?: boolean;
}

/** A chain of layers. */
export interface Lane {
  name: string;
  layers: PlanLayer[];
  /** A decoder, which leads back from the encoders' end to their beginning. */
  back?: true;
}

/** A network: its chains, and which outputs are joined to which, as [lane, layer] pairs. */
export interface NetworkPlan {
  lanes: Lane[];
  skips: { from: [number, number]; to: [number, number] }[];
}

/** A row of any block table. */
interface Row {
  filters: number;
  kernel: number | [number, number];
  stride: [number, number];
  pad: number | [number, number];
  residual?: boolean;
  pool?: Pool;
}

const pairOf = (value: number | [number, number]) => typeof value === "number" ? [value, value] : value;

/** The layers of a table's rows after `input`. */
function chain(input: PlanLayer, rows: readonly Row[], { cbam = false } = {}): PlanLayer[] {
  let { h, w } = input;
  const layers: PlanLayer[] = [];
  for (const { filters: c, kernel, stride, pad, residual, pool } of rows) {
    const [kh, kw] = pairOf(kernel), [ph, pw] = pairOf(pad);
    h = Math.floor((h + 2 * ph - kh) / stride[0]) + 1;
    w = Math.floor((w + 2 * pw - kw) / stride[1]) + 1;
    layers.push({ kind: residual ? "residual" : "convolution", h, w, c, ...(cbam ? { cbam } : {}) });
    if (!pool) continue;
    h = Math.floor((h + 2 * pool.pad - pool.size) / pool.stride[0]) + 1;
    w = Math.floor((w + 2 * pool.pad - pool.size) / pool.stride[1]) + 1;
    layers.push({ kind: "pool", h, w, c });
  }
  return layers;
}

const input = (h: number, w: number, c: number): PlanLayer => ({ kind: "input", h, w, c });
const MEL = input(MEL_BANDS, MEL_WINDOW, 1);
const lane = (name: string, from: PlanLayer, rows: readonly Row[], options = {}): Lane => ({
  name,
  layers: [from, ...chain(from, rows, options)],
});

/** The paper's sync discriminator, with LSTM and CBAM or without. */
export function syncDiscriminatorPlan(
  { lstm, cbam }: Pick<SyncDiscriminatorConfig, "lstm" | "cbam">,
): NetworkPlan {
  const audio = lane("sound", MEL, AUDIO_BLOCKS, { cbam });
  if (lstm === "front") audio.layers.splice(1, 0, { ...MEL, kind: "LSTM" });
  const faces = input(FACE_SIZE / 2, FACE_SIZE, 3 * SYNC_FRAMES);
  return { lanes: [audio, lane("lips", faces, VIDEO_BLOCKS, { cbam })], skips: [] };
}

/** The last layer of each encoder group, counted after the input. */
function ends(counts: number[]): number[] {
  let at = 0;
  return counts.map((count) => at += count);
}

interface UpStep {
  filters: number;
  stride: 1 | 2;
  residuals: number;
}

/** A decoder from 1 x 1: transposed convolutions with residual layers after them; also where each step ends. */
function decoder(first: PlanLayer[], steps: readonly UpStep[], last: PlanLayer[]) {
  let side = 1;
  const layers = [...first], stops: number[] = [];
  for (const { filters: c, stride, residuals } of steps) {
    side = side === 1 ? 3 : side * stride;
    const layer = (kind: LayerKind): PlanLayer => ({ kind, h: side, w: side, c });
    layers.push(layer("transposed"), ...Array.from({ length: residuals }, () => layer("residual")));
    stops.push(layers.length - 1);
  }
  return { lane: { name: "decoder", layers: [...layers, ...last], back: true as const }, stops };
}

const redrawn: PlanLayer = { kind: "convolution", h: FACE_SIZE, w: FACE_SIZE, c: 3 };
const whole = (c: number): PlanLayer => ({ kind: "convolution", h: FACE_SIZE, w: FACE_SIZE, c });

/** Wav2Lip's generator, which is the paper's. */
export function generatorPlan(): NetworkPlan {
  const faces = lane("faces", input(FACE_SIZE, FACE_SIZE, 6), FACE_ENCODER.flat());
  const groups = ends(FACE_ENCODER.map((blocks) => blocks.length));
  const first: PlanLayer = { kind: "convolution", h: 1, w: 1, c: 512 };
  const { lane: up, stops } = decoder([first], FACE_DECODER, [whole(32), redrawn]);
  const targets = [0, ...stops];
  return {
    lanes: [lane("sound", MEL, AUDIO_ENCODER), faces, up],
    skips: groups.map((from, k) => ({ from: [1, from], to: [2, targets[groups.length - 1 - k]] })),
  };
}

/** LipGAN's stages as rows; a residual pair is two layers. */
const stageRows = (stages: readonly Stage[]): Row[] =>
  stages.flatMap(({ block, pairs }) => [
    block,
    ...Array.from(
      { length: 2 * pairs },
      (): Row => ({ ...block, kernel: 3, stride: [1, 1], pad: 1, residual: true }),
    ),
  ]);

export function lipganPlan(): NetworkPlan {
  const faces = lane("faces", input(FACE_SIZE, FACE_SIZE, 6), stageRows(LIPGAN_FACE));
  const steps = LIPGAN_DECODER.map(({ filters, stride, pairs }) => ({
    filters,
    stride,
    residuals: 2 * pairs,
  }));
  const last = [...LIPGAN_OUTPUT.map(({ filters }) => whole(filters)), redrawn];
  const { lane: up, stops } = decoder([], steps, last);
  const groups = ends(LIPGAN_FACE.map(({ pairs }) => 1 + 2 * pairs)).slice(0, stops.length);
  return {
    lanes: [lane("sound", MEL, stageRows(LIPGAN_AUDIO)), faces, up],
    skips: groups.map((from, k) => ({ from: [1, from], to: [2, stops[groups.length - 1 - k]] })),
  };
}

export function speech2vidPlan(): NetworkPlan {
  const still = lane("still face", input(FACE_SIZE, FACE_SIZE, 3), SPEECH2VID_IDENTITY);
  const layers: PlanLayer[] = [], skips: NetworkPlan["skips"] = [];
  let side = 1;
  for (const { filters: c, side: kernel, stride, plain, skip } of SPEECH2VID_DECODER) {
    side = plain ? side : side === 1 ? kernel : side * stride;
    layers.push({ kind: plain ? "convolution" : "transposed", h: side, w: side, c });
    if (!skip) continue;
    const pools = SPEECH2VID_IDENTITY.slice(0, skip.row).filter(({ pool }) => pool).length;
    const from = 1 + skip.row + pools + (skip.after === "pool" ? 1 : 0);
    skips.push({ from: [1, from], to: [2, layers.length - 1] });
  }
  layers.push({ kind: "transposed", h: FACE_SIZE, w: FACE_SIZE, c: 3 });
  const sound = lane("sound", MEL, SPEECH2VID_AUDIO);
  return { lanes: [sound, still, { name: "decoder", layers, back: true }], skips };
}

export function contrastivePlan(): NetworkPlan {
  const face = lane("one face", input(FACE_SIZE, FACE_SIZE, 3), CONTRASTIVE_FACE);
  return { lanes: [lane("sound", MEL, CONTRASTIVE_AUDIO), face], skips: [] };
}

export function qualityPlan(): NetworkPlan {
  const real: Row = { filters: 1, kernel: 1, stride: [1, 1], pad: 0 };
  const face = input(FACE_SIZE / 2, FACE_SIZE, 3);
  return { lanes: [lane("lower half", face, [...QUALITY_BLOCKS.flat(), real])], skips: [] };
}

/** SyncNet, its dense layers as 1 x 1 convolutions. */
export function syncnetPlan(): NetworkPlan {
  const dense = [512, 1024].map((filters): Row => ({ filters, kernel: 1, stride: [1, 1], pad: 0 }));
  const [cepstra, columns] = SYNCNET_MFCC;
  const frames = input(SYNCNET_SIZE, SYNCNET_SIZE, 3 * SYNCNET_FRAMES);
  return {
    lanes: [
      lane("sound (MFCC)", input(cepstra, columns, 1), [...SYNCNET_AUDIO, ...dense]),
      lane("lips", frames, [...SYNCNET_LIP, ...dense]),
    ],
    skips: [],
  };
}
